import type { ConversationInfo } from '../protocol/control.ts'

/** `#name` of a room as it is typed: where a shell would split, a dash does as well. Of a chat its id. */
export function tagOf(conversation: ConversationInfo): string {
  if (conversation.kind !== 'room') return conversation.conversation
  return `#${conversation.room.name.replace(/\s+/gu, '-')}`
}
