import type { ConversationInfo, MessageInfo, RoomEvent } from '../../protocol/control.ts'

/** The version of the lines below; a reader refuses a higher one. */
export const exportVersion = 1

/**
 * An export as JSON Lines: the head, then each conversation followed by its messages, the oldest first, then the end, so
 * that a file that was cut shows it. Bytes are lower-case base32, times ms since 1970. What a reader does not know it
 * leaves alone.
 */
export interface ExportHead {
  readonly parley: 'export'
  readonly version: number
  readonly written: number
}

export interface ExportConversation {
  readonly conversation: string
  /** Whose: absent of one with a classic client. */
  readonly account?: { readonly registry: string; readonly user: string }
  readonly person?: { readonly user: string; readonly name: string; readonly displayName: string }
  readonly room?: { readonly name: string; readonly topic: string }
}

export interface ExportMessage {
  readonly message: string
  readonly user: string
  readonly name: string
  readonly written: number
  /** Where it stands; absent of one that has not left yet. */
  readonly position?: string
  readonly text: string
  readonly replyTo?: { readonly user: string; readonly message: string }
  readonly mentions?: readonly string[]
  readonly files?: readonly ExportFile[]
  readonly edited?: number
  readonly deleted?: true
  /** No signature vouches for it: it had come by an import itself. */
  readonly imported?: true
  readonly reactions?: readonly { readonly emoji: string; readonly users: readonly string[] }[]
  readonly event?: RoomEvent
}

/** A file by the hash of its content, which is not part of an export. */
export interface ExportFile {
  readonly hash: string
  readonly name: string
  readonly size: number
  readonly type: string
  readonly width?: number
  readonly height?: number
}

export interface ExportEnd {
  readonly end: { readonly messages: number }
}

export function conversationLine(info: ConversationInfo, account: ExportConversation['account']): ExportConversation {
  const base = { conversation: info.conversation, ...(account && { account }) }
  if (info.kind === 'room') return { ...base, room: { name: info.room.name, topic: info.room.topic } }
  const { user, name, displayName } = info.person
  return { ...base, person: { user, name, displayName } }
}

export function messageLine(info: MessageInfo): ExportMessage {
  const {
    message,
    user,
    name,
    written,
    position,
    text,
    replyTo,
    mentions,
    files,
    edited,
    deleted,
    imported,
    reactions,
    event,
  } = info
  return {
    ...{ message, user, name, written },
    ...(!position.startsWith('outbox/') && { position }),
    text,
    ...(replyTo && { replyTo: { user: replyTo.user, message: replyTo.message } }),
    ...(mentions && mentions.length > 0 && { mentions }),
    ...(files && files.length > 0 && { files: files.map(({ path: _, coming: __, ...file }) => file) }),
    ...(edited !== undefined && { edited }),
    ...(deleted && { deleted }),
    ...(imported && { imported }),
    ...(reactions && reactions.length > 0 && { reactions: reactions.map(({ emoji, users }) => ({ emoji, users })) }),
    ...(event && { event }),
  }
}
