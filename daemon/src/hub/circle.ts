import type { ConversationInfo, MessageInfo } from '../protocol/control.ts'
import type { ConversationId, MessageId } from '../protocol/ids.ts'
import type { BlockKey } from './blocks.ts'
import type { HistoryRange } from './conversations/types.ts'
import type { Comparable } from './trust.ts'

/** A message as a person sends it. The same `message` id again is the same message. */
export interface Draft {
  readonly text: string
  readonly message: MessageId
}

export interface Page {
  /** Oldest first. */
  readonly messages: readonly MessageInfo[]
  /** Whether others follow in the direction that was asked for. */
  readonly more: boolean
}

/**
 * The people whom one talks to in one way, and the conversations with them: the team, people of no team, classic
 * clients. A conversation is of one circle; whatever changes is told by the hub's news.
 */
export interface Circle {
  /** The conversation with somebody known here by that name or address; undefined: with nobody of this circle. */
  named(text: string): ConversationId | undefined
  /** A conversation with somebody known here, whether it has begun or not; undefined: not of this circle. */
  summary(conversation: ConversationId): ConversationInfo | undefined
  /** Every conversation that lists show, those included of which there is only a draft. */
  listed(): ConversationInfo[]
  /** One conversation as {@link listed}; undefined when lists do not show it. */
  info(conversation: ConversationId): ConversationInfo | undefined
  /** Whom to block for not hearing from that conversation; undefined: with nobody of this circle. */
  blockKey(conversation: ConversationId): BlockKey | undefined
  /** Whose account key may be compared there; undefined: nobody's. */
  comparable?(conversation: ConversationId): Comparable | undefined
  /** Where the first message stands that was not read. */
  firstUnread(conversation: ConversationId): string | undefined
  /** Resolves once it is committed. @throws ParleyError why it is not */
  send(conversation: ConversationId, draft: Draft): Promise<MessageInfo>
  /** Empty for a conversation that has not begun. */
  history(conversation: ConversationId, range: HistoryRange): Promise<Page>
  /** One's own message as it stands; undefined when there is none. */
  ownMessage(conversation: ConversationId, message: MessageId): Promise<MessageInfo | undefined>
  /** Everything up to that position is read: never goes back. */
  markRead(conversation: ConversationId, position: string): Promise<void>
}
