import type { Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import type { Dialer } from '../net/dial.ts'
import type { Identity } from '../net/identity.ts'
import type { HybridClock } from '../protocol/clock.ts'
import type { ConversationInfo, MessageInfo, PersonInfo } from '../protocol/control.ts'
import {
  type ConversationId,
  conversationId,
  deviceId,
  directConversationId,
  type MessageId,
  type UserId,
  userId,
} from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import type { Account, AccountStore } from './accounts.ts'
import type { Chats } from './chats/chats.ts'
import type { Circle, Draft, Page } from './circle.ts'
import { type Conversations, openConversations } from './conversations/conversations.ts'
import type {
  ConversationChange,
  ConversationSummary,
  HistoryRange,
  Peer,
  StoredMessage,
} from './conversations/types.ts'
import { Supervisor } from './dialer.ts'
import type { HubNews } from './news.ts'
import { Peers } from './peers.ts'
import { People, type Person } from './people.ts'
import { PeopleList } from './people-list.ts'
import type { RegistryClient } from './registry/client.ts'

export interface TeamOptions {
  readonly storage: Storage
  readonly store: AccountStore
  readonly account: Account
  readonly identity: Identity
  readonly client: RegistryClient
  readonly dialer: Dialer
  readonly clock: HybridClock
  readonly log: Log
  /** What is kept of chats. */
  readonly chats: Pick<Chats, 'shown' | 'drafted'>
  /** What front ends see changed. */
  readonly tell: (news: HubNews) => void
}

/** All that belongs to the account at one registry: the people met there, the conversations, the links to peers. */
export class Team implements Circle {
  readonly people: People
  readonly conversations: Conversations
  readonly peers: Peers
  readonly supervisor: Supervisor
  /** Whom front ends list. */
  readonly listedPeople: PeopleList
  readonly #options: TeamOptions
  readonly #clockWarnings = new Map<UserId, string>()
  /** Of everyone known: the id of the conversation with them, made when it is asked for. */
  readonly #others = new Map<ConversationId, UserId>()
  readonly #keyNotices = new Map<UserId, string>()

  private constructor(options: TeamOptions, people: People, conversations: Conversations) {
    const { store, client, identity, clock, dialer, log } = options
    const device = deviceId(identity.id)
    this.#options = options
    this.people = people
    this.conversations = conversations
    const isActive = () => store.current !== undefined && store.current.signedOut === undefined
    this.peers = new Peers({
      self: () => {
        const account = store.current
        return account && isActive() ? { ...account, device, now: () => clock.physical() } : undefined
      },
      people,
      attach: link => conversations.attach(link),
      log,
      onLink: (user, isUp) => {
        this.supervisor.linked(user, isUp)
        this.#personChanged(user)
        this.listedPeople.changed([user])
      },
      onClock: (user, why) => {
        if (why) this.#clockWarnings.set(user, why)
        else this.#clockWarnings.delete(user)
      },
    })
    this.supervisor = new Supervisor({
      dialer,
      peers: this.peers,
      people,
      session: () => client.session,
      lacking: user => conversations.lacking(user),
      isActive,
      log,
    })
    this.listedPeople = new PeopleList({
      self: options.account.user,
      session: () => client.session,
      online: client.online,
      row: user => this.person(client.online.known(user) ?? people.get(user) ?? this.#peer(user)),
      tell: change => options.tell({ people: change }),
      log,
    })
    for (const user of this.partners) this.listedPeople.met(user)
    // After a sign-up the session is older than this.
    this.listedPeople.changed(client.online.users())
    people.watch((person, before) => {
      this.peers.recheck(person)
      if (before && before.attested.generation !== person.attested.generation) this.#keyChanged(person)
    })
    conversations.watch(change => this.#conversationChanged(change))
  }

  static async open(options: TeamOptions): Promise<Team> {
    const { storage, account, identity, clock, log } = options
    const { registry, registryKey, user } = account
    const people = await People.open(storage, { registry, registryKey, now: () => clock.physical() })
    const { privateKey, spki, id } = identity
    const self = { registry, user, device: deviceId(id), privateKey, spki }
    const conversations = await openConversations({ storage, account: self, clock, log })
    return new Team(options, people, conversations)
  }

  /** Things a person should know, each one sentence. */
  get warnings(): string[] {
    const problems = this.conversations.list().flatMap(({ problem }) => (problem ? [problem] : []))
    return [...this.#clockWarnings.values(), ...this.#keyNotices.values(), ...problems]
  }

  /**
   * The person of that name; asks the registry only about people never met.
   *
   * @throws ParleyError `bad-name`, `unknown-user`, `unreachable`, `bad-message` for oneself
   */
  async find(to: string): Promise<Person> {
    const name = readUserName(asName(to))
    if (name === this.#options.store.current?.name) throw new ParleyError('bad-message', oneself)
    const known = this.people.named(name)
    if (known) return known
    const team = this.#options.account.team || this.#options.account.host
    try {
      const session = await this.#options.client.ensure()
      const found = await session.lookUp({ name })
      const person = this.people.judge(found.attestation, found.roster, [])
      if (person.name !== name) throw new ParleyError('forged', 'The registry answered with another person.')
      return await this.people.keep(person)
    } catch (error) {
      const { code, message } = asParleyError(error)
      if (code === 'unknown-user') {
        throw new ParleyError(code, `Nobody in ${team} is called "${name}". Look for people with: parley who ${name}`)
      }
      if (code !== 'unreachable') throw error
      throw new ParleyError(code, `"${name}" is not known here yet, and ${team} cannot be reached to ask. ${message}`)
    }
  }

  named(text: string): ConversationId | undefined {
    const person = this.people.named(asName(text))
    return person && this.conversationOf(person.user)
  }

  /** The id of the conversation with somebody. */
  conversationOf(user: UserId): ConversationId {
    const { registry, user: own } = this.#options.account
    return directConversationId(registry, own, user)
  }

  async send(conversation: ConversationId, { text, message }: Draft): Promise<MessageInfo> {
    const { store, clock } = this.#options
    const { signedOut } = store.current ?? {}
    if (signedOut !== undefined) throw new ParleyError('signed-out', signedOut)
    const peer = this.conversations.get(conversation)?.peer ?? this.#otherOf(conversation)
    if (!peer) throw new ParleyError('unknown-user', 'That chat is with nobody known here. Name the person.')
    const { user, name, displayName } = this.people.get(peer.user) ?? peer
    const to = { user, name, displayName }
    const stored = await this.conversations.send({ peer: to, text, message, written: clock.physical() })
    this.supervisor.reach(user)
    return this.message(stored)
  }

  async history(conversation: ConversationId, range: HistoryRange): Promise<Page> {
    const { messages, more } = await this.conversations.history(conversation, range)
    return { messages: messages.map(message => this.message(message)), more }
  }

  async ownMessage(conversation: ConversationId, id: MessageId): Promise<MessageInfo | undefined> {
    const stored = await this.conversations.find(conversation, id)
    return stored?.mine ? this.message(stored) : undefined
  }

  firstUnread(conversation: ConversationId): string | undefined {
    return this.conversations.get(conversation)?.firstUnread
  }

  markRead(conversation: ConversationId, position: string): Promise<void> {
    return this.conversations.markRead(conversation, position)
  }

  /** The registry's list changed for these people, or the registry is out of reach. */
  presence(users: ReadonlySet<UserId>): void {
    for (const user of users) {
      this.supervisor.reach(user)
      this.#personChanged(user)
    }
    this.listedPeople.changed(users)
  }

  /** Whom one has talked to, the latest first. */
  get partners(): UserId[] {
    return this.conversations.list().map(({ peer }) => peer.user)
  }

  /** Dials everyone who lacks something. */
  reachAll(): void {
    for (const { peer } of this.conversations.list()) this.supervisor.reach(peer.user)
  }

  /** Somebody as lists show them. A link to one of their devices counts for more than what the registry last said. */
  person({ user: id, name, displayName }: { user: string; name: string; displayName: string }): PersonInfo {
    const user = userId(id)
    const { status = 'offline', since = 0 } = this.#options.client.online.known(user) ?? {}
    const known = this.people.get(user)
    const words = { user, name: known?.name ?? name, displayName: known?.displayName ?? displayName }
    if (status === 'offline' && this.peers.isLinked(user)) return { ...words, status: 'online', since: 0 }
    return { ...words, status, since }
  }

  conversation(summary: ConversationSummary): ConversationInfo {
    const { conversation, kind, lastLine, lastMine, lastTime, queued, linked, unread, peer } = summary
    return {
      conversation,
      kind,
      person: this.person(peer),
      lastLine,
      lastMine,
      lastTime,
      queued,
      linked,
      unread,
      ...this.#options.chats.shown(conversation),
    }
  }

  /** Every conversation as lists show it, those included of which there is only a draft. */
  listed(): ConversationInfo[] {
    const stored = this.conversations.list().map(summary => this.conversation(summary))
    const drafted = [...this.#options.chats.drafted].filter(id => !this.conversations.get(id)?.isStored)
    return [...stored, ...drafted.flatMap(id => this.summary(id) ?? [])]
  }

  /** A conversation with somebody known here, whether it has begun or not. */
  summary(conversation: ConversationId): ConversationInfo | undefined {
    const stored = this.conversations.get(conversation)
    if (stored) return this.conversation(stored)
    const other = this.#otherOf(conversation)
    return other && this.conversation({ ...notBegun, conversation, peer: other })
  }

  /** One conversation as {@link listed}; undefined when it is not. */
  info(id: string): ConversationInfo | undefined {
    const conversation = conversationId(id)
    const isListed = this.conversations.get(conversation)?.isStored || this.#options.chats.drafted.has(conversation)
    return isListed ? this.summary(conversation) : undefined
  }

  message(stored: StoredMessage): MessageInfo {
    const { conversation, message, user, mine, text, written, state, position } = stored
    const name = mine
      ? this.#options.store.current?.name
      : (this.people.get(user)?.name ?? this.conversations.get(conversation)?.peer.name)
    return { conversation, message, user, name: name ?? '', mine, text, written, ...(state ? { state } : {}), position }
  }

  async close(): Promise<void> {
    this.listedPeople.close()
    this.peers.closeAll('The hub is stopping.')
    await this.supervisor.close()
    await this.conversations.close()
  }

  /** Who is meant by the id of a conversation that has not begun: ids are hashes, so those of all known are kept. */
  #otherOf(conversation: ConversationId): Person | undefined {
    const { registry, user: own } = this.#options.account
    if (this.#others.size < this.people.count) {
      for (const { user } of this.people.all()) this.#others.set(directConversationId(registry, own, user), user)
    }
    const user = this.#others.get(conversation)
    return user && this.people.get(user)
  }

  #conversationChanged({ conversation, messages, arrived }: ConversationChange): void {
    const summary = this.conversations.get(conversation)
    if (summary?.isStored) this.listedPeople.met(summary.peer.user)
    const told = messages.map(message => this.message(message))
    this.#options.tell({ conversation, ...(told.length > 0 && { messages: { conversation, messages: told } }) })
    const info = arrived.length > 0 ? this.info(conversation) : undefined
    // Whoever is busy is not disturbed; the count of what is unread tells of it.
    if (!info || info.muted || this.#options.store.current?.availability === 'busy') return
    const { person } = info
    this.#options.tell({ arrived: { conversation, person, messages: told.filter(({ mine }) => !mine) } })
  }

  /** Nobody has verified anybody yet, so it is a notice and blocks nothing. */
  #keyChanged({ user, name }: Person): void {
    this.#options.log.warn({ user, name }, 'The account key of this person has changed.')
    const team = this.#options.account.team || this.#options.account.host
    this.#keyNotices.set(user, `${team} says that ${name} has a new account key. Ask them whether that is so.`)
  }

  #peer(user: UserId): Peer {
    const { registry, user: own } = this.#options.account
    const summary = this.conversations.get(directConversationId(registry, own, user))
    return summary?.peer ?? { user, name: '', displayName: '' }
  }

  #personChanged(user: UserId): void {
    const { registry, user: own } = this.#options.account
    const conversation = directConversationId(registry, own, userId(user))
    if (this.info(conversation)) this.#options.tell({ conversation })
  }
}

/** A conversation of which nothing is here. */
const notBegun = {
  kind: 'direct',
  isStored: false,
  lastLine: '',
  lastMine: false,
  lastTime: 0,
  queued: 0,
  unread: 0,
  count: 0,
  linked: false,
} as const

/** What a person writes for a name. */
function asName(text: string): string {
  return text.trim().replace(/^@/, '').toLowerCase()
}

const oneself = 'You cannot write to yourself. Name somebody else.'
