import type { Log, Storage } from '@parley/kit'
import type { Check } from '../doctor/doctor.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Locations } from '../locations.ts'
import { Dialer } from '../net/dial.ts'
import type { Port } from '../net/port.ts'
import { formatHostPort, ports } from '../protocol/addresses.ts'
import { HybridClock } from '../protocol/clock.ts'
import type { ControlRequests, ConversationInfo, HubSnapshot, PeopleSnapshot, StatusInfo } from '../protocol/control.ts'
import { conversationId, type DeviceId, deviceId, type UserId } from '../protocol/ids.ts'
import { AccountStore } from './accounts.ts'
import type { BackoffOptions } from './backoff.ts'
import { Blocks } from './blocks.ts'
import { type ChatStore, Chats, openChatStore } from './chats/chats.ts'
import { Circles, type Place } from './circles.ts'
import { waitDelivered } from './delivery.ts'
import { hubChecks } from './doctor.ts'
import { Door } from './door.ts'
import { type HubIdentity, loadHubIdentity } from './identity.ts'
import { listenForPeers } from './listener.ts'
import { Membership, nobodyYet } from './membership.ts'
import type { HubNews } from './news.ts'
import type { Hosting } from './own-team.ts'
import { probe } from './probe.ts'
import { RegistryClient } from './registry/client.ts'
import { Standing } from './standing.ts'
import { ownAddresses, watchSurroundings } from './surroundings.ts'
import { Team } from './team.ts'
import { readLimit, readMessage } from './wishes.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface HubOptions {
  readonly storage: Storage
  readonly locations: Pick<Locations, 'deviceKey' | 'accountKey'>
  readonly options: { readonly listen?: readonly string[]; readonly proxy?: string }
  readonly log: Log
  /** Wall clock in ms. */
  readonly now?: () => number
  /** Delays between dials to the registry, in ms. */
  readonly reconnect?: Partial<BackoffOptions>
  /** ms without a front end after which the person is away. */
  readonly attendGrace?: number
  /** The team that this daemon itself runs, or may start. */
  readonly hosting?: Hosting
}

/**
 * Opens a home's hub: its keys, its port for peers, and, if somebody has signed up, their conversations. It comes up
 * whether or not the registry can be reached.
 *
 * @throws ParleyError `home`, `damaged-data`, `port-taken`, `bad-address`
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const identity = await loadHubIdentity(options.locations)
  const store = await AccountStore.open(options.storage)
  const blocks = await Blocks.open(options.storage, options.now ?? Date.now)
  const hub = new Hub(options, { identity, store, chats: await openChatStore(options.storage), blocks })
  try {
    await hub.start()
    return hub
  } catch (error) {
    await hub.close()
    throw error
  }
}

/** What was read of a home. */
interface Opened {
  readonly identity: HubIdentity
  readonly store: AccountStore
  readonly chats: ChatStore
  readonly blocks: Blocks
}

/** The daemon of one person: each method is the request of the control API of the same name. */
export class Hub {
  /** What is kept of chats for front ends. */
  readonly chats: Chats
  readonly #options: HubOptions
  readonly #identity: HubIdentity
  readonly #store: AccountStore
  readonly #clock: HybridClock
  readonly #dialer: Dialer
  readonly #client: RegistryClient
  readonly #standing: Standing
  readonly #membership: Membership
  readonly #circles: Circles
  readonly #blocks: Blocks
  readonly #listeners = new Set<(news: HubNews) => void>()
  readonly #door: Door
  #port: Port | undefined
  #team: Team | undefined
  readonly #closing = new AbortController()
  #stopWatching: () => void = () => {}

  constructor(options: HubOptions, { identity, store, chats, blocks }: Opened) {
    const { log, now = Date.now } = options
    this.#options = options
    this.#blocks = blocks
    this.#circles = new Circles({ all: () => (this.#team ? [this.#team] : []), ask: name => this.#askFor(name) })
    this.chats = new Chats(chats, { circles: this.#circles, tell: news => this.#tell(news) })
    this.#door = new Door({ peersOf: () => this.#team?.peers, log })
    this.#identity = identity
    this.#store = store
    this.#clock = new HybridClock({ now, monotonic: () => performance.now() })
    this.#dialer = new Dialer({ identity: identity.device, log })
    this.#standing = new Standing({
      availability: () => store.current?.availability ?? 'available',
      changed: () => this.#client.tellStatus(),
      ...(options.attendGrace === undefined ? {} : { grace: options.attendGrace }),
    })
    this.#client = new RegistryClient({
      store,
      identity: identity.device,
      dialer: this.#dialer,
      accountKey: identity.accountKey,
      deviceName: identity.deviceName,
      clock: this.#clock,
      now,
      places: () => this.#places(),
      ownTeam: () => this.#options.hosting?.team,
      log,
      onChange: () => this.#accountChanged(),
      onOnline: users => this.#presenceChanged(users),
      also: () => this.#team?.partners ?? [],
      status: () => this.#standing.status,
      ...(options.reconnect ? { reconnect: options.reconnect } : {}),
    })
    this.#membership = new Membership({
      store,
      client: this.#client,
      standing: this.#standing,
      hosting: options.hosting,
      entered: () => this.#openTeam(),
      changed: () => this.#tell({ accounts: true }),
    })
  }

  /** The id of this home's device. */
  get device(): DeviceId {
    return deviceId(this.#identity.device.id)
  }

  async start(): Promise<void> {
    const { options, log } = this.#options
    await this.#openTeam()
    this.#port = await listenForPeers({
      listen: options.listen ?? [`[::]:${ports.peer}`],
      identity: this.#identity.device,
      take: link => this.#door.take(link),
      log,
    })
    this.#client.start()
    this.#stopWatching = watchSurroundings(what => {
      log.info({ what }, 'The machine slept or its network changed: dialling again.')
      this.#client.renew()
      this.#team?.peers.closeAll('The network changed.')
      this.#team?.reachAll()
    })
  }

  status(): NonNullable<StatusInfo['hub']> {
    const conversations = this.#team?.conversations.list() ?? []
    return {
      device: this.device,
      listen: this.#port?.addresses.map(formatHostPort) ?? [],
      accounts: this.#membership.infos,
      links: this.#team?.peers.count ?? 0,
      relayed: 0,
      isDirect: true,
      queued: conversations.reduce((sum, { queued }) => sum + queued, 0),
      warnings: [...(this.#options.hosting?.warnings ?? []), ...this.#clockWarnings(), ...(this.#team?.warnings ?? [])],
    }
  }

  signUp(params: Params<'signUp'>): Result<'signUp'> {
    return this.#membership.signUp(params)
  }

  signIn(params: Params<'signIn'>): Result<'signIn'> {
    return this.#membership.signIn(params)
  }

  signOut(params: Params<'signOut'> = {}): Result<'signOut'> {
    return this.#membership.signOut(params)
  }

  hostTeam(params: Params<'hostTeam'>): Result<'hostTeam'> {
    return this.#membership.hostTeam(params)
  }

  setAvailability(params: Params<'setAvailability'>): Result<'setAvailability'> {
    return this.#membership.setAvailability(params)
  }

  /** `signal`: aborted when who asked has gone. */
  async probe({ text }: Params<'probe'>, signal?: AbortSignal): Result<'probe'> {
    const personOf = (device: DeviceId) => {
      const person = this.#team?.people.ofDevice(device)
      return person && this.#team?.person(person)
    }
    const ended = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])])
    return probe(text, { device: this.device, personOf, log: this.#options.log, signal: ended })
  }

  /** Whom front ends list. */
  people(): PeopleSnapshot {
    return this.#team?.listedPeople.snapshot() ?? { people: [], online: 0, total: 0 }
  }

  /** What `parley doctor` looks at. */
  checks(): Check[] {
    const session = this.#client.session
    return hubChecks({
      status: () => this.status(),
      places: () => this.#places(),
      skew: () => (session ? this.#client.skew : undefined),
      ask: session && (async () => void (await session.search('', 1))),
      udp: () => undefined,
      relay: undefined,
    })
  }

  /** Whether any front end is there: without one the person is away, a little later. */
  setAttended(isAttended: boolean): void {
    this.#standing.attend(isAttended)
  }

  async who(params: Params<'who'>): Result<'who'> {
    const limit = readLimit(params.limit, limits.whoUsual)
    const query = params.query?.trim() ?? ''
    const session = await this.#client.ensure()
    if (query !== '') return session.search(query.slice(0, limits.searchQuery), limit)
    const people = session.online.all.sort((a, b) => (a.name < b.name ? -1 : 1))
    return { people: people.slice(0, limit), more: people.length > limit }
  }

  async send(params: Params<'send'>): Result<'send'> {
    const draft = readMessage(params)
    const { circle, conversation } = await this.#circles.find(params.to)
    return circle.send(conversation, draft)
  }

  async history(params: Params<'history'>): Result<'history'> {
    const { circle, conversation } = await this.#circles.find(params.with)
    const { before, after, from } = params
    const { messages, more } = await circle.history(conversation, {
      limit: readLimit(params.limit, limits.historyPage),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(from === undefined ? {} : { from }),
    })
    return { conversation, messages, more }
  }

  /** The conversation that `subscribeMessages` is to follow. */
  async conversationWith(text: string): Promise<string> {
    return (await this.#circles.find(text)).conversation
  }

  /** `signal`: aborted when who asked has gone. */
  async waitDelivered(params: Params<'waitDelivered'>, signal?: AbortSignal): Result<'waitDelivered'> {
    const ended = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])])
    const { circle } = this.#circles.of(conversationId(params.conversation))
    return waitDelivered(circle, this.watch.bind(this), params, ended)
  }

  /** All that front ends show, made in one tick. */
  snapshot(): Omit<HubSnapshot, 'number'> {
    return {
      accounts: this.#membership.infos,
      conversations: this.#circles.listed(),
      requests: [],
      pendingDevices: [],
    }
  }

  /** One conversation as the snapshot has it. */
  conversation(id: string): ConversationInfo | undefined {
    return this.#circles.info(conversationId(id))
  }

  watch(listener: (news: HubNews) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#standing.close()
    this.#stopWatching()
    await this.#client.close()
    await this.#membership.close()
    await this.#team?.close()
    await this.chats.close()
    await this.#port?.close()
    this.#dialer.close()
  }

  async #openTeam(): Promise<void> {
    const account = this.#store.current
    if (!account || this.#team) return
    const { storage, log } = this.#options
    this.#team = await Team.open({
      storage,
      store: this.#store,
      account,
      identity: this.#identity.device,
      client: this.#client,
      dialer: this.#dialer,
      clock: this.#clock,
      log,
      blocks: this.#blocks,
      chats: this.chats,
      tell: news => this.#tell(news),
    })
    this.#team.reachAll()
  }

  #presenceChanged(users: ReadonlySet<UserId>): void {
    this.#team?.presence(users)
    const own = this.#store.current?.user
    if (own && users.has(own)) this.#tell({ accounts: true })
  }

  #accountChanged(): void {
    if (this.#client.state === 'signed-out') this.#team?.peers.closeAll('Signed out.')
    else this.#team?.reachAll()
    this.#tell({ accounts: true })
  }

  /** Somebody of the team whom this hub has never met: the registry knows them. */
  async #askFor(name: string): Promise<Place> {
    const team = this.#team
    if (!team) throw new ParleyError('unknown-account', nobodyYet)
    const { user } = await team.find(name)
    return { circle: team, conversation: team.conversationOf(user) }
  }

  #places() {
    const addresses = this.#port?.addresses ?? []
    return { port: addresses[0]?.port ?? 0, addresses: ownAddresses(addresses.map(({ host }) => host)) }
  }

  #clockWarnings(): string[] {
    const { skew } = this.#client
    if (Math.abs(skew) <= limits.clockSkew) return []
    const minutes = Math.round(Math.abs(skew) / 60_000)
    return [`This computer's clock is ${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} the team's. Set it right.`]
  }

  #tell(news: HubNews): void {
    for (const listener of this.#listeners) {
      try {
        listener(news)
      } catch (error) {
        this.#options.log.error({ error: asParleyError(error).message }, 'A listener of the hub has failed.')
      }
    }
  }
}
