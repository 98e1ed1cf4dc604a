import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { readParleyLink } from '../protocol/addresses.ts'
import { checkText } from '../protocol/bodies.ts'
import type { ControlRequests } from '../protocol/control.ts'
import { fromText, type MessageId, messageId } from '../protocol/ids.ts'
import { readDisplayName, readUserName } from '../protocol/names.ts'
import { checkPassword } from '../protocol/passwords.ts'
import type { HistoryRange } from './conversations/types.ts'
import type { RegistryPlace } from './registry/client-options.ts'

/** What front ends ask for, checked before anything is done or sent. Everything here throws ParleyErrors in words. */

/** A sign-up: nothing of it reaches the registry before all of it holds. */
export function readSignUp(params: ControlRequests['signUp'][0]) {
  const name = readUserName(params.name)
  const displayName = readDisplayName(params.displayName ?? params.name)
  const { password, by } = params
  if (password !== undefined) checkPassword(password)
  const link = readParleyLink(params.registry)
  const code = params.invite === undefined ? link.code : readInvite(params.invite, link.registry)
  const place: RegistryPlace = {
    host: link.host,
    port: link.port,
    ...(link.registry ? { registry: link.registry } : {}),
  }
  return { place, wish: { name, displayName, password, by, ...(code ? { invite: code } : {}) } }
}

/** Where to sign in, and as whom. */
export function readSignIn(params: ControlRequests['signIn'][0]) {
  const link = params.registry === undefined ? undefined : readParleyLink(params.registry)
  const place = link && { host: link.host, port: link.port, ...(link.registry ? { registry: link.registry } : {}) }
  const who = {
    ...(params.name === undefined ? {} : { name: readUserName(params.name) }),
    ...(params.password === undefined ? {} : { password: params.password }),
    ...(params.by === undefined ? {} : { by: params.by }),
    ...(params.afresh === undefined ? {} : { isAfresh: params.afresh }),
  }
  return { place, who }
}

/** The text and id of a message: with files it need not say anything. Throws `bad-message`. */
export function readMessage(params: Pick<ControlRequests['send'][0], 'text' | 'message' | 'files'>): {
  text: string
  message: MessageId
} {
  const { text, files = [] } = params
  if (files.length === 0 || text.trim() !== '') checkText(text)
  if (!text.isWellFormed()) throw new ParleyError('bad-message', 'The message has a broken character. Type it anew.')
  try {
    return { text, message: messageId(params.message) }
  } catch (cause) {
    throw new ParleyError('bad-message', 'The id of a message is 16 bytes in base32.', { cause })
  }
}

/** Which messages of a conversation are wanted. */
export function readRange({ before, after, from, limit }: ControlRequests['history'][0]): HistoryRange {
  return {
    limit: readLimit(limit, limits.historyPage),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(from === undefined ? {} : { from }),
  }
}

/** A limit on rows, brought into what is allowed. */
export function readLimit(limit: number | undefined, usual: number): number {
  return Math.min(Math.max(Math.floor(limit ?? usual) || 1, 1), limits.page)
}

/** An invite: its whole link, or the code alone. */
function readInvite(text: string, registry: string | undefined): Uint8Array | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if (trimmed.includes(':')) {
    const link = readParleyLink(trimmed)
    if (registry && link.registry && registry !== link.registry) {
      throw new ParleyError(
        'bad-invite',
        'The invite is of another registry than the one given. Leave one of them out.',
      )
    }
    if (link.code) return link.code
  } else {
    try {
      const code = fromText(trimmed.replace(/^#/, ''))
      if (code.length === 16) return code
    } catch {
      // said below
    }
  }
  throw new ParleyError('bad-invite', 'This is not an invite. Paste the whole link that you were given, up to its end.')
}
