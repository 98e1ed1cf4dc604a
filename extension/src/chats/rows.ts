import type { ConversationInfo, Status } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { oneLine, withoutFences } from '../shared/harmless.ts'
import { shownName } from '../shared/person.ts'

/** A chat as the list shows it; every text is one harmless line. */
export interface ChatRow {
  readonly conversation: string
  readonly name: string
  readonly userName: string
  readonly status: Status
  /** What stands behind the name: what is being written here goes before what was said. */
  readonly line: { readonly is: 'draft' | 'mine' | 'theirs'; readonly text: string }
  readonly lastTime: number
  readonly unread: number
  readonly isMuted: boolean
  /** Messages of one's own that wait for the other's device. */
  readonly queued: number
}

export function rowOf(info: ConversationInfo): ChatRow {
  const { conversation, person, lastTime, unread, muted, queued } = info
  return {
    conversation,
    name: shownName(person),
    userName: oneLine(person.name, limits.name),
    status: person.status,
    line: lineOf(info),
    lastTime,
    unread,
    isMuted: muted,
    queued,
  }
}

/** The chats as they are listed: the one in which something was said last comes first. */
export function byActivity(conversations: Iterable<ConversationInfo>): readonly ConversationInfo[] {
  return [...conversations].sort(
    (a, b) =>
      b.lastTime - a.lastTime ||
      a.person.displayName.localeCompare(b.person.displayName) ||
      (a.conversation < b.conversation ? -1 : 1),
  )
}

/** The messages that were not read, in all chats that are not muted: what badges count. */
export function totalUnread(conversations: Iterable<ConversationInfo>): number {
  let total = 0
  for (const { unread, muted } of conversations) if (!muted) total += unread
  return total
}

/**
 * The chat to read next: the first of the list with something unread that is not the one in use, muted ones last;
 * `undefined`: there is none.
 */
export function nextUnread(
  conversations: Iterable<ConversationInfo>,
  current: string | undefined,
): ConversationInfo | undefined {
  const unread = byActivity(conversations).filter(each => each.unread > 0)
  const elsewhere = unread.filter(({ conversation }) => conversation !== current)
  return elsewhere.find(({ muted }) => !muted) ?? elsewhere[0] ?? unread[0]
}

function lineOf({ draft, lastLine, lastMine }: ConversationInfo): ChatRow['line'] {
  const written = oneLine(withoutFences(draft), limits.lastLine)
  if (written !== '') return { is: 'draft', text: written }
  return { is: lastMine ? 'mine' : 'theirs', text: oneLine(withoutFences(lastLine), limits.lastLine) }
}
