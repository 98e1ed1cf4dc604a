import type { KeyObject } from 'node:crypto'
import type { Content, MessageName } from '../../protocol/bodies.ts'
import type { MessageState } from '../../protocol/control.ts'
import type { Attachment } from '../../protocol/files.ts'
import type { EventRow, MessageRow } from '../../protocol/hub_rows_pb.ts'
import type { ConversationId, DeviceId, MessageId, RegistryId, UserId } from '../../protocol/ids.ts'
import type { Event } from '../../protocol/parley_pb.ts'
import type { Members } from './members.ts'
import type { Counts } from './reached.ts'
import type { Reaction } from './registers.ts'

/** Whose home this is: the user at the registry and the device that signs here. */
export interface Account {
  readonly registry: RegistryId
  readonly user: UserId
  readonly device: DeviceId
  readonly privateKey: KeyObject
  /** The device's public key, 91 bytes. */
  readonly spki: Uint8Array
}

/** An established link to a device of another user, after every check of the hello. */
export interface PeerLink {
  readonly registry: RegistryId
  readonly user: UserId
  readonly device: DeviceId
  /** As the attestation names that user. */
  readonly name?: string
  readonly displayName?: string
  /** The SPKI of each device in that user's roster. */
  readonly keys: ReadonlyMap<DeviceId, Uint8Array>
  /** The clocks of both sides are more than `limits.clockSkew` apart: no entries are exchanged. */
  readonly clockApart?: boolean
  /** Resolves when the link takes more; rejects when it is closed. */
  send(event: Event['is']): Promise<void>
  /** Aborted when the link is closed. */
  readonly signal: AbortSignal
}

/** The other one of a direct conversation. */
export interface Peer {
  readonly user: UserId
  readonly name: string
  readonly displayName: string
}

/** A message to send. The same `message` id again is the same message. */
export interface Outgoing extends Content {
  readonly peer: Peer
}

/** A message as it stands in a conversation. */
export interface StoredMessage {
  readonly conversation: ConversationId
  readonly message: MessageId
  /** The author. */
  readonly user: UserId
  readonly mine: boolean
  /** Empty of a deleted one, and of an event. */
  readonly text: string
  /** ms since 1970, as the author says. */
  readonly written: number
  /** Only of one's own messages. Never goes back. */
  readonly state?: MessageState
  /** In rooms, of one's own messages: how many of those whom it was for have it, and have read it. */
  readonly reached?: Counts
  /** Orders the messages of a conversation as text; queued ones stand behind all others and move once when sealed. */
  readonly position: string
  readonly replyTo?: RepliedTo
  readonly mentions?: readonly UserId[]
  readonly mentionsAll?: true
  readonly files?: readonly Attachment[]
  /** When it was edited last, as the author says: ms since 1970. */
  readonly edited?: number
  readonly deleted?: true
  /** It came by an import, and nobody's signature vouches for it. */
  readonly imported?: true
  /** Those that are on, in the order in which they came. */
  readonly reactions?: readonly Reaction[]
  /** What happened: a line that is no message. */
  readonly event?: EventRow
  /** It is shown no longer. */
  readonly isGone?: true
}

/** The message that a reply answers. What it says, and where, only while it is here. */
export interface RepliedTo extends MessageName {
  /** At most 100 characters; empty of a deleted one. */
  readonly text?: string
  readonly position?: string
}

/** How far a message has come at one of those whom it is for. */
export type ReachedBy = 'waiting' | 'delivered' | 'read'

/** One page of a conversation, oldest first. */
export interface HistoryPage {
  readonly messages: readonly StoredMessage[]
  /** Whether more follow in the direction asked for. */
  readonly more: boolean
}

/** A page before or after a position, or from one on, which is part of it; the newest page without any. */
export interface HistoryRange {
  readonly before?: string
  readonly after?: string
  readonly from?: string
  readonly limit: number
}

/** A message of an export: its row, marked as imported, and where it stands. */
export interface Restored {
  readonly row: MessageRow
  readonly position: string
}

/** What has become of messages of an export: new here, here already, or dropped here once, which they stay. */
export interface RestoredCount {
  readonly messages: number
  readonly known: number
  readonly dropped: number
}

/** A direct conversation as lists show it. */
export interface ConversationSummary extends SummaryBase {
  readonly kind: 'direct'
  readonly peer: Peer
}

/** A room as lists show it. */
export interface RoomSummary extends SummaryBase {
  readonly kind: 'room'
  readonly members: Members
}

interface SummaryBase {
  readonly conversation: ConversationId
  /** Whether anything of it is stored: lists leave out the others. */
  readonly isStored: boolean
  /** At most 100 characters. */
  readonly lastLine: string
  /** Whether the last line is one's own. */
  readonly lastMine: boolean
  /** Who wrote it. */
  readonly lastUser?: UserId
  /** ms since 1970; 0: nothing yet. */
  readonly lastTime: number
  /** One's own messages that the other's device has not committed. */
  readonly queued: number
  /** Messages of others above what was read here, and the position of the first of them. */
  readonly unread: number
  readonly firstUnread?: string
  /** Those among the unread ones that name the person here. */
  readonly mentions: number
  /** Messages shown, queued ones included. */
  readonly count: number
  /** Whether a link to a device of theirs is up. */
  readonly linked: boolean
  /** What keeps this conversation from going on, in a sentence for a person. */
  readonly problem?: string
}

/** What has changed. */
export interface ConversationChange {
  readonly conversation: ConversationId
  /** They are new, or have another state or position. */
  readonly messages: readonly StoredMessage[]
  /** Those among them that somebody else wrote: each comes here once, when it is first stored. */
  readonly arrived: readonly StoredMessage[]
}
