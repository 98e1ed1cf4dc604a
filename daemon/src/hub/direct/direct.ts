import type { Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Dialer, DialTarget } from '../../net/dial.ts'
import type { Identity } from '../../net/identity.ts'
import type { Link } from '../../net/link.ts'
import { formatHostPort, type HostPort, ports, readHostPort } from '../../protocol/addresses.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import type { DirectInfo, PersonInfo } from '../../protocol/control.ts'
import { type ConversationId, type DeviceId, deviceId, noRegistry, type UserId, userId } from '../../protocol/ids.ts'
import type { PeerHello } from '../../protocol/parley_pb.ts'
import { safetyNumber } from '../../protocol/safety-number.ts'
import type { BackoffOptions } from '../backoff.ts'
import { type Blocks, personBlock } from '../blocks.ts'
import type { KeptChats } from '../chats/chats.ts'
import { type Conversations, openConversations } from '../conversations/conversations.ts'
import type { Guard } from '../conversations/shared.ts'
import { Supervisor } from '../dialer.ts'
import type { CircleFiles } from '../files/files.ts'
import { asName, KeyedCircle } from '../keyed-circle.ts'
import { PeopleKeyring } from '../keyring.ts'
import type { HubNews } from '../news.ts'
import { Peers } from '../peers.ts'
import { keptPerson, People, type Person } from '../people.ts'
import type { Asked, Requests } from '../requests/requests.ts'
import type { TrustStore } from '../trust-store.ts'
import { addressesOf, placeIn, placeOfCaller, sameAddress, withAddress } from './addresses.ts'
import { Asking } from './asking.ts'
import { Asks } from './asks.ts'
import type { DirectSelf } from './self.ts'

export interface DirectOptions {
  /** Looks at what others write before it is shown. */
  readonly guard?: Guard | undefined
  readonly storage: Storage
  readonly self: DirectSelf
  readonly identity: Identity
  readonly dialer: Dialer
  readonly clock: HybridClock
  readonly log: Log
  readonly blocks: Blocks
  readonly trusts: TrustStore
  readonly requests: Requests
  /** Where this hub takes links; 0: nowhere that others reach. */
  readonly port: () => number
  readonly isBusy: () => boolean
  /** Delays between asking somebody again, in ms; default limits.askStranger. */
  readonly askAgain?: Partial<BackoffOptions> | undefined
  /** What is kept of chats. */
  readonly chats: KeptChats
  /** Files of messages. */
  readonly files: CircleFiles
  /** What front ends see changed. */
  readonly tell: (news: HubNews) => void
  /** Whom front ends list of this circle: these are others now. */
  readonly listed: (people: readonly PersonInfo[]) => void
}

/**
 * People of no team, met by their address: nobody vouches for them but their own account keys, and who they say they are
 * is shown with where they are. Whoever has a row among the people here has been accepted, or was asked and accepted.
 */
export class Direct extends KeyedCircle {
  readonly peers: Peers
  readonly supervisor: Supervisor
  readonly #options: DirectOptions
  readonly #asks: Asks
  readonly #asking: Asking
  /** Where a link was dialled to. */
  readonly #dialled = new WeakMap<Link, HostPort>()
  /** What is wrong at an address, by it, or where somebody was, by their user. */
  readonly #notices = new Map<string, string>()

  private constructor(options: DirectOptions, people: People, conversations: Conversations, asks: Asks) {
    const { self, clock, log, blocks, trusts, chats, files, tell, identity, requests } = options
    const ownKey = () => self.accountKey
    super({
      registry: noRegistry,
      user: self.user,
      ownKey,
      people,
      conversations,
      clock,
      log,
      blocks,
      trusts,
      chats,
      files,
      tell,
    })
    this.#options = options
    this.#asks = asks
    const device = deviceId(identity.id)
    this.peers = new Peers({
      self: () => ({
        registry: noRegistry,
        user: self.user,
        device,
        ...self.statements(),
        port: options.port(),
        now: () => clock.physical(),
      }),
      people,
      attach: link => this.attachLink(link),
      refuses: user => this.isBlocked(user),
      admit: (person, link, hello) => this.#admit(person, link, hello),
      log,
      answer: (is, asker) => this.answer(is, asker),
      onLink: (user, isUp) => {
        if (isUp) this.#notices.delete(user)
        if (isUp) files.linked()
        this.supervisor.linked(user, isUp)
        this.personChanged(user)
      },
      // Of whom nobody here has heard, nothing is told.
      onClock: (user, why) => void (people.get(user) && this.clockApart(user, why)),
    })
    this.supervisor = new Supervisor({
      dialer: { dial: target => this.#redial(target) },
      peers: this.peers,
      people,
      session: () => undefined,
      // No registry tells who is there: only a link does.
      lacking: user => people.get(user) !== undefined && !this.isBlocked(user),
      isActive: () => true,
      log,
    })
    this.#asking = new Asking({
      asks,
      dialer: options.dialer,
      device,
      greet: (link, place) => this.#greet(link, place),
      notice: (address, words) => this.#notice(address, words),
      backoff: { ...limits.askStranger, ...options.askAgain },
      log,
    })
    people.watch((person, before) => {
      this.peers.recheck(person)
      this.personChanged(person.user)
      if (!before) void this.#met(person)
    })
    requests.serve('direct', {
      accept: asked => this.#accept(asked),
      blockKey: ({ id }) => personBlock(noRegistry, id),
      safetyNumber: asked => this.#safetyNumberOf(asked),
    })
  }

  static async open(options: DirectOptions): Promise<Direct> {
    const { storage, self, identity, clock, log } = options
    const now = () => clock.physical()
    const people = await People.open(storage, { registry: noRegistry, registryKey: 'self', now })
    const { privateKey, spki, id } = identity
    const account = { registry: noRegistry, user: self.user, device: deviceId(id), privateKey, spki }
    const own = new Map([[account.device, spki]])
    const keyring = new PeopleKeyring(people, { user: self.user, keys: () => own, revoked: () => [] })
    const conversations = await openConversations({
      ...{ storage, account, clock, log, keyring, guard: options.guard },
      areReceiptsOn: () => options.chats.areReceiptsOn,
    })
    return new Direct(options, people, conversations, await Asks.open(storage, now))
  }

  /** Begins to dial: those who were accepted, and those who were asked. */
  start(): void {
    this.reachAll()
    this.#asking.start()
  }

  /** The network has changed. */
  renew(): void {
    this.peers.closeAll('The network changed.')
    this.reachAll()
    this.#asking.wake()
  }

  override get warnings(): string[] {
    return [...super.warnings, ...this.#notices.values()]
  }

  override named(text: string): ConversationId | undefined {
    const place = placeIn(text)
    const isMeant = place
      ? (person: Person) => addressesOf(person).some(address => sameAddress(address, place))
      : ({ name }: Person) => name === asName(text)
    // Strangers choose their names: one that two of them have names neither.
    const [person, another] = [...this.people.all()].filter(isMeant)
    return person && !another ? this.conversationOf(person.user) : undefined
  }

  /** Everybody who was accepted, as front ends list them. */
  everybody(): PersonInfo[] {
    return [...this.people.all()].map(person => this.person(person))
  }

  person({ user: id, name, displayName }: { user: string; name: string; displayName: string }): PersonInfo {
    const user = userId(id)
    const known = this.people.get(user)
    const [address] = known ? addressesOf(known) : []
    const trust = this.trustOf(user)
    return {
      user,
      name: known?.name ?? name,
      displayName: known?.displayName ?? displayName,
      status: this.peers.isLinked(user) ? 'online' : 'offline',
      since: 0,
      via: 'direct',
      ...(address && { address: formatHostPort(address) }),
      ...(trust && { trust }),
      ...(this.isBlocked(user) && { isBlocked: true }),
    }
  }

  /**
   * Asks whoever is at an address to chat; gives the conversation with them once they have accepted. `known` is asked
   * first who has the key that TLS has shown: somebody whom one knows otherwise is not asked.
   * @throws ParleyError `bad-address`, `unreachable`, `clock`, `stranger` when they take no requests
   */
  async connect<T>(
    text: string,
    known: (device: DeviceId) => T | undefined,
  ): Promise<{ is: 'asked' } | { is: 'open'; conversation: DirectInfo } | { is: 'known'; who: T }> {
    const place = readHostPort(text, ports.peer)
    if (place.port === 0) throw new ParleyError('bad-address', 'Port 0 cannot be reached. Give a port from 1 to 65535.')
    const there = [...this.people.all()].find(person => {
      return this.peers.isLinked(person.user) && addressesOf(person).some(address => sameAddress(address, place))
    })
    if (there) return { is: 'open', conversation: this.#conversationWith(there.user) }
    const link = await this.#asking.dial(place)
    const device = deviceId(link.peerId)
    const who = known(device)
    if (who !== undefined) {
      link.close()
      return { is: 'known', who }
    }
    this.#noticeChange(place, device)
    const person = await this.#asking.ask(link, place)
    return person ? { is: 'open', conversation: this.#conversationWith(person.user) } : { is: 'asked' }
  }

  override async close(): Promise<void> {
    await this.#asking.close()
    await super.close()
  }

  get ownName(): string {
    return this.#options.self.name
  }

  get isBusy(): boolean {
    return this.#options.isBusy()
  }

  get refusal(): undefined {
    return undefined
  }

  protected met(): void {}

  protected listChanged(users: Iterable<UserId>): void {
    const people = [...users].flatMap(user => this.people.get(user) ?? [])
    if (people.length > 0) this.#options.listed(people.map(person => this.person(person)))
  }

  override reachAll(): void {
    for (const { user } of this.people.all()) this.supervisor.reach(user)
  }

  /** Somebody who has shown that they are who they say: whether they may come in. */
  async #admit(person: Person, link: Link, hello: PeerHello): Promise<Person> {
    const device = deviceId(link.peerId)
    const place = link.outbound ? this.#dialled.get(link) : placeOfCaller(link, hello)
    const isWelcome = this.people.get(person.user) !== undefined || link.outbound || this.#asks.hasAsked(device)
    if (this.isBlocked(person.user)) throw link.outbound ? blocked(person.name) : asked()
    const isOpen = this.#options.self.policy === 'accept' && this.people.count < limits.strangersAccepted
    if (isWelcome || isOpen) return place ? withAddress(person, device, place) : person
    const { user, name, displayName, attestation, roster } = person
    const address = formatHostPort(place ?? { host: link.remoteAddress, port: 0 })
    await this.#options.requests.add({ kind: 'direct', id: user, name, displayName, address, attestation, roster })
    throw asked()
  }

  async #greet(link: Link, place: HostPort): Promise<Person> {
    this.#dialled.set(link, place)
    return this.peers.greet(link)
  }

  async #accept({ attestation, roster, address }: Asked<'direct'>): Promise<DirectInfo> {
    const person = keptPerson({ attestation, roster, devices: [] }, { registry: noRegistry, registryKey: 'self' })
    const place = readHostPort(address, 0)
    const [device] = person.keys.keys()
    const { user } = await this.people.keep(device && place.port > 0 ? withAddress(person, device, place) : person)
    this.supervisor.reach(user)
    return this.#conversationWith(user)
  }

  /** Somebody is known from now on: nobody waits for a yes any more. */
  async #met({ user, keys }: Person): Promise<void> {
    const { requests, log } = this.#options
    try {
      await requests.forget(user)
      for (const { address, device } of this.#asks.all()) if (keys.has(device)) await this.#asks.remove(address)
    } catch (error) {
      log.error({ error, user }, 'A request that was accepted could not be forgotten.')
    }
  }

  #conversationWith(user: UserId): DirectInfo {
    const conversation = this.summary(this.conversationOf(user))
    if (conversation) return conversation
    throw new ParleyError('internal', 'Somebody who was just accepted is not known.')
  }

  #safetyNumberOf({ attestation, roster }: Asked<'direct'>): string {
    const { self } = this.#options
    const { user, attested } = keptPerson(
      { attestation, roster, devices: [] },
      { registry: noRegistry, registryKey: 'self' },
    )
    const other = { registry: noRegistry, user, accountKey: attested.accountKey }
    return safetyNumber({ registry: noRegistry, user: self.user, accountKey: self.accountKey }, other)
  }

  /** Dials where somebody known was: another key there is somebody else, which the person here should know. */
  async #redial(target: DialTarget): Promise<Link> {
    try {
      return await this.#options.dialer.dial(target)
    } catch (error) {
      const { code } = asParleyError(error)
      const person = target.expect && this.people.ofDevice(deviceId(target.expect))
      if (code === 'wrong-key' && person) {
        const address = formatHostPort(target)
        this.#notice(
          person.user,
          `What answers at ${address} is not ${person.name}, who was there before: its key is another one.`,
        )
      }
      throw error
    }
  }

  /** Another key where somebody known was: it is somebody else, whatever they call themselves. */
  #noticeChange(place: HostPort, device: DeviceId): void {
    for (const person of this.people.all()) {
      if (person.keys.has(device) || !addressesOf(person).some(address => sameAddress(address, place))) continue
      const address = formatHostPort(place)
      this.#notice(
        person.user,
        `What answers at ${address} is not ${person.name}, who was there before: its key is another one. ` +
          'Whoever it is has been asked as somebody new.',
      )
    }
  }

  #notice(about: string, words: string): void {
    this.#options.log.warn({ about }, words)
    this.#notices.delete(about)
    this.#notices.set(about, words)
    for (const oldest of this.#notices.keys()) {
      if (this.#notices.size <= limits.strangerNotices) return
      this.#notices.delete(oldest)
    }
  }
}

/** Why somebody who was dialled is not let in. */
function blocked(name: string): ParleyError {
  return new ParleyError('blocked', `You have blocked ${name}. Unblock them to talk to them.`)
}

/** All that somebody hears who has not been accepted, or is blocked. */
function asked(): ParleyError {
  return new ParleyError('asked', 'The request waits for an answer.')
}
