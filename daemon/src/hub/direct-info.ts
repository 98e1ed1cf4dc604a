import type { DirectInfo, PersonInfo } from '../protocol/control.ts'
import type { KeptChats } from './chats/chats.ts'
import type { ConversationSummary } from './conversations/types.ts'

/** What a list shows of a chat with one other person beside what is stored of it. */
interface Showing {
  readonly person: PersonInfo
  /** All links to them run through the relay. */
  readonly isRelayed: boolean
  /** Who writes there now. */
  readonly typing: readonly PersonInfo[]
  readonly kept: ReturnType<KeptChats['shown']>
}

export function directInfo(summary: ConversationSummary, { person, isRelayed, typing, kept }: Showing): DirectInfo {
  const { conversation, kind, lastLine, lastMine, lastTime, queued, linked, unread, mentions } = summary
  return {
    ...{ conversation, kind, person, lastLine, lastMine, lastTime, queued, linked },
    ...(linked && isRelayed && { relayed: true as const }),
    unread,
    mentions,
    ...(typing.length > 0 && { typing }),
    ...kept,
  }
}

/** A conversation of which nothing is here. */
export const notBegun = {
  kind: 'direct',
  isStored: false,
  lastLine: '',
  lastMine: false,
  lastTime: 0,
  queued: 0,
  unread: 0,
  mentions: 0,
  count: 0,
  linked: false,
} as const
