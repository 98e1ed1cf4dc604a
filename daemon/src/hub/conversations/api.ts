import type { Act, Content } from '../../protocol/bodies.ts'
import type { ConversationId, DeviceId, MessageId, UserId } from '../../protocol/ids.ts'
import type { Event } from '../../protocol/parley_pb.ts'
import type { Place } from './keys.ts'
import type { LettingGo } from './letting-go.ts'
import type { Mail } from './mail.ts'
import type { Members } from './members.ts'
import type {
  ConversationChange,
  ConversationSummary,
  HistoryPage,
  HistoryRange,
  Outgoing,
  Peer,
  PeerLink,
  ReachedBy,
  Restored,
  RestoredCount,
  RoomSummary,
  StoredMessage,
} from './types.ts'

/** The conversations of one account. */
export interface Conversations {
  /**
   * Commits a message, in its place in the log when the other's device is linked, else in the outbox. The same message
   * id again gives the message as it stands. Throws `bad-message`, `usage`, `storage`, `busy` or `closed`.
   */
  send(outgoing: Outgoing): Promise<StoredMessage>
  /** Keeps the conversation with that user in step over this link until it is closed. */
  attach(link: PeerLink): AttachedLink
  /** A page of a conversation, oldest first; empty for one that is not known. Throws `usage`. */
  history(conversation: ConversationId, range: HistoryRange): Promise<HistoryPage>
  /** Everything up to that position is read: never goes back. Resolves once that is committed. Throws `usage`. */
  markRead(conversation: ConversationId, position: string): Promise<void>
  /** A message as it stands, one's own unless `user` is given; undefined when there is none. */
  find(conversation: ConversationId, message: MessageId, user?: UserId): Promise<StoredMessage | undefined>
  /**
   * Does something with a message: resolves once that is committed, as of {@link send}. The same act id again is the same
   * act. Throws `bad-message` when it cannot be done, and what `send` throws.
   */
  act(conversation: ConversationId, said: Act): Promise<void>
  /** Lets go of what was said there; undefined: nothing was. */
  lettingGo(conversation: ConversationId): LettingGo | undefined
  /**
   * Shows messages of an export, which are part of no log; a direct conversation that is not here begins with `peer`. What
   * is here, or was dropped here, stays as it is. Gives how many of them are what, once that is committed.
   */
  restore(conversation: ConversationId, peer: Peer | undefined, messages: readonly Restored[]): Promise<RestoredCount>
  /** Founds a room with the body of its founding. Gives its id once that is committed. */
  found(body: Uint8Array): Promise<ConversationId>
  /**
   * Writes a membership entry, at once: it needs no link. `rights`: the membership entries that it names, if not all heads.
   * Gives its hash once it is committed. Throws `bad-message` for a
   * conversation that is not here, `storage`, `busy`, `closed`.
   */
  enact(
    conversation: ConversationId,
    kind: number,
    body: Uint8Array,
    rights?: readonly Uint8Array[],
  ): Promise<Uint8Array>
  /** As {@link send}, in any conversation that is here. */
  sendTo(conversation: ConversationId, content: Content): Promise<StoredMessage>
  /** Who takes part in a conversation that is here. */
  membersOf(conversation: ConversationId): Members | undefined
  /** The last entries of each log that is here, by device, as cuts and invitations name them. */
  headsOf(conversation: ConversationId): ReadonlyMap<DeviceId, readonly Place[]>
  /** How far a message of one's own has come at each of those whom it is for. Throws `bad-message` when there is none. */
  reached(conversation: ConversationId, message: MessageId): Promise<ReadonlyMap<UserId, ReachedBy>>
  /** All direct conversations, the latest first. */
  list(): ConversationSummary[]
  /** A direct one. */
  get(conversation: ConversationId): ConversationSummary | undefined
  /** All rooms, the latest first. */
  rooms(): RoomSummary[]
  room(conversation: ConversationId): RoomSummary | undefined
  /** Tells each change once it is committed; returns what ends it. */
  watch(listener: (change: ConversationChange) => void): () => void
  /** Whether that device of a user has not committed all that was said to them; without one, whether none has. */
  lacking(user: UserId, device?: DeviceId): boolean
  /** What the mailbox carries. */
  readonly mail: Mail
  /** Finishes what is being written; what waits is refused with `closed`. */
  /** Devices of somebody are known now that were not, or they are blocked no longer: what they wrote is asked for again. */
  learnt(user: UserId): void
  close(): Promise<void>
}

export interface AttachedLink {
  /** Takes an event of the link in; waiting for it before the next one bounds what a peer can make this side hold. */
  event(is: Event['is']): Promise<void>
}
