import type { ConversationInfo, PersonInfo, RoomConversation, Status } from '@parley/daemon/protocol/control'
import { personOf } from '@parley/daemon/protocol/conversation-infos'
import { readUserName } from '@parley/daemon/protocol/names'
import * as l10n from '@vscode/l10n'
import { limits } from '../limits.ts'
import { isolated, oneLine, plainLine } from '../shared/harmless.ts'
import { listedChat, listedName, marksOf } from '../shared/marks.ts'
import { membersWords } from '../shared/room-words.ts'
import { standingWords, type When } from '../shared/seen.ts'
import { unreadWords } from '../shared/unread.ts'
import { nameOf } from '../shared/whom.ts'
import { byPresence } from './rows.ts'
import { type Found, soughtIn } from './search.ts'

/** One row of the box in which a person chooses with whom to chat. */
export type Choice =
  | {
      readonly is: 'chat' | 'person'
      /** A conversation, or a user name. */
      readonly who: string
      readonly status: Status
      readonly label: string
      readonly description: string
    }
  | { readonly is: 'room'; readonly who: string; readonly label: string; readonly description: string }
  /** Somebody who is not listed, by exactly that name. */
  | { readonly is: 'typed'; readonly who: string; readonly label: string }
  /** Words that are no choice. */
  | { readonly is: 'words'; readonly about: 'offline' | 'nobody' | 'more'; readonly label: string }

export interface Choices {
  readonly chats: readonly Choice[]
  readonly people: readonly Choice[]
  /** What else there is to say or do. */
  readonly rest: readonly Choice[]
}

/** What the box shows for what was typed and found. */
export function choicesOf(known: Known): Choices {
  const { typed, found, self, when } = known
  const sought = fold(soughtIn(typed))
  const chats = known.chats.filter(info => isNamed(info, sought))
  const people = new Map<string, PersonInfo>()
  for (const each of known.people) if (matches(each, sought)) people.set(each.user, each)
  // What was found for these very words matches in ways that only the team knows; what was found before may not.
  const others = found.is === 'found' ? found.people : found.is === 'searching' ? found.people : []
  for (const each of others) if (found.is === 'found' || matches(each, sought)) people.set(each.user, each)
  const inChats = chats.flatMap(info => personOf(info) ?? [])
  for (const { user } of inChats) people.delete(user)
  if (self !== undefined) people.delete(self)
  const ordered = byPresence(people.values(), when.locale)
  const ranked = sought === '' ? ordered : ordered.toSorted((a, b) => closeness(a, sought) - closeness(b, sought))
  const listed = [...inChats, ...ranked]
  return {
    chats: chats.slice(0, limits.shownChoices).map(each => chatChoice(each, when)),
    people: ranked.slice(0, limits.shownChoices).map(each => personChoice(each, when)),
    rest: [...typedChoice(known, listed), ...words(known, chats.length + ranked.length)],
  }
}

export interface Known {
  readonly typed: string
  /** In the order in which they are to be shown; none where people alone are chosen from. */
  readonly chats: readonly ConversationInfo[]
  readonly people: readonly PersonInfo[]
  readonly found: Found
  /** One's own user id: nobody chats with themselves. */
  readonly self: string | undefined
  readonly team: string
  /** Whether the team can be asked at all. */
  readonly isOnline: boolean
  readonly when: When
}

function chatChoice(info: ConversationInfo, when: When): Choice {
  const { conversation: who, unread } = info
  const facts = info.kind === 'room' ? describeRoom(info) : describe(info.person, when)
  const description = `${facts}${unread > 0 ? ` · ${unreadWords(unread)}` : ''}`
  if (info.kind === 'room') return { is: 'room', who, label: plainLine(listedChat(info), limits.name), description }
  return { is: 'chat', who, status: info.person.status, label: labelOf(info.person), description }
}

function describeRoom({ room }: RoomConversation): string {
  const topic = plainLine(room.topic, limits.topic)
  return [membersWords(room.members), ...(topic === '' ? [] : [topic])].join(' · ')
}

function personChoice(person: PersonInfo, when: When): Choice {
  const { status } = person
  return { is: 'person', who: nameOf(person), status, label: labelOf(person), description: describe(person, when) }
}

function labelOf(person: PersonInfo): string {
  return plainLine(listedName(person), limits.name)
}

function describe(person: PersonInfo, when: When): string {
  return [`@${plainLine(person.name, limits.name)}`, standingWords(person, when), ...marksOf(person)].join(' · ')
}

/** A name that is typed whole can be opened when nobody can be asked: it may be somebody whom the hub knows. */
function typedChoice({ typed, found, self, people }: Known, listed: readonly PersonInfo[]): Choice[] {
  const name = userNameIn(typed)
  if (name === undefined || found.is !== 'failed') return []
  const isKnown = [...listed, ...people.filter(({ user }) => user === self)].some(each => each.name === name)
  return isKnown ? [] : [{ is: 'typed', who: name, label: l10n.t('Chat with @{0}', name) }]
}

function words({ typed, found, self, team, isOnline }: Known, count: number): Choice[] {
  const say = (about: 'offline' | 'nobody' | 'more', label: string): Choice[] => [{ is: 'words', about, label }]
  const where = plainLine(team, limits.name)
  if (found.is === 'failed' && isOnline) return say('offline', plainLine(found.why, limits.sentence))
  if (!isOnline && (found.is === 'failed' || count === 0)) {
    return say('offline', l10n.t('{0} cannot be reached now, so only people whom you know are found.', where))
  }
  if (found.is === 'found' && count === 0) {
    if (found.people.some(({ user }) => user === self)) return say('nobody', l10n.t('That is you.'))
    const name = isolated(plainLine(oneLine(typed, limits.name), limits.name))
    return say('nobody', l10n.t('Nobody in {0} has “{1}” in their name.', where, name))
  }
  if (found.is === 'found' && found.more) return say('more', l10n.t('There are more: type more of the name.'))
  return found.is === 'nothing' && count === 0 ? say('nobody', l10n.t('Nobody else is in {0} yet.', where)) : []
}

function isNamed(info: ConversationInfo, sought: string): boolean {
  if (info.kind === 'direct') return matches(info.person, sought)
  return sought === '' || fold(info.room.name).includes(sought)
}

function matches({ name, displayName }: PersonInfo, sought: string): boolean {
  return sought === '' || fold(name).includes(sought) || fold(displayName).includes(sought)
}

/** The lower the better: that very name, one that begins so, one that has it. */
function closeness({ name, displayName }: PersonInfo, sought: string): number {
  const names = [fold(name), fold(displayName)]
  if (names.includes(sought)) return 0
  return names.some(each => each.startsWith(sought)) ? 1 : 2
}

/** As the team compares names. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase()
}

/** The user name that was typed, if it can be one. */
export function userNameIn(typed: string): string | undefined {
  try {
    return readUserName(soughtIn(typed))
  } catch {
    return undefined
  }
}
