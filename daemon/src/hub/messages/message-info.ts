import type { MessageInfo, ReactionInfo, RoomEvent } from '../../protocol/control.ts'
import type { FileInfo } from '../../protocol/control-infos.ts'
import type { Attachment } from '../../protocol/files.ts'
import type { UserId } from '../../protocol/ids.ts'
import type { StoredMessage } from '../conversations/types.ts'

/** What a message needs beside itself to be shown. */
export interface Showing {
  /** The person here. */
  readonly own: UserId
  nameOf(user: UserId): string
  /** A file with its place, where it is here. */
  fileInfo(file: Attachment): FileInfo
  /** A line that tells what happened in a room. */
  eventOf?(event: NonNullable<StoredMessage['event']>): RoomEvent | undefined
}

/** A message as front ends are told of it. */
export function messageInfo(stored: StoredMessage, showing: Showing): MessageInfo {
  const { conversation, message, user, mine, text, written, state, reached, position } = stored
  const { replyTo, mentions = [], mentionsAll, files, edited, deleted, imported, reactions, event, isGone } = stored
  const { own, nameOf, fileInfo, eventOf } = showing
  const told = event && eventOf?.(event)
  const named = [...(mentionsAll ? ['all'] : []), ...mentions]
  const isNamed = !mine && (mentionsAll === true || mentions.includes(own))
  return {
    ...{ conversation, message, user, name: nameOf(user), mine, text, written, position },
    ...(state && { state }),
    ...(reached && { reached }),
    ...(told && { event: told }),
    ...(replyTo && { replyTo: { ...replyTo, name: nameOf(replyTo.user) } }),
    ...(named.length > 0 && { mentions: named }),
    ...(isNamed && { mentionsMe: true as const }),
    ...(files && { files: files.map(fileInfo) }),
    ...(edited !== undefined && { edited }),
    ...(deleted && { deleted }),
    ...(imported && { imported }),
    ...(reactions && { reactions: reactionInfos(reactions, own) }),
    ...(isGone && { gone: isGone }),
  }
}

/** By emoji, in the order in which they came. */
function reactionInfos(reactions: NonNullable<StoredMessage['reactions']>, own: UserId): ReactionInfo[] {
  const users = new Map<string, UserId[]>()
  for (const { emoji, user } of reactions) users.set(emoji, [...(users.get(emoji) ?? []), user])
  return [...users].map(([emoji, by]) => ({ emoji, users: by, mine: by.includes(own) }))
}
