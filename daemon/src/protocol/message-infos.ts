import type { RoomEvent } from './control-infos.ts'

/** What the local API tells of messages and their files. Bytes are lower-case base32, times ms since 1970. */

/**
 * `queued`: here alone. `sent`: the mailbox, another device of one's own or some member of the room has committed it, or
 * it was handed over to a classic client, which never says more. `delivered`: a device of the other one, or of every
 * member, has committed it. `read`: by the other one, or by every member, as far as they tell.
 */
export type MessageState = 'queued' | 'sent' | 'delivered' | 'read'

/** Names a message for good: its author's user id and its own id. */
export interface MessageRef {
  readonly user: string
  readonly message: string
}

export interface MessageInfo {
  readonly conversation: string
  /** Identifies the message: a 16-byte id in base32, chosen by the front end that sent it. */
  readonly message: string
  /** The author's user id. */
  readonly user: string
  readonly name: string
  readonly mine: boolean
  /** Empty of a deleted one, and of an event. */
  readonly text: string
  readonly written: number
  /** Only of one's own messages. */
  readonly state?: MessageState
  /** In rooms, of one's own messages: how many of the `of` other members have it, and have read it. */
  readonly reached?: { readonly delivered: number; readonly read: number; readonly of: number }
  /** Where it stands in the conversation: pass it to `history` as `before` or `after`. */
  readonly position: string
  /** What happened in the room: a line, not a message. */
  readonly event?: RoomEvent
  /** `text`: at most 100 characters; absent while that message is not here. */
  readonly replyTo?: MessageRef & { readonly name: string; readonly text?: string; readonly position?: string }
  /** Users that it names; `all`: everybody. */
  readonly mentions?: readonly string[]
  /** Whether it names the person here. */
  readonly mentionsMe?: true
  readonly files?: readonly FileInfo[]
  /** When it was edited last, as the author says. */
  readonly edited?: number
  readonly deleted?: true
  /** It came by an import: a file has said so, and no signature of its author. */
  readonly imported?: true
  /** It is shown here no longer: whoever shows it drops it. Only in what is told of changes. */
  readonly gone?: true
  readonly reactions?: readonly ReactionInfo[]
}

/** Who has reacted with an emoji, in the order in which they did. */
export interface ReactionInfo {
  readonly emoji: string
  readonly users: readonly string[]
  readonly mine: boolean
}

/** A file of a message. Its bytes are fetched when asked for. */
export interface FileInfo {
  /** Names its content: base32. */
  readonly hash: string
  readonly name: string
  readonly size: number
  readonly type: string
  /** px, of images. */
  readonly width?: number
  readonly height?: number
  /** Where it is on this machine; absent: not here. */
  readonly path?: string
  /** Bytes that have come of it, while it is being fetched or waits for whoever has it. */
  readonly coming?: number
}

/** How far a file has come. */
export interface FileProgress {
  readonly hash: string
  readonly done: number
  readonly size: number
  /** Why it does not go on, in a sentence; it is tried again by itself. */
  readonly waiting?: string
  /** Once it is whole. */
  readonly path?: string
}
