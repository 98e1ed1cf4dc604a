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
  type UserId,
  userId,
} from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import type { Account, AccountStore } from './accounts.ts'
import { type Conversations, openConversations } from './conversations/conversations.ts'
import type { ConversationSummary, Peer, StoredMessage } from './conversations/types.ts'
import { Supervisor } from './dialer.ts'
import { Peers } from './peers.ts'
import { People, type Person } from './people.ts'
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
  /** What front ends see of a conversation changed. */
  readonly onConversation: (conversation: ConversationId, messages?: readonly MessageInfo[]) => void
}

/** All that belongs to the account at one registry: the people met there, the conversations, the links to peers. */
export class Team {
  readonly people: People
  readonly conversations: Conversations
  readonly peers: Peers
  readonly supervisor: Supervisor
  readonly #options: TeamOptions
  readonly #clockWarnings = new Map<UserId, string>()
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
    people.watch((person, before) => {
      this.peers.recheck(person)
      if (before && before.attested.generation !== person.attested.generation) this.#keyChanged(person)
    })
    conversations.watch(({ conversation, messages }) => {
      options.onConversation(
        conversation,
        messages.length > 0 ? messages.map(message => this.message(message)) : undefined,
      )
    })
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
    const name = readUserName(to.trim().replace(/^@/, ''))
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

  /** The conversation with somebody, by name or by conversation id; it need not have begun. */
  async conversationWith(text: string): Promise<ConversationId> {
    if (/^[a-z2-7]{52}$/.test(text)) return conversationId(text)
    const { user } = await this.find(text)
    const { registry, user: own } = this.#options.account
    return directConversationId(registry, own, user)
  }

  /** The registry's list changed for these people, or the registry is out of reach. */
  presence(users: ReadonlySet<UserId>): void {
    for (const user of users) {
      this.supervisor.reach(user)
      this.#personChanged(user)
    }
  }

  /** Dials everyone who lacks something. */
  reachAll(): void {
    for (const { peer } of this.conversations.list()) this.supervisor.reach(peer.user)
  }

  person({ user, name, displayName }: Peer): PersonInfo {
    const online = this.#options.client.online.get(user)
    const known = this.people.get(user)
    const words = { user, name: known?.name ?? name, displayName: known?.displayName ?? displayName }
    if (online) return { ...words, status: online.status, since: online.since }
    return { ...words, status: this.peers.isLinked(user) ? 'online' : 'offline', since: 0 }
  }

  conversation(summary: ConversationSummary): ConversationInfo {
    const { conversation, kind, lastLine, lastMine, lastTime, queued, linked, peer } = summary
    return {
      conversation,
      kind,
      person: this.person(peer),
      lastLine,
      lastMine,
      lastTime,
      queued,
      linked,
      unread: 0,
      muted: false,
      draft: '',
    }
  }

  /** One conversation as lists show it; undefined when nothing of it is here. */
  info(id: string): ConversationInfo | undefined {
    const summary = this.conversations.get(conversationId(id))
    return summary?.isStored ? this.conversation(summary) : undefined
  }

  message(stored: StoredMessage): MessageInfo {
    const { conversation, message, user, mine, text, written, state, position } = stored
    const name = mine
      ? this.#options.store.current?.name
      : (this.people.get(user)?.name ?? this.conversations.get(conversation)?.peer.name)
    return { conversation, message, user, name: name ?? '', mine, text, written, ...(state ? { state } : {}), position }
  }

  async close(): Promise<void> {
    this.peers.closeAll('The hub is stopping.')
    await this.supervisor.close()
    await this.conversations.close()
  }

  /** Nobody has verified anybody yet, so it is a notice and blocks nothing. */
  #keyChanged({ user, name }: Person): void {
    this.#options.log.warn({ user, name }, 'The account key of this person has changed.')
    const team = this.#options.account.team || this.#options.account.host
    this.#keyNotices.set(user, `${team} says that ${name} has a new account key. Ask them whether that is so.`)
  }

  #personChanged(user: UserId): void {
    const { registry, user: own } = this.#options.account
    const conversation = directConversationId(registry, own, userId(user))
    if (this.conversations.get(conversation)) this.#options.onConversation(conversation)
  }
}

const oneself = 'You cannot write to yourself. Name somebody else.'
