import { ParleyError } from '../../errors.ts'
import type { ConversationId } from '../../protocol/ids.ts'
import { foldAlias } from '../../protocol/names.ts'

/** A room as it may be named. */
interface NamedRoom {
  readonly conversation: ConversationId
  readonly name: string
}

/** Whether a text means a room: `#` and its name. */
export function namesRoom(text: string): boolean {
  return text.trim().startsWith('#')
}

/**
 * The room that `#name` means; undefined: none here. Upper and lower case are one, and so are spaces and dashes, since a
 * shell splits at spaces. @throws ParleyError `usage` when several are called so
 */
export function roomNamed(text: string, rooms: Iterable<NamedRoom>): ConversationId | undefined {
  const sought = plain(text.trim().slice(1))
  const found = [...rooms].filter(({ name }) => plain(name) === sought)
  const [first, ...others] = found
  if (others.length === 0) return first?.conversation
  const ids = found.map(({ conversation }) => conversation).join(', ')
  throw new ParleyError('usage', `${found.length} rooms are called "${first?.name}". Give the id of one: ${ids}`)
}

/** Whether a room is called `text`, without the sign. */
export function isCalled(name: string, text: string): boolean {
  return plain(name) === plain(text)
}

/** The room is not here. `hasWaited`: nor did it come to a hub that has just started. */
export function unknownRoom(text: string, hasWaited?: boolean): ParleyError {
  const nor = hasWaited ? ', and no invitation to one has come since this hub started' : ''
  return new ParleyError('unknown-room', `No room here is called "${text.trim()}"${nor}. List them with: parley room`)
}

function plain(name: string): string {
  return foldAlias(name.trim()).replace(/[\s-]+/gu, '-')
}
