import type { ConversationInfo } from '@parley/daemon/protocol/control'
import { personOf, titleOf } from '@parley/daemon/protocol/conversation-infos'
import type { ChatView, Member } from '../../src/chat/messages.ts'

/** Whom a chat knows by name: how authors are called, and whom `@` names. */
export interface People {
  /** What the chat itself is called. */
  readonly title: string
  readonly self: { readonly user: string; readonly name: string }
  readonly isRoom: boolean
  /** The other one uses the original program. */
  readonly isClassic: boolean
  /** Whether one may delete what others wrote. */
  readonly mayDelete: boolean
  /** The others whom `@` completes, as the hub lists them. */
  readonly others: readonly Named[]
  /** How somebody wants to be called; what is given where they are not known. */
  nameOf(user: string, otherwise: string): string
}

type Named = Pick<Member, 'user' | 'name' | 'displayName' | 'status'>

export function peopleOf({ conversation, account }: ChatView, members: readonly Member[]): People {
  const known = namedIn(conversation, members)
  const names = new Map(known.map(({ user, displayName }) => [user, displayName]))
  names.set(account.user, account.displayName)
  return {
    title: titleOf(conversation),
    self: { user: account.user, name: account.name },
    isRoom: conversation.kind === 'room',
    isClassic: personOf(conversation)?.via === 'classic',
    mayDelete: conversation.kind === 'room' && ['owner', 'admin'].includes(conversation.room.standing),
    others: known.filter(({ user }) => user !== account.user),
    nameOf: (user, otherwise) => names.get(user) ?? otherwise,
  }
}

function namedIn(conversation: ConversationInfo, members: readonly Member[]): readonly Named[] {
  const person = personOf(conversation)
  return person ? [person] : members.filter(({ role }) => role !== 'invited')
}
