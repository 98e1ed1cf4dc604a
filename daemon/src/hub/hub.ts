import type { Log, Storage } from '@parley/kit'
import type { Check } from '../doctor/doctor.ts'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Locations } from '../locations.ts'
import { Dialer } from '../net/dial.ts'
import { proxyFor } from '../net/proxy.ts'
import { formatHostPort } from '../protocol/addresses.ts'
import { HybridClock } from '../protocol/clock.ts'
import type {
  ClassicMode,
  ControlRequests,
  ConversationInfo,
  HubSnapshot,
  PeopleSnapshot,
  StatusInfo,
} from '../protocol/control.ts'
import { conversationId, type DeviceId, deviceId, type UserId } from '../protocol/ids.ts'
import { AccountStore } from './accounts.ts'
import type { BackoffOptions } from './backoff.ts'
import { Blocks } from './blocks.ts'
import { type ChatStore, Chats, openChatStore } from './chats/chats.ts'
import { Circles, type Place } from './circles.ts'
import { ClassicSide } from './classic/side.ts'
import { waitDelivered } from './delivery.ts'
import { OwnAccountKey } from './devices/account-key.ts'
import { Digits } from './devices/digits.ts'
import { OwnDevices } from './devices/own-devices.ts'
import { isNoRegistry } from './direct/addresses.ts'
import { hubChecks } from './doctor.ts'
import { Door } from './door.ts'
import { type HubIdentity, loadHubIdentity } from './identity.ts'
import { TeamInvites } from './invites.ts'
import type { KeyedCircle } from './keyed-circle.ts'
import { Membership, nobodyYet } from './membership.ts'
import type { HubNews } from './news.ts'
import type { Hosting } from './own-team.ts'
import { Passwords } from './passwords.ts'
import { probe } from './probe.ts'
import { Reach } from './reach.ts'
import { RegistryClient } from './registry/client.ts'
import { waits } from './registry/entry.ts'
import { HubRelay } from './relay.ts'
import { Standing } from './standing.ts'
import { circlesStatus, clockWarnings } from './status.ts'
import { Strangers } from './strangers.ts'
import { watchSurroundings } from './surroundings.ts'
import { Team } from './team.ts'
import { Verifying } from './trust.ts'
import { TrustStore } from './trust-store.ts'
import { who } from './who.ts'
import { readLimit, readMessage } from './wishes.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface HubOptions {
  readonly storage: Storage
  readonly locations: Pick<Locations, 'deviceKey' | 'accountKey'>
  readonly options: { readonly listen?: readonly string[]; readonly proxy?: string; readonly classic?: ClassicMode }
  readonly log: Log
  /** Wall clock in ms. */
  readonly now?: () => number
  /** Delays between dials to the registry, in ms. */
  readonly reconnect?: Partial<BackoffOptions>
  /** Delays between attempts to reach directly whom the relay links, in ms. */
  readonly upgrade?: Partial<BackoffOptions>
  /** ms without a front end after which the person is away. */
  readonly attendGrace?: number
  /** The team that this daemon itself runs, or may start. */
  readonly hosting?: Hosting
  /** The system; tests pretend to be on another. */
  readonly platform?: NodeJS.Platform
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
  const { listen } = options.options
  const reach = await Reach.open({ ...options, ...(listen && { listen }), identity: identity.device })
  const trusts = await TrustStore.open(options.storage)
  const hub = new Hub(options, { identity, store, chats: await openChatStore(options.storage), blocks, trusts, reach })
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
  readonly trusts: TrustStore
  readonly reach: Reach
}

/** The daemon of one person: each method is the request of the control API of the same name. */
export class Hub {
  /** What is kept of chats for front ends. */
  readonly chats: Chats
  /** One's own devices. */
  readonly devices: OwnDevices
  /** Whose account keys were compared. */
  readonly trust: Verifying
  readonly passwords: Passwords
  /** For an admin of the team. */
  readonly invites: TeamInvites
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
  readonly #trusts: TrustStore
  readonly #ownKey: OwnAccountKey
  readonly #listeners = new Set<(news: HubNews) => void>()
  readonly #door: Door
  readonly #reach: Reach
  readonly #relay: HubRelay
  #team: Team | undefined
  #opening: Promise<void> | undefined
  #strangers: Strangers | undefined
  #classic: ClassicSide | undefined
  readonly #closing = new AbortController()
  #stopWatching: () => void = () => {}

  constructor(options: HubOptions, { identity, store, chats, blocks, trusts, reach }: Opened) {
    const { log, now = Date.now } = options
    this.#options = options
    this.#blocks = blocks
    this.#trusts = trusts
    this.#circles = new Circles({
      team: () => this.#team,
      others: () => [this.#strangers?.direct, this.#classic?.circle].filter(circle => circle !== undefined),
      explicit: text => this.#classic?.named(text),
      ask: name => this.#askFor(name),
    })
    this.chats = new Chats(chats, { circles: this.#circles, tell: news => this.#tell(news) })
    this.#door = new Door({
      peersOf: registry => (isNoRegistry(registry) ? this.#strangers?.direct.peers : this.#team?.peers),
      log,
    })
    this.#identity = identity
    this.#store = store
    this.#clock = new HybridClock({ now, monotonic: () => performance.now() })
    this.#dialer = new Dialer({ identity: identity.device, log, proxy: proxyFor(options.options.proxy, process.env) })
    this.#reach = reach
    this.#relay = new HubRelay({
      dialer: this.#dialer,
      session: () => this.#client.session,
      place: () => this.#registryPlace,
      self: { user: () => store.current?.user, device: this.device },
      mayCome: user => this.#team?.isBlocked(user) === false,
      adopt: (socket, expect) => reach.adopt(socket, expect),
      log,
    })
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
      heldKey: identity.heldAccountKey,
      deviceName: identity.deviceName,
      clock: this.#clock,
      now,
      places: () => this.#reach.places,
      ownTeam: () => this.#options.hosting?.team,
      log,
      onChange: () => this.#accountChanged(),
      onOnline: users => this.#presenceChanged(users),
      onRelay: offer => this.#relay.take(offer),
      onPeople: users => this.#team?.freshness.changed(users),
      onOwn: () => this.#ownChanged(),
      also: () => this.#team?.partners ?? [],
      status: () => this.#standing.status,
      ...(options.reconnect ? { reconnect: options.reconnect } : {}),
    })
    const digits = new Digits()
    this.#membership = new Membership({
      store,
      client: this.#client,
      standing: this.#standing,
      hosting: options.hosting,
      digits: ({ registry, user, attested: { accountKey } }) =>
        digits.of({ registry, user, accountKey }, identity.device.spki),
      entered: () => this.#openTeam(),
      changed: () => this.#tell({ accounts: true }),
    })
    this.#ownKey = new OwnAccountKey({ store, identity, log, came: () => void this.#ownChanged() })
    this.devices = new OwnDevices({
      ...{ store, identity, client: this.#client, membership: this.#membership, key: this.#ownKey, digits, log },
      now: () => this.#clock.physical(),
      changed: () => this.#tell({ pendingDevices: true }),
    })
    this.trust = new Verifying(this.#circles)
    const own = { membership: this.#membership, client: this.#client, store, identity: identity.device }
    this.passwords = new Passwords(own)
    this.invites = new TeamInvites(own)
  }

  /** The id of this home's device. */
  get device(): DeviceId {
    return deviceId(this.#identity.device.id)
  }

  async start(): Promise<void> {
    const { log } = this.#options
    await this.#openTeam()
    this.#strangers = await this.#openStrangers()
    this.#classic = await this.#openClassic(this.#strangers)
    await this.#reach.listen(link => this.#door.take(link), this.#classic.gate)
    this.#client.start()
    this.#strangers.direct.start()
    this.#classic.circle.reachAll()
    this.#stopWatching = watchSurroundings(what => {
      log.info({ what }, 'The machine slept or its network changed: dialling again.')
      this.#client.renew()
      this.#team?.peers.closeAll('The network changed.')
      this.#team?.reachAll()
      this.#strangers?.direct.renew()
      this.#classic?.circle.reachAll()
    })
  }

  /** The circles whose people have keys. */
  get #keyed(): readonly KeyedCircle[] {
    return [this.#team, this.#strangers?.direct].filter(circle => circle !== undefined)
  }

  status(): NonNullable<StatusInfo['hub']> {
    return {
      device: this.device,
      listen: this.#reach.addresses.map(formatHostPort),
      accounts: this.#membership.infos,
      relayed: this.#team?.peers.relayed ?? 0,
      isDirect: this.#reach.isDirect,
      ...circlesStatus(this.#keyed, this.#classic?.circle.queued ?? 0, [
        ...(this.#options.hosting?.warnings ?? []),
        ...clockWarnings(this.#client.skew),
      ]),
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
      const circle = this.#keyed.find(({ people }) => people.ofDevice(device))
      const person = circle?.people.ofDevice(device)
      return person && circle?.person(person)
    }
    const ended = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])])
    return probe(text, {
      device: this.device,
      personOf,
      proxy: this.#dialer.proxy,
      log: this.#options.log,
      signal: ended,
    })
  }

  /** People of no team, chat requests, and who is blocked. */
  get strangers(): Strangers {
    if (this.#strangers) return this.#strangers
    throw new ParleyError('closed', 'The hub has not started.')
  }

  /** Whom front ends list. */
  people(): PeopleSnapshot {
    const team = this.#team?.listedPeople.snapshot() ?? { people: [], online: 0, total: 0 }
    return { ...team, people: [...team.people, ...this.strangers.direct.everybody()] }
  }

  /** What `parley doctor` looks at. */
  checks(): Check[] {
    const session = this.#client.session
    return hubChecks({
      status: () => this.status(),
      places: () => this.#reach.places,
      skew: () => (session ? this.#client.skew : undefined),
      ask: session && (async () => void (await session.search('', 1))),
      udp: () => this.#client.heartbeat.passes,
      relay: session && (signal => this.#relay.check(signal)),
    })
  }

  readonly setDirect = async ({ direct }: Params<'setDirect'>): Result<'setDirect'> => {
    await this.#reach.setDirect(direct)
    this.#client.tellPlaces()
    this.#tell({ accounts: true })
    return {}
  }

  /** Whether any front end is there: without one the person is away, a little later. */
  setAttended(isAttended: boolean): void {
    this.#standing.attend(isAttended)
  }

  who(params: Params<'who'>): Result<'who'> {
    const hasAccount = this.#store.current !== undefined
    return who(params, { client: this.#client, hasAccount, strangers: this.strangers.direct.everybody() })
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
      requests: this.strangers.list(),
      pendingDevices: this.devices.pending,
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
    this.#relay.close()
    await this.#client.close()
    await this.#membership.close()
    await this.#opening?.catch(() => {})
    await this.#team?.close()
    await this.#strangers?.close()
    await this.#classic?.close()
    await this.chats.close()
    await this.#reach.close()
    this.#dialer.close()
  }

  #openTeam(): Promise<void> {
    this.#opening ??= this.#openTeamOnce().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #openTeamOnce(): Promise<void> {
    const account = this.#store.current
    if (!account || account.isPending || this.#team || this.#closing.signal.aborted) return
    const { storage, log } = this.#options
    await this.#ownKey.load()
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
      trusts: this.#trusts,
      ownKey: this.#ownKey,
      relay: (user, device, signal) => this.#relay.dial(user, device, signal),
      upgrade: this.#options.upgrade,
      chats: this.chats,
      tell: news => this.#tell(news),
    })
    this.#team.reachAll()
  }

  #openStrangers(): Promise<Strangers> {
    const { storage, log } = this.#options
    return Strangers.open({
      ...{ storage, log, chats: this.chats, blocks: this.#blocks, trusts: this.#trusts, circles: this.#circles },
      ...{ identity: this.#identity, dialer: this.#dialer, clock: this.#clock },
      team: () => this.#team,
      account: () => this.#store.current,
      isBusy: () => this.#store.current?.availability === 'busy',
      askAgain: this.#options.reconnect,
      port: () => this.#reach.places.port,
      tell: news => this.#tell(news),
    })
  }

  #openClassic(strangers: Strangers): Promise<ClassicSide> {
    const { storage, log, options } = this.#options
    return ClassicSide.open({
      ...{ storage, log, strangers, clock: this.#clock, blocks: this.#blocks, chats: this.chats },
      ...{ store: this.#store, client: this.#client, mode: options.classic },
      addresses: () => this.#reach.addresses,
      watch: listener => this.watch(listener),
      tell: news => this.#tell(news),
    })
  }

  #presenceChanged(users: ReadonlySet<UserId>): void {
    this.#team?.presence(users)
    this.#classic?.circle.presence(users)
    const own = this.#store.current?.user
    if (own && users.has(own)) this.#tell({ accounts: true })
  }

  #accountChanged(): void {
    if (this.#client.state === 'signed-out') this.#team?.peers.closeAll('Signed out.')
    else this.#team?.reachAll()
    this.#tell({ accounts: true })
  }

  /** The account, its devices, or its key here are others now. */
  async #ownChanged(): Promise<void> {
    this.devices.refresh()
    try {
      // A device that waited until now has a team from here on.
      await this.#openTeam()
      this.#team?.freshness.signedIn()
      this.#team?.ownChanged()
    } catch (error) {
      this.#options.log.error({ error: asParleyError(error).message }, 'The team could not be opened.')
    }
    this.#tell({ accounts: true })
  }

  /** Somebody of the team whom this hub has never met: the registry knows them. */
  async #askFor(name: string): Promise<Place> {
    const team = this.#team
    if (!team) throw this.#store.current?.isPending ? waits() : new ParleyError('unknown-account', nobodyYet)
    const client = this.#classic?.listed(name)
    if (client) return client
    const { user } = await team.find(name)
    return { circle: team, conversation: team.conversationOf(user) }
  }

  /** Where the registry is: that of this very daemon is reached without any network. */
  get #registryPlace() {
    const account = this.#store.current
    const own = this.#options.hosting?.team
    return own && own.registry === account?.registry ? own.place : account
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
