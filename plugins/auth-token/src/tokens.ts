/** A token that the operator has made, as far as it is kept: never itself. */
export interface Token {
  /** Whom it signs in. */
  readonly name: string
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Uint8Array
  /** ms since 1970 from which on it holds no longer; undefined: it holds until it is taken out. */
  readonly expires: number | undefined
}

/** A token as the options have it. */
export interface TokenOption {
  readonly name: string
  readonly sha256: string
  readonly expires?: string
}

/**
 * Reads tokens: a list, or the text of a file with one in a line, `NAME SHA256 [UNTIL]`. Empty lines and those that begin
 * with `#` say nothing. Throws a sentence that names what is wrong, and never a hash: whoever pastes a token in its place
 * must not find it in the log.
 */
export function readTokens(tokens: string | readonly TokenOption[]): Token[] {
  const read =
    typeof tokens === 'string'
      ? readLines(tokens)
      : tokens.map((token, index) => readToken(token, `Token ${index + 1}`))
  if (read.length > 0) return read
  throw new Error('There are no tokens, so nobody could sign in. Add one, as the README of this plugin says.')
}

function readLines(text: string): Token[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/\s+/)
    const [name = '', sha256 = '', expires, ...others] = words
    if (name === '' || name.startsWith('#')) return []
    const where = `Line ${index + 1} of the tokens`
    if (others.length > 0)
      throw new Error(`${where} has ${words.length} words; write NAME SHA256 or NAME SHA256 UNTIL.`)
    return [readToken({ name, sha256, ...(expires !== undefined && { expires }) }, where)]
  })
}

function readToken({ name, sha256, expires }: TokenOption, where: string): Token {
  if (!/^[a-z0-9][a-z0-9._-]{2,31}$/.test(name)) {
    throw new Error(`${where} is for no user name: use 3 to 32 of a-z, 0-9, ".", "_" and "-".`)
  }
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new Error(`${where} has no SHA-256: 64 hexadecimal digits, of the token and nothing else.`)
  }
  if (sha256.toLowerCase() === ofNothing) throw new Error(`${where} has the SHA-256 of an empty token. Make it anew.`)
  const until = expires === undefined ? undefined : readTime(expires, where)
  return { name, hash: new Uint8Array(Buffer.from(sha256, 'hex')), expires: until }
}

/** A day means its beginning in UTC. */
function readTime(text: string, where: string): number {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/.test(text)
  const time = isTime ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new Error(`${where} ends at no time: write 2030-12-31, or 2030-12-31T18:00Z.`)
}

/** What a script with a mistake in it makes. */
const ofNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
