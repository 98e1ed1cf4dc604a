import type { Log } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import type { Act, MessageName } from '../protocol/bodies.ts'
import { type HybridClock, msOf } from '../protocol/clock.ts'
import type { DirectInfo, MessageInfo, PersonInfo } from '../protocol/control.ts'
import {
  type ConversationId,
  directConversationId,
  type MessageId,
  type RegistryId,
  type UserId,
  userId,
} from '../protocol/ids.ts'
import type { Reply, Request } from '../protocol/parley_pb.ts'
import { type BlockKey, type Blocks, blockedByOneself, personBlock } from './blocks.ts'
import type { KeptChats } from './chats/chats.ts'
import type { Circle, Draft, Page } from './circle.ts'
import type { AttachedLink, Conversations } from './conversations/conversations.ts'
import { timeOfPosition } from './conversations/keys.ts'
import type { LettingGo } from './conversations/letting-go.ts'
import type {
  ConversationChange,
  ConversationSummary,
  HistoryRange,
  Peer,
  PeerLink,
  Restored,
  RestoredCount,
  StoredMessage,
} from './conversations/types.ts'
import type { Supervisor } from './dialer.ts'
import { directInfo, notBegun } from './direct-info.ts'
import type { CircleFiles } from './files/files.ts'
import { messageInfo } from './messages/message-info.ts'
import type { HubNews } from './news.ts'
import type { LinkedDevice, Peers } from './peers.ts'
import type { People, Person } from './people.ts'
import type { Comparable } from './trust.ts'
import type { Trust, TrustStore } from './trust-store.ts'
import { Typing } from './typing.ts'

export interface KeyedParts {
  /** Who one is there. */
  readonly registry: RegistryId
  readonly user: UserId
  readonly people: People
  readonly conversations: Conversations
  readonly clock: HybridClock
  readonly log: Log
  readonly blocks: Blocks
  readonly trusts: TrustStore
  /** One's own account key, SPKI. */
  readonly ownKey: () => Uint8Array
  /** What is kept of chats. */
  readonly chats: KeptChats
  /** Files of messages. */
  readonly files: CircleFiles
  /** What front ends see changed. */
  readonly tell: (news: HubNews) => void
}

/**
 * A circle whose people have account keys: links to their devices, and conversations as signed logs. What differs is who
 * vouches for them, the registry of a team or nobody.
 */
export abstract class KeyedCircle implements Circle {
  readonly people: People
  readonly conversations: Conversations
  abstract readonly peers: Peers
  abstract readonly supervisor: Supervisor
  readonly #parts: KeyedParts
  readonly #clockWarnings = new Map<UserId, string>()
  /** Of everyone known: the id of the conversation with them, made when it is asked for. */
  readonly #others = new Map<ConversationId, UserId>()
  readonly #typing: Typing

  protected constructor(parts: KeyedParts) {
    this.#parts = parts
    this.people = parts.people
    this.conversations = parts.conversations
    this.#typing = new Typing({
      others: conversation => this.#reachable(conversation),
      send: (user, is) => {
        for (const { link } of this.peers.devicesOf(user)) link.send(is).catch(() => {}) // it was cut meanwhile
      },
      changed: conversation => parts.tell({ conversation }),
    })
    parts.conversations.watch(change => this.#conversationChanged(change))
    parts.blocks.watch(key => {
      const prefix = personBlock(parts.registry, '' as UserId)
      if (key.startsWith(prefix)) this.#blockChanged(userId(key.slice(prefix.length)))
    })
  }

  /** Who one is there. */
  get account(): { readonly registry: RegistryId; readonly user: UserId } {
    const { registry, user } = this.#parts
    return { registry, user }
  }

  /** One's own name there. */
  abstract get ownName(): string
  /** Whether one wants not to be disturbed. */
  abstract get isBusy(): boolean
  /** Why nothing can be sent to anybody there; undefined: it can. */
  abstract get refusal(): ParleyError | undefined
  /** There is a conversation with this person. */
  protected abstract met(user: UserId): void
  /** What lists show of these people may be another now. */
  protected abstract listChanged(users: Iterable<UserId>): void
  /** Somebody as lists show them. */
  abstract person(who: { readonly user: string; readonly name: string; readonly displayName: string }): PersonInfo

  /** Things a person should know, each one sentence. */
  get warnings(): string[] {
    const problems = this.conversations.list().flatMap(({ problem }) => (problem ? [problem] : []))
    return [...this.#clockWarnings.values(), ...problems]
  }

  /** What was decided about somebody's account key; undefined: nothing. */
  trustOf(user: UserId): Trust | undefined {
    const person = this.people.get(user)
    return person && this.#parts.trusts.of(this.#parts.registry, user, person.attested.accountKey)
  }

  comparable(conversation: ConversationId): Comparable | undefined {
    const { registry, user: own, ownKey, trusts } = this.#parts
    const person = this.#personOf(conversation) ?? this.#partnerOf(conversation)
    if (!person) return undefined
    const { user, attested } = person
    return {
      own: { registry, user: own, accountKey: ownKey() },
      other: { registry, user, accountKey: attested.accountKey },
      decide: async verified => {
        const wasHeld = this.trustOf(user) === 'changed'
        await trusts.set(registry, user, verified)
        this.decided(user)
        // Links that carried nothing until now begin anew.
        if (wasHeld) this.peers.cut(user, 'The account key was decided on; link again.')
        this.supervisor.reach(user)
        this.personChanged(user)
      },
    }
  }

  isBlocked(user: UserId): boolean {
    return this.#parts.blocks.has(personBlock(this.#parts.registry, user))
  }

  named(text: string): ConversationId | undefined {
    const person = this.people.named(asName(text))
    return person && this.conversationOf(person.user)
  }

  /** The id of the conversation with somebody. */
  conversationOf(user: UserId): ConversationId {
    const { registry, user: own } = this.#parts
    return directConversationId(registry, own, user)
  }

  /** Whose conversation that is, begun or not. */
  otherOf(conversation: ConversationId): Peer | undefined {
    return this.conversations.get(conversation)?.peer ?? this.#personOf(conversation)
  }

  async send(conversation: ConversationId, draft: Draft): Promise<MessageInfo> {
    if (this.refusal) throw this.refusal
    const peer = this.otherOf(conversation)
    if (!peer) throw new ParleyError('unknown-user', 'That chat is with nobody known here. Name the person.')
    const { user, name, displayName } = this.people.get(peer.user) ?? peer
    if (this.isBlocked(user)) throw blockedByOneself(name)
    const to = { user, name, displayName }
    const stored = await this.conversations.send({ peer: to, ...draft, written: this.#parts.clock.physical() })
    this.#typing.sent(conversation)
    this.supervisor.reachFirst(user)
    return this.message(stored)
  }

  async findMessage(conversation: ConversationId, { user, message }: MessageName): Promise<MessageInfo | undefined> {
    const stored = await this.conversations.find(conversation, message, user)
    return stored && this.message(stored)
  }

  async act(conversation: ConversationId, said: Act): Promise<void> {
    if (this.refusal) throw this.refusal
    await this.conversations.act(conversation, said)
    const other = this.otherOf(conversation)
    if (other) this.supervisor.reach(other.user)
  }

  lettingGo(conversation: ConversationId): LettingGo | undefined {
    return this.conversations.lettingGo(conversation)
  }

  restore(conversation: ConversationId, peer: Peer | undefined, messages: readonly Restored[]): Promise<RestoredCount> {
    return this.conversations.restore(conversation, peer, messages)
  }

  async history(conversation: ConversationId, range: HistoryRange): Promise<Page> {
    const { messages, more } = await this.conversations.history(conversation, range)
    return { messages: messages.map(message => this.message(message)), more }
  }

  async ownMessage(conversation: ConversationId, id: MessageId): Promise<MessageInfo | undefined> {
    const stored = await this.conversations.find(conversation, id)
    return stored?.mine ? this.message(stored) : undefined
  }

  blockKey(conversation: ConversationId): BlockKey | undefined {
    const other = this.otherOf(conversation)
    return other && personBlock(this.#parts.registry, other.user)
  }

  firstUnread(conversation: ConversationId): string | undefined {
    return this.conversations.get(conversation)?.firstUnread
  }

  markRead(conversation: ConversationId, position: string): Promise<void> {
    return this.conversations.markRead(conversation, position)
  }

  /** Whom one has talked to, the latest first. */
  get partners(): UserId[] {
    return this.conversations.list().map(({ peer }) => peer.user)
  }

  /** Whether somebody may have what a conversation holds: they take part in it now, or are oneself on another device. */
  takesPart(conversation: ConversationId, user: UserId): boolean {
    const room = this.conversations.room(conversation)
    if (!room && !this.conversations.get(conversation)) return false
    if (user === this.#parts.user) return true
    if (room) return room.members.users.has(user) && !this.isHeld(user)
    return this.otherOf(conversation)?.user === user && !this.isHeld(user)
  }

  async reached(conversation: ConversationId, message: MessageId): ReturnType<NonNullable<Circle['reached']>> {
    const reached = await this.conversations.reached(conversation, message)
    return [...reached].flatMap(([user, state]) => {
      const person = this.people.get(user) ?? this.otherOf(conversation)
      return person ? [{ person: this.person({ ...person, user }), state }] : []
    })
  }

  /** Tells those who take part and are linked that the person here writes, or has stopped. */
  typing(conversation: ConversationId, stopped: boolean): void {
    this.#typing.say(conversation, stopped)
  }

  /** Who writes in a conversation at this moment. */
  typingIn(conversation: ConversationId): PersonInfo[] {
    return this.#typing.in(conversation).flatMap(user => {
      const person = this.people.get(user)
      return person ? [this.person(person)] : []
    })
  }

  /** The others who take part in a conversation and are linked. */
  #reachable(conversation: ConversationId): UserId[] {
    const { user: own } = this.#parts
    return [...this.peers.linked].filter(user => user !== own && this.takesPart(conversation, user))
  }

  /** Answers what a linked device asks for. */
  protected async answer(is: Request['is'], asker: LinkedDevice): Promise<Reply['is'] | undefined> {
    if (is.case !== 'askFile') return undefined
    return { case: 'filePart', value: await this.#parts.files.answer(is.value, asker) }
  }

  /** Dials everyone who lacks something. */
  reachAll(): void {
    for (const user of this.partners) this.supervisor.reach(user)
  }

  conversation(summary: ConversationSummary): DirectInfo {
    const { conversation, peer } = summary
    return directInfo(summary, {
      person: this.person(peer),
      isRelayed: this.peers.isRelayed(peer.user),
      typing: this.typingIn(conversation),
      kept: this.#parts.chats.shown(conversation),
    })
  }

  listed(): DirectInfo[] {
    const stored = this.conversations.list().map(summary => this.conversation(summary))
    const drafted = [...this.#parts.chats.drafted].filter(id => !this.conversations.get(id)?.isStored)
    return [...stored, ...drafted.flatMap(id => this.summary(id) ?? [])]
  }

  summary(conversation: ConversationId): DirectInfo | undefined {
    const stored = this.conversations.get(conversation)
    if (stored) return this.conversation(stored)
    const peer = this.#personOf(conversation)
    return peer && this.conversation({ ...notBegun, conversation, peer })
  }

  info(conversation: ConversationId): DirectInfo | undefined {
    const isListed = this.conversations.get(conversation)?.isStored || this.#parts.chats.drafted.has(conversation)
    return isListed ? this.summary(conversation) : undefined
  }

  message(stored: StoredMessage): MessageInfo {
    const { user: own, files } = this.#parts
    const peer = this.conversations.get(stored.conversation)?.peer
    return messageInfo(stored, {
      own,
      nameOf: user =>
        user === own ? this.ownName : (this.people.get(user)?.name ?? (user === peer?.user ? peer.name : '')),
      fileInfo: file => files.info(file),
    })
  }

  async close(): Promise<void> {
    this.#typing.close()
    this.peers.closeAll('The hub is stopping.')
    await this.supervisor.close()
    await this.conversations.close()
  }

  /** The clocks are too far apart to talk: a sentence; undefined: no longer. */
  protected clockApart(user: UserId, why: string | undefined): void {
    if (why) this.#clockWarnings.set(user, why)
    else this.#clockWarnings.delete(user)
  }

  /** What front ends show of somebody is another now, in lists and in the conversation. */
  protected personChanged(user: UserId): void {
    this.listChanged([user])
    this.conversationWithChanged(user)
  }

  protected conversationWithChanged(user: UserId): void {
    const conversation = this.conversationOf(user)
    if (this.info(conversation)) this.#parts.tell({ conversation })
  }

  /** Over a link to somebody whose verified key has changed passes nothing until somebody has decided. */
  protected attachLink(link: PeerLink): AttachedLink {
    if (this.trustOf(link.user) === 'changed') return { event: async () => undefined }
    const attached = this.conversations.attach(link)
    const own = link.user === this.#parts.user ? this.#parts.chats.attachOwn(link) : undefined
    return {
      event: async is => {
        if (is.case === 'typing') this.#typing.heard(link.user, is.value)
        else await (is.case === 'ownState' ? own : attached)?.event(is)
      },
    }
  }

  /** Whether nothing may pass to or from somebody: blocked, or changed and not decided on. */
  protected isHeld(user: UserId): boolean {
    return this.isBlocked(user) || this.trustOf(user) === 'changed'
  }

  /** The person here has decided about somebody's account key. */
  protected decided(_user: UserId): void {}

  #partnerOf(conversation: ConversationId): Person | undefined {
    const peer = this.conversations.get(conversation)?.peer
    return peer && this.people.get(peer.user)
  }

  /** Who is meant by the id of a conversation that has not begun: ids are hashes, so those of all known are kept. */
  #personOf(conversation: ConversationId): Person | undefined {
    if (this.#others.size < this.people.count) {
      for (const { user } of this.people.all()) this.#others.set(this.conversationOf(user), user)
    }
    const user = this.#others.get(conversation)
    return user && this.people.get(user)
  }

  #conversationChanged({ conversation, messages, arrived }: ConversationChange): void {
    const { tell, chats } = this.#parts
    if (this.conversations.room(conversation)) return
    const summary = this.conversations.get(conversation)
    if (summary?.isStored) this.met(summary.peer.user)
    const told = messages.map(message => this.message(message))
    tell({ conversation, ...(told.length > 0 && { messages: { conversation, messages: told } }) })
    for (const { user } of arrived) this.#typing.ended(conversation, user)
    const came = arrived.map(message => this.message(message))
    const last = arrived.at(-1)
    if (last) chats.arrived(conversation, msOf(timeOfPosition(last.position)), came)
    const info = last && this.info(conversation)
    // Whoever is busy is not disturbed; the count of what is unread tells of it.
    if (info && !info.muted && !this.isBusy) tell({ arrived: { conversation, person: info.person, messages: came } })
  }

  #blockChanged(user: UserId): void {
    if (this.isBlocked(user)) this.peers.cut(user, 'This hub does not know you.')
    else this.conversations.learnt(user)
    // Nobody who is blocked is dialled.
    this.supervisor.reach(user)
    this.personChanged(user)
  }
}

/** What a person writes for a name. */
export function asName(text: string): string {
  return text.trim().replace(/^@/, '').toLowerCase()
}
