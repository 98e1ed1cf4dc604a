import type { ConversationId, UserId } from '../../protocol/ids.ts'
import type { KeyedCircle } from '../keyed-circle.ts'
import type { LinkedDevice } from '../peers.ts'
import type { CircleFiles } from './files.ts'

/** The linked devices of those who take part in a conversation of that circle, and of oneself. */
export function holdersIn(circle: KeyedCircle, conversation: ConversationId): LinkedDevice[] {
  const users = [...circle.peers.linked].filter(user => circle.takesPart(conversation, user))
  return users.flatMap(user => circle.peers.devicesOf(user))
}

/** Dials those who take part in these conversations, as one of them may have a file that is wanted. */
export function seekIn(circle: KeyedCircle, conversations: Iterable<ConversationId>): void {
  for (const conversation of conversations) {
    const other = circle.otherOf(conversation)
    const users = circle.conversations.room(conversation)?.members.users ?? (other ? [other.user] : [])
    for (const user of new Set([...users, circle.account.user])) circle.supervisor.reach(user)
  }
}

/** Whether somebody may have a file that nobody who is linked has. */
export function mayHaveFiles(circle: KeyedCircle, files: Pick<CircleFiles, 'sought'>, user: UserId): boolean {
  return [...files.sought].some(conversation => circle.takesPart(conversation, user))
}
