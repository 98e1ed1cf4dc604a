import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import type { Entry } from '../../protocol/parley_pb.ts'
import type { Place } from './keys.ts'

/** Entries of one's own log that a device lacks, as one item of mail. */
export interface MailLot {
  readonly conversation: ConversationId
  /** One or more runs, with the membership entries that they need first. */
  readonly entries: readonly Entry[]
  /** What that device holds of one's own log once it has taken them: to be given to {@link Mail.posted}. */
  readonly upTo: readonly Place[]
}

/** Whose device has left something. */
export interface Correspondent {
  readonly user: UserId
  readonly device: DeviceId
  readonly name?: string
  readonly displayName?: string
}

/** What conversations do for the mailbox, which carries entries to devices that are not linked. */
export interface Mail {
  /** The conversations in which this device has written. */
  written(): ConversationId[]
  /** Who takes part in a conversation. */
  readers(conversation: ConversationId): Iterable<UserId>
  /**
   * Whether that device of a user has not committed all of one's own entries that it is to have, of one conversation or of
   * any, nor will with the mail that waits for it.
   */
  lacksMail(user: UserId, device: DeviceId, conversation?: ConversationId): boolean
  /**
   * What that device of a user lacks of one's own entries and was not posted yet, the oldest conversation first, about
   * `bytes` of it; what is queued gets its place in the log, since the mailbox is a hand-over. Undefined: nothing.
   */
  mailFor(user: UserId, device: DeviceId, bytes: number): Promise<MailLot | undefined>
  /** The mailbox has committed a lot for that device: its messages are `sent`. Resolves once that is committed. */
  posted(conversation: ConversationId, device: DeviceId, upTo: readonly Place[]): Promise<void>
  /**
   * Takes entries that the mailbox brought, with the checks of a link. Resolves once what is good of them is committed;
   * what leaves a gap is dropped, and comes again over a link. Throws `stranger` when `from` has no part in that conversation, `storage`.
   */
  take(from: Correspondent, conversation: ConversationId, entries: readonly Entry[]): Promise<void>
}
