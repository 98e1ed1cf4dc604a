import type { ControlNotifications } from '@parley/daemon/protocol/control'
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
  { kind, text, ownName }: { readonly kind: string; readonly text: string; readonly ownName: string | undefined },
): boolean {
  if (wanted !== 'direct') return wanted === 'all'
  return kind === 'direct' || (ownName !== undefined && isMentioned(ownName, text))
}

/** The name of who wrote, ready for a line with other words. */
export function noticeName({ person }: Notice): string {
  return isolated(plainLine(listedName(person), limits.name))
}

/** What was written, on one line; of a fenced block its place and code. */
export function noticeText({ message }: Notice): string {
  return plainLine(withoutFences(message.text.slice(0, read)), limits.notice)
}

/** Characters that are looked at, more than are ever shown. */
const read = 4 * limits.notice

function isMentioned(name: string, text: string): boolean {
  const literal = name.replace(/[.\\+*?^$()[\]{}|-]/g, '\\$&')
  return new RegExp(`(?<![\\w@.-])@${literal}(?![\\w-]|\\.\\w)`, 'i').test(text)
}
