import type { ControlNotifications } from '@parley/daemon/protocol/control'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { isolated, plainLine, withoutFences } from '../shared/harmless.ts'
import { listedName } from '../shared/marks.ts'

/** A message to tell of. */
export type Notice = ControlNotifications['notice']

/** The setting `parley.notifications`. */
export type Wanted = 'off' | 'direct' | 'all'

/** Whether a person who wants it so is told of a message: in a chat of two, or to their own user name. */
export function isWanted(
  wanted: Wanted,
  { message, room }: Pick<Notice, 'message' | 'room'>,
  ownName: string | undefined,
): boolean {
  if (wanted !== 'direct') return wanted === 'all'
  if (room === undefined || message.mentionsMe) return true
  return ownName !== undefined && isMentioned(ownName, message.text)
}

/** The name of who wrote, ready for a line with other words. */
export function noticeName({ person }: Notice): string {
  return isolated(plainLine(listedName(person), limits.name))
}

/** Where it was written: by whom, and in which room. */
export function noticePlace(notice: Notice): string {
  const { room } = notice
  const name = noticeName(notice)
  return room === undefined ? name : l10n.t('{0} in {1}', name, noticeRoom(room))
}

/** A room's name, ready for a line with other words. */
export function noticeRoom(room: string): string {
  return isolated(plainLine(room, limits.name))
}

/** What was written, on one line; of a fenced block its place and code, of files alone their names. */
export function noticeText({ message }: Notice): string {
  const text = plainLine(withoutFences(message.text.slice(0, read)), limits.notice)
  if (text !== '' || !message.files) return text
  return plainLine(message.files.map(({ name }) => name).join(', '), limits.notice)
}

/** Characters that are looked at, more than are ever shown. */
const read = 4 * limits.notice

function isMentioned(name: string, text: string): boolean {
  const literal = name.replace(/[.\\+*?^$()[\]{}|-]/g, '\\$&')
  return new RegExp(`(?<![\\w@.-])@${literal}(?![\\w-]|\\.\\w)`, 'i').test(text)
}
