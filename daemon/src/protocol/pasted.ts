import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { formatParleyLink, type ParleyLink, ports, readHostPort, readParleyLink } from './addresses.ts'

/** What somebody pasted to say where a team, or somebody's Parley, is. */
export interface Pasted {
  readonly link: ParleyLink
  /** Whether the port was given, and not left to the usual one. */
  readonly hasPort: boolean
}

/**
 * Reads what a person pastes: a whole invite text, a mail around it, a `parley:` or editor link, or `host[:port]`. Of
 * several links the first one that is whole counts, one with a code before one without.
 *
 * @throws ParleyError `bad-address` in words for a person, `too-old` for a link of a later version
 */
export function readPasted(text: string): Pasted {
  if (text.length > limits.pasted) {
    throw new ParleyError('bad-address', 'This is too long for an invite. Paste the invite alone, or just its link.')
  }
  const outcomes = candidates(text).map(readCandidate)
  const links = outcomes.flatMap(outcome => (outcome instanceof ParleyError ? [] : [outcome]))
  const link = links.find(({ code }) => code !== undefined) ?? links[0]
  if (link) return { link, hasPort: true }
  const [failure] = outcomes
  if (failure instanceof ParleyError) throw failure
  return readPlace(text.trim())
}

/**
 * The link in a text that somebody copied, whole and without what is around it; undefined when there is none. A mere
 * address does not count: any word could be one.
 */
export function findParleyLink(text: string): string | undefined {
  if (text.length > limits.pasted || candidates(text).length === 0) return undefined
  try {
    return formatParleyLink(readPasted(text).link)
  } catch {
    return undefined
  }
}

/**
 * Everything in a text that begins like a link: as it stands, without the punctuation of the sentence around it, without the
 * next line that a box of one line has glued to it, and the inner link of an editor's that some program has decoded.
 */
function candidates(text: string): string[] {
  return [...text.matchAll(linkLike)].flatMap(([whole]) => {
    const found = whole.slice(0, limits.address)
    const inner = found.slice(Math.max(0, found.indexOf('parley://')))
    return [found, inner].flatMap(link => [link, link.replace(/[^a-z\d]+$/i, ''), ending.exec(link)?.[0] ?? link])
  })
}

/** A link up to its end where a word follows at once: a code is 26 characters long, and without one the version ends it. */
const ending = /^[^#]*?(?:(?:#|%23)[a-z2-7]{26}|\bv(?:=|%3D)1(?=[a-z])(?!.*(?:#|%23)))/i

/** A `parley:` link or an editor's, where no longer word begins before it. */
const linkLike =
  /(?<![a-z\d+.-])(?:parley:\/\/|[a-z][a-z\d+.-]{0,31}:\/\/parley\.parley-chat\/join\?)[^\s<>"'`|()*\\]+/gi

function readCandidate(text: string): ParleyLink | ParleyError {
  try {
    return readParleyLink(text)
  } catch (error) {
    return asParleyError(error)
  }
}

function readPlace(text: string): Pasted {
  if (/\s/.test(text)) {
    throw new ParleyError('bad-address', 'There is no Parley link in this text. Paste the whole invite, or its link.')
  }
  const link = readParleyLink(text)
  // Where no port stands, each default gives itself.
  const hasPort =
    text.includes('://') || readHostPort(text, ports.registry).port === readHostPort(text, ports.peer).port
  return { link, hasPort }
}
