import type { ParleyError } from '../../errors.ts'
import type { Act, MessageName } from '../../protocol/bodies.ts'
import { type HybridClock, msOf } from '../../protocol/clock.ts'
import type { MessageInfo, PersonInfo, RoomConversation, RoomEvent } from '../../protocol/control.ts'
import type { EventRow } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type MessageId, type RegistryId, type UserId, userId } from '../../protocol/ids.ts'
import type { KeptChats } from '../chats/chats.ts'
import type { Circle, Draft, Page } from '../circle.ts'
import type { Conversations } from '../conversations/conversations.ts'
import { timeOfPosition } from '../conversations/keys.ts'
import type { LettingGo } from '../conversations/letting-go.ts'
import { RoomMembers } from '../conversations/membership/room-members.ts'
import type { ConversationChange, HistoryRange, RoomSummary, StoredMessage } from '../conversations/types.ts'
import type { HubNews } from '../news.ts'
import { CatchingUp } from './catching-up.ts'
import { roomInfo } from './infos.ts'
import { namesRoom, roomNamed, unknownRoom } from './naming.ts'
import { notIn, type RoomsCircle } from './rooms.ts'
import { wantedPeople } from './wanted.ts'

/** What rooms need of the team to which they belong. */
export interface RoomsTeam {
  /** Why nothing can be sent to anybody there; undefined: it can. */
  readonly refusal: ParleyError | undefined
  readonly isBusy: boolean
  person(who: { readonly user: string; readonly name: string; readonly displayName: string }): PersonInfo
  /** A message as front ends see it, but for what is told of rooms alone. */
  message(stored: StoredMessage): MessageInfo
  findPerson(name: string): Promise<{ readonly user: UserId }>
  nameOf(user: UserId): { readonly name: string; readonly displayName: string }
  isBlocked(user: UserId): boolean
  isLinked(user: UserId): boolean
  isRelayed(user: UserId): boolean
  /** Whether somebody may be reached now: they are linked, or the registry does not say that they are offline. */
  isThere(user: UserId): boolean
  typingIn(conversation: ConversationId): PersonInfo[]
  reached: NonNullable<Circle['reached']>
  typing(conversation: ConversationId, stopped: boolean): void
  /** Whether somebody may have what a conversation holds. */
  takesPart(conversation: ConversationId, user: UserId): boolean
  reach(users: Iterable<UserId>): void
}

export interface TeamRoomsOptions {
  readonly registry: RegistryId
  /** Oneself. */
  readonly self: UserId
  readonly conversations: Conversations
  readonly clock: Pick<HybridClock, 'physical'>
  readonly team: RoomsTeam
  readonly chats: KeptChats
  readonly tell: (news: HubNews) => void
}

/** The rooms of a team, as conversations. Of one that one is merely invited to, nothing is shown but that. */
export class TeamRooms implements Circle, RoomsCircle {
  readonly registry: RegistryId
  readonly self: UserId
  readonly conversations: Conversations
  readonly #options: TeamRoomsOptions
  readonly #catchingUp: CatchingUp
  /** Who has had a link since something of a room was last other for them. */
  readonly #told = new Set<UserId>()
  /** To whom to have links; undefined: to be found anew. */
  #wanted: ReadonlySet<UserId> | undefined

  constructor(options: TeamRoomsOptions) {
    this.#options = options
    this.registry = options.registry
    this.self = options.self
    this.conversations = options.conversations
    options.conversations.watch(change => this.#changed(change))
    this.#catchingUp = new CatchingUp(listener => options.conversations.watch(listener))
  }

  get account() {
    return { registry: this.registry, user: this.self }
  }

  now(): number {
    return this.#options.clock.physical()
  }

  get refusal(): ParleyError | undefined {
    return this.#options.team.refusal
  }

  named(text: string): ConversationId | undefined {
    return namesRoom(text) ? this.roomNamed(text) : undefined
  }

  /** As {@link roomNamed}; right after the start, one that comes then. @throws ParleyError `unknown-room`, `usage` */
  async findRoom(text: string): Promise<ConversationId> {
    const { found, hasWaited } = await this.#catchingUp.find(() => this.roomNamed(text))
    if (found === undefined) throw unknownRoom(text, hasWaited)
    return found
  }

  roomNamed(text: string): ConversationId | undefined {
    const rooms = this.listed().map(({ conversation, room: { name, standing } }) => {
      return { conversation: conversation as ConversationId, name, isOut: standing === 'left' }
    })
    // Of rooms of one name those count first that one has not left.
    const present = rooms.filter(({ isOut }) => !isOut)
    return roomNamed(text, present) ?? roomNamed(text, rooms)
  }

  /** Whether rooms and invitations of before the start may still be on their way. */
  get isCatchingUp(): boolean {
    return this.#catchingUp.isUnderWay
  }

  summary(conversation: ConversationId): RoomConversation | undefined {
    const summary = this.conversations.room(conversation)
    return summary && this.#info(summary)
  }

  listed(): RoomConversation[] {
    return this.conversations.rooms().flatMap(summary => this.#info(summary) ?? [])
  }

  info(conversation: ConversationId): RoomConversation | undefined {
    return this.summary(conversation)
  }

  blockKey(): undefined {
    return undefined
  }

  firstUnread(conversation: ConversationId): string | undefined {
    return this.conversations.room(conversation)?.firstUnread
  }

  async send(conversation: ConversationId, draft: Draft): Promise<MessageInfo> {
    const { team, clock } = this.#options
    this.#checkMayWrite(conversation)
    const stored = await this.conversations.sendTo(conversation, { ...draft, written: clock.physical() })
    team.reach(this.#others(conversation))
    return this.message(stored)
  }

  async history(conversation: ConversationId, range: HistoryRange): Promise<Page> {
    const { messages, more } = await this.conversations.history(conversation, range)
    // The page is asked for all the same: a wrong position is told.
    if (this.#isInvited(conversation)) return { messages: [], more: false }
    return { messages: messages.map(message => this.message(message)), more }
  }

  async ownMessage(conversation: ConversationId, id: MessageId): Promise<MessageInfo | undefined> {
    const stored = await this.conversations.find(conversation, id)
    return stored?.mine ? this.message(stored) : undefined
  }

  async findMessage(conversation: ConversationId, { user, message }: MessageName): Promise<MessageInfo | undefined> {
    const stored = await this.conversations.find(conversation, message, user)
    return stored && this.message(stored)
  }

  reached(conversation: ConversationId, message: MessageId): ReturnType<NonNullable<Circle['reached']>> {
    return this.#options.team.reached(conversation, message)
  }

  async act(conversation: ConversationId, said: Act): Promise<void> {
    this.#checkMayWrite(conversation)
    await this.conversations.act(conversation, said)
    this.#options.team.reach(this.#others(conversation))
  }

  takesPart(conversation: ConversationId, user: UserId): boolean {
    return this.#options.team.takesPart(conversation, user)
  }

  typing(conversation: ConversationId, stopped: boolean): void {
    this.#options.team.typing(conversation, stopped)
  }

  lettingGo(conversation: ConversationId): LettingGo | undefined {
    return this.conversations.lettingGo(conversation)
  }

  markRead(conversation: ConversationId, position: string): Promise<void> {
    return this.conversations.markRead(conversation, position)
  }

  message(stored: StoredMessage): MessageInfo {
    const info = this.#options.team.message(stored)
    const event = stored.event && this.#event(stored.event)
    return event ? { ...info, event } : info
  }

  findPerson(name: string): Promise<{ readonly user: UserId }> {
    return this.#options.team.findPerson(name)
  }

  personOf(user: UserId): PersonInfo {
    const { team } = this.#options
    return team.person({ user, ...team.nameOf(user) })
  }

  isBlocked(user: UserId): boolean {
    return this.#options.team.isBlocked(user)
  }

  reach(users: Iterable<UserId>): void {
    this.#options.team.reach(users)
  }

  /** Everybody else who has joined one of these rooms, or is invited to one. */
  get everybody(): ReadonlySet<UserId> {
    return new Set(this.conversations.rooms().flatMap(({ conversation }) => this.#others(conversation)))
  }

  /**
   * Whether to have a link to somebody: to members, since a room goes on without whoever has written there, see
   * rooms/wanted.ts; to those who are invited or were put out, until they were told.
   */
  wants(user: UserId): boolean {
    if (this.#wantedPeople.has(user)) return true
    if (this.#told.has(user)) return false
    return this.conversations.rooms().some(({ members }) => {
      return members.sharesWith(this.self) !== 'nothing' && members.sharesWith(user) === 'rights'
    })
  }

  /** When something was last said in a room to which both belong, ms since 1970; 0: in none. */
  lastSaid(user: UserId): number {
    const shared = this.#joined.find(({ members }) => members.users.has(user))
    return shared?.lastTime ?? 0
  }

  /** Somebody came, or went. */
  presence(): void {
    this.#wanted = undefined
  }

  /** A link to somebody came up, or went: over it they are told of rooms. */
  linked(user: UserId, isUp: boolean): void {
    this.#wanted = undefined
    if (isUp) this.#told.add(user)
    this.personChanged(user)
  }

  /** Whether both belong to one of these rooms, or did. */
  readonly share = (a: UserId, b: UserId): boolean => {
    return this.conversations.rooms().some(({ members }) => members.named.has(a) && members.named.has(b))
  }

  /** What lists show of somebody is another now. */
  personChanged(user: UserId): void {
    for (const { conversation, members } of this.conversations.rooms()) {
      if (members.users.has(user)) this.#options.tell({ conversation })
    }
  }

  /** @throws ParleyError `signed-out`, `not-member` */
  #checkMayWrite(conversation: ConversationId): void {
    const refusal = this.refusal ?? notIn(this.#members(conversation).membership, this.self)
    if (refusal) throw refusal
  }

  #members(conversation: ConversationId): RoomMembers {
    const members = this.conversations.room(conversation)?.members
    if (members instanceof RoomMembers) return members
    throw unknownRoom(conversation)
  }

  #isInvited(conversation: ConversationId): boolean {
    return this.#members(conversation).membership.standings.get(this.self) === 'invited'
  }

  #others(conversation: ConversationId): UserId[] {
    const { members, invited } = this.#members(conversation).membership
    return [...members.map(({ user }) => user), ...invited.keys()].filter(user => user !== this.self)
  }

  /** Undefined: one was never told of the room, or has declined to come. */
  #info(summary: RoomSummary): RoomConversation | undefined {
    const { conversation, members } = summary
    if (!(members instanceof RoomMembers)) return undefined
    const { membership } = members
    if (!membership.standings.has(this.self)) return undefined
    const hasBeenIn = membership.hasJoined(this.self)
    const isInvited = membership.standings.get(this.self) === 'invited'
    if (!hasBeenIn && !isInvited) return undefined
    const { team, chats } = this.#options
    const linked = this.#others(conversation).filter(user => team.isLinked(user))
    const isRelayed = linked.length > 0 && linked.every(user => team.isRelayed(user))
    const { lastLine, lastMine, lastTime, queued, unread, mentions, lastUser } = summary
    const last = { lastLine, lastMine, lastTime, unread, mentions }
    const typing = team.typingIn(conversation)
    const lastName = lastUser && !lastMine ? team.nameOf(lastUser).displayName : ''
    return {
      conversation,
      kind: 'room',
      room: roomInfo(membership, this.self, user => this.personOf(user)),
      ...(isInvited ? { ...nothingShown, lastTime } : last),
      ...(lastName !== '' && !isInvited && { lastName }),
      queued,
      linked: linked.length > 0,
      ...(isRelayed && { relayed: true as const }),
      ...(typing.length > 0 && { typing }),
      ...chats.shown(conversation),
    }
  }

  #event({ is, user, text }: EventRow): RoomEvent | undefined {
    switch (is) {
      case 'founded':
      case 'joined':
      case 'left':
        return { is }
      case 'handed-over':
      case 'invited':
      case 'removed':
      case 'made-admin':
      case 'made-member': {
        const whom = userId(user)
        const { name, displayName } = this.#options.team.nameOf(whom)
        return { is, user: whom, name: displayName || name }
      }
      case 'renamed':
      case 'topic':
        return { is, text }
      case 'history':
        return { is, history: text === 'from-invitation' ? text : 'all' }
      default:
        return undefined
    }
  }

  /** The rooms to which one belongs, the newest first. */
  get #joined(): RoomSummary[] {
    return this.conversations.rooms().filter(({ members }) => members.users.has(this.self))
  }

  get #wantedPeople(): ReadonlySet<UserId> {
    if (this.#wanted === undefined) {
      const rooms = this.#joined.map(({ members }) => members)
      this.#wanted = wantedPeople(rooms, this.self, user => this.#options.team.isThere(user))
    }
    return this.#wanted
  }

  #changed({ conversation, messages, arrived }: ConversationChange): void {
    this.#wanted = undefined
    const summary = this.conversations.room(conversation)
    if (!summary) return
    const { tell, team, chats } = this.#options
    if (messages.some(({ event }) => event !== undefined)) {
      const unlinked = [...summary.members.named].filter(user => !team.isLinked(user))
      for (const user of unlinked) this.#told.delete(user)
      team.reach(unlinked.filter(user => summary.members.sharesWith(user) === 'rights'))
    }
    const isInvited = this.#isInvited(conversation)
    const told = isInvited ? [] : messages.map(message => this.message(message))
    tell({ conversation, ...(told.length > 0 && { messages: { conversation, messages: told } }) })
    const news = isInvited ? [] : arrived.filter(({ event }) => event === undefined)
    const last = news.at(-1)
    if (last)
      chats.arrived(
        conversation,
        msOf(timeOfPosition(last.position)),
        news.map(message => this.message(message)),
      )
    const info = last && this.info(conversation)
    if (!info || info.muted || team.isBusy) return
    const authors = new Set(news.map(({ user }) => user).filter(user => !team.isBlocked(user)))
    for (const user of authors) {
      const theirs = news.filter(message => message.user === user).map(message => this.message(message))
      tell({ arrived: { conversation, person: this.personOf(user), messages: theirs } })
    }
  }
}

/** Of a room that one is invited to. */
const nothingShown = { lastLine: '', lastMine: false, unread: 0, mentions: 0 } as const
