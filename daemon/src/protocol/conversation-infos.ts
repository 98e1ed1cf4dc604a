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
