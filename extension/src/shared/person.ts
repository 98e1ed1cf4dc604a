import type { AccountInfo, ConversationInfo, PersonInfo } from '@parley/daemon/protocol/control'
import { limits } from '../limits.ts'
import { oneLine } from './harmless.ts'

/** A person's name as lists, titles and notifications show it. */
export function shownName({ displayName, name }: Pick<PersonInfo, 'displayName' | 'name'>): string {
  return oneLine(displayName, limits.name) || oneLine(name, limits.name)
}

/**
 * By what the hub finds whom a chat is with. Somebody of no team may call themselves as one of the team does: they are
 * found by their conversation, never by that name. One of the team is found by name also before the first message.
 */
export function addresseeOf(info: ConversationInfo): string {
  return info.kind === 'room' || info.person.via ? info.conversation : info.person.name
}

/** A person with a harmless display name. */
export function shownPerson(person: PersonInfo): PersonInfo {
  return { ...person, displayName: shownName(person) }
}

/** A chat with harmless names: of the other one, or of the room and those who write there. */
export function shownConversation(info: ConversationInfo): ConversationInfo {
  const typing = info.typing && { typing: info.typing.map(shownPerson) }
  if (info.kind === 'direct') return { ...info, ...typing, person: shownPerson(info.person) }
  const { name, topic, by } = info.room
  const room = {
    ...info.room,
    name: oneLine(name, limits.name),
    topic: oneLine(topic, limits.topic),
    ...(by && { by: shownPerson(by) }),
  }
  return { ...info, ...typing, room }
}

/** An account with what others have chosen of it as harmless lines. */
export function shownAccount(account: AccountInfo): AccountInfo {
  const { team, why } = account
  return {
    ...account,
    displayName: shownName(account),
    team: oneLine(team, limits.name),
    ...(why === undefined ? {} : { why: oneLine(why, limits.sentence) }),
  }
}
