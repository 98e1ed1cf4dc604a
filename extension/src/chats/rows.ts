import type { ConversationInfo, RoomInfo, Status } from '@parley/daemon/protocol/control'
import { byActivity, isUnread } from '@parley/daemon/protocol/conversation-infos'
import { limits } from '../limits.ts'
import { oneLine, withoutFences } from '../shared/harmless.ts'
import { flagsOf, listedChat, markLines, marksOf } from '../shared/marks.ts'
import { shownName } from '../shared/person.ts'

/** A chat as the list shows it; every text is one harmless line. */
export interface ChatRow {
  readonly conversation: string
  readonly name: string
  readonly of: OfPerson | OfRoom
  /** What stands behind the name: what is being written here goes before what was said. `by`: in rooms, whoever said it. */
  readonly line: { readonly is: 'draft' | 'mine' | 'theirs'; readonly text: string; readonly by?: string }
  readonly lastTime: number
  readonly unread: number
  /** Those of them that name the person here. */
  readonly mentions: number
  /** Whether somebody wants to come back to it. */
  readonly isMarkedUnread: boolean
  readonly isMuted: boolean
  readonly isPinned: boolean
  readonly isArchived: boolean
  /** Days after which messages are dropped; absent: never. */
  readonly retention?: number
  /** Messages of one's own that wait for another device. */
  readonly queued: number
  /** What is to be known of the other one at a glance, and on hovering; nothing of most. */
  readonly marks: readonly string[]
  readonly lines: readonly string[]
  /** What menus ask of the row. */
  readonly flags: readonly string[]
}

interface OfPerson {
  readonly is: 'person'
  readonly userName: string
  readonly status: Status
}

interface OfRoom {
  readonly is: 'room'
  readonly topic: string
  readonly members: number
  readonly standing: RoomInfo['standing']
  /** Who has invited one. */
  readonly by: string
}

export function rowOf(info: ConversationInfo): ChatRow {
  const { conversation, lastTime, unread, mentions, muted, queued } = info
  const person = info.kind === 'direct' ? info.person : undefined
  return {
    conversation,
    name: listedChat(info),
    of: ofWhat(info),
    line: lineOf(info),
    lastTime,
    unread,
    mentions,
    isMarkedUnread: info.isMarkedUnread ?? false,
    isMuted: muted,
    isPinned: info.pinned ?? false,
    isArchived: info.archived ?? false,
    ...(info.retention !== undefined && { retention: info.retention }),
    queued,
    marks: person ? marksOf(person) : [],
    lines: person ? markLines(person) : [],
    flags: info.kind === 'room' ? ['room', info.room.standing] : flagsOf(info.person),
  }
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
  const unread = byActivity(conversations).filter(isUnread)
  const elsewhere = unread.filter(({ conversation }) => conversation !== current)
  return elsewhere.find(({ muted }) => !muted) ?? elsewhere[0] ?? unread[0]
}

function ofWhat(info: ConversationInfo): OfPerson | OfRoom {
  if (info.kind === 'direct') {
    return { is: 'person', userName: oneLine(info.person.name, limits.name), status: info.person.status }
  }
  const { topic, members, standing, by } = info.room
  return { is: 'room', topic: oneLine(topic, limits.topic), members, standing, by: by ? shownName(by) : '' }
}

function lineOf({ draft, lastLine, lastMine, lastName = '' }: ConversationInfo): ChatRow['line'] {
  const written = oneLine(withoutFences(draft), limits.lastLine)
  if (written !== '') return { is: 'draft', text: written }
  const text = oneLine(withoutFences(lastLine), limits.lastLine)
  const by = oneLine(lastName, limits.name)
  return lastMine || by === '' ? { is: lastMine ? 'mine' : 'theirs', text } : { is: 'theirs', text, by }
}
