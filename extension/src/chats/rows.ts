import type { ConversationInfo, Status } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { oneLine, withoutFences } from '../shared/harmless.ts'
import { flagsOf, listedName, markLines, marksOf } from '../shared/marks.ts'

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
  /** What is to be known of the other one at a glance, and on hovering; nothing of most. */
  readonly marks: readonly string[]
  readonly lines: readonly string[]
  /** What menus ask of the row. */
  readonly flags: readonly string[]
}

export function rowOf(info: ConversationInfo): ChatRow {
  const { conversation, person, lastTime, unread, muted, queued } = info
  return {
    conversation,
    name: listedName(person),
    userName: oneLine(person.name, limits.name),
    status: person.status,
    line: lineOf(info),
    lastTime,
    unread,
    isMuted: muted,
    queued,
    marks: marksOf(person),
    lines: markLines(person),
    flags: flagsOf(person),
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
