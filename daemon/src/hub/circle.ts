import type { Act, Content, MessageName } from '../protocol/bodies.ts'
import type { ControlRequests, ConversationInfo, MessageInfo } from '../protocol/control.ts'
import type { ConversationId, MessageId, RegistryId, UserId } from '../protocol/ids.ts'
import type { BlockKey } from './blocks.ts'
import type { LettingGo } from './conversations/letting-go.ts'
import type { HistoryRange, Peer, Restored, RestoredCount } from './conversations/types.ts'
import type { Comparable } from './trust.ts'

/** A message as a person sends it. The same `message` id again is the same message. */
export type Draft = Omit<Content, 'written'>

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
  /** Whose conversations these are; absent where nobody has an id. */
  readonly account?: { readonly registry: RegistryId; readonly user: UserId }
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
  /** A message as it stands, whoever wrote it; undefined when it is not here. Absent where messages have no names. */
  findMessage?(conversation: ConversationId, name: MessageName): Promise<MessageInfo | undefined>
  /** Edits, deletes or reacts: resolves once that is committed. Absent where that cannot be. @throws ParleyError why not */
  act?(conversation: ConversationId, said: Act): Promise<void>
  /** Who of the others has a message of one's own, and who has read it. Absent where nobody says. */
  reached?(conversation: ConversationId, message: MessageId): Promise<ControlRequests['reached'][1]['members']>
  /** Whether somebody takes part in a conversation, and so may be named there. */
  takesPart?(conversation: ConversationId, user: UserId): boolean
  /** Lets go of what was said there, here alone; undefined: nothing was. Absent where that cannot be. */
  lettingGo?(conversation: ConversationId): LettingGo | undefined
  /** Tells the others there that the person here writes, or has stopped. Absent where nobody would hear of it. */
  typing?(conversation: ConversationId, stopped: boolean): void
  /** Messages are handed over there, and nobody says more of them. */
  readonly handsOver?: true
  /**
   * Shows messages of an export; `peer`: with whom, of a chat that is not here. Gives how many of them are what.
   * Absent where that cannot be.
   */
  restore?(conversation: ConversationId, peer: Peer | undefined, messages: readonly Restored[]): Promise<RestoredCount>
  /** Everything up to that position is read: never goes back. */
  markRead(conversation: ConversationId, position: string): Promise<void>
}
