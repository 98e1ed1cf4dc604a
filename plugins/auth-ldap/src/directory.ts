import { randomBytes } from 'node:crypto'
import type { Verdict } from '@parley/kit'
import {
  type Client,
  ConstraintViolationError,
  type Entry,
  InappropriateAuthError,
  InvalidCredentialsError,
  InvalidDNSyntaxError,
  NoSuchObjectError,
  SizeLimitExceededError,
} from 'ldapts'
import { escapeDn, escapeFilter, filled } from './escape.ts'
import { limits } from './limits.ts'
import type { Directory } from './options.ts'
import { openSession } from './session.ts'

/** The directory cannot be used as the options want it: for the operator to mend. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError'
}

/**
 * Binds as `name` with this password, which is not empty: without one a bind is nobody's, and servers allow it.
 * Rejects when the directory gives no answer that counts.
 */
export async function bindAs(
  directory: Directory,
  name: string,
  password: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const session = await openSession(directory, signal)
  const { client } = session
  const { dn } = directory
  try {
    return await (dn === undefined
      ? bindFound(directory, client, name, password)
      : bindNamed(directory, client, filled(dn, name, escapeDn), password))
  } finally {
    session.close()
  }
}

async function bindNamed(directory: Directory, client: Client, who: string, password: string): Promise<Verdict> {
  if (!(await isRight(client, who, password))) return { is: 'deny' }
  // A name such as alice@example.com is none of an entry.
  const [entry] = who.includes('=') ? await ownEntry(directory, client, who) : []
  return allowed(directory, entry)
}

async function bindFound(directory: Directory, client: Client, name: string, password: string): Promise<Verdict> {
  const { base = '' } = directory.search ?? {}
  const entry = await find(directory, client, name)
  // Whom nobody knows takes as many steps as who is known.
  const who = entry?.dn ?? `cn=${randomBytes(8).toString('hex')},${base}`
  const isTheirs = await isRight(client, who, password)
  return entry && isTheirs ? allowed(directory, entry) : { is: 'deny' }
}

/** The one entry of somebody; undefined where there is none, or more than one. */
async function find({ search, ...directory }: Directory, client: Client, name: string): Promise<Entry | undefined> {
  if (!search) return undefined
  const { base, filter, dn, password } = search
  if (dn !== undefined && password !== undefined && !(await isRight(client, dn, password))) {
    throw new DirectoryError('The directory refuses the account to search as. Look at "dn" and "password" of "search".')
  }
  try {
    const { searchEntries } = await client.search(base, {
      scope: 'sub',
      filter: filled(filter, name, escapeFilter),
      attributes: attributesOf(directory),
      sizeLimit: 2,
    })
    return searchEntries.length === 1 ? searchEntries[0] : undefined
  } catch (error) {
    if (error instanceof SizeLimitExceededError) return undefined
    if (!(error instanceof NoSuchObjectError)) throw error
    throw new DirectoryError('The directory has no entry of that name to search below. Look at "base" of "search".', {
      cause: error,
    })
  }
}

/** What the person may see of their own entry; nothing where the directory does not let them. */
async function ownEntry(directory: Directory, client: Client, who: string): Promise<Entry[]> {
  try {
    const { searchEntries } = await client.search(who, { scope: 'base', attributes: attributesOf(directory) })
    return searchEntries
  } catch {
    return []
  }
}

async function isRight(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password)
    return true
  } catch (error) {
    if (denials.some(denial => error instanceof denial)) return false
    throw error
  }
}

/** No account, no password, a wrong one, or one that the directory does not take at the moment: locked, expired. */
const denials = [
  InvalidCredentialsError,
  NoSuchObjectError,
  InappropriateAuthError,
  ConstraintViolationError,
  InvalidDNSyntaxError,
] as const

function attributesOf({ displayName, userName }: Pick<Directory, 'displayName' | 'userName'>): string[] {
  return [displayName, 'cn', ...(userName === undefined ? [] : [userName])]
}

function allowed({ displayName, userName }: Directory, entry: Entry | undefined): Verdict {
  const shown = firstOf(entry, displayName) ?? firstOf(entry, 'cn')
  const name = userName === undefined ? undefined : firstOf(entry, userName)
  if (userName !== undefined && name === undefined) {
    throw new DirectoryError(`The entry has no "${userName}", which "userName" says that it has.`)
  }
  return {
    is: 'allow',
    ...(name !== undefined && { name: name.toLowerCase() }),
    ...(shown !== undefined && { displayName: shown.slice(0, limits.displayName).toWellFormed() }),
  }
}

/** The first value of an attribute, whose name is in any case. */
function firstOf(entry: Entry | undefined, attribute: string): string | undefined {
  const [, value] = Object.entries(entry ?? {}).find(([key]) => key.toLowerCase() === attribute.toLowerCase()) ?? []
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' && first !== '' ? first : undefined
}
