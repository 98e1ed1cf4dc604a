import type { ConversationInfo, PersonInfo } from './control-infos.ts'

/** The other one of a direct conversation; undefined for a room. */
export function personOf(conversation: ConversationInfo | undefined): PersonInfo | undefined {
  return conversation?.kind === 'direct' ? conversation.person : undefined
}

/** What a conversation is called: the room's name, or how the other one wants to be called. */
export function titleOf(conversation: ConversationInfo): string {
  if (conversation.kind === 'room') return conversation.room.name
  return conversation.person.displayName || conversation.person.name
}

/** Whether one has been asked into a room and has not answered yet. */
export function isInvitation(info: ConversationInfo): boolean {
  return info.kind === 'room' && info.room.standing === 'invited'
}

/** Whether there is anything to come back to. */
export function isUnread({ unread, isMarkedUnread }: Pick<ConversationInfo, 'unread' | 'isMarkedUnread'>): boolean {
  return unread > 0 || isMarkedUnread === true
}

/**
 * The chats as they are listed: invitations, which wait for an answer, then those that are pinned; of each the one in
 * which something was said last comes first.
 */
export function byActivity(conversations: Iterable<ConversationInfo>): readonly ConversationInfo[] {
  return [...conversations].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      b.lastTime - a.lastTime ||
      titleOf(a).localeCompare(titleOf(b)) ||
      (a.conversation < b.conversation ? -1 : 1),
  )
}

function rank(info: ConversationInfo): number {
  if (isInvitation(info)) return 0
  return info.pinned ? 1 : 2
}
