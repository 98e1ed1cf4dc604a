import type { Check } from '../doctor/doctor.ts'
import { asParleyError } from '../errors.ts'
import { Dialer } from '../net/dial.ts'
import { proxyFor } from '../net/proxy.ts'
import { nothingPlugged } from '../plugins/plugged.ts'
import type { HybridClock } from '../protocol/clock.ts'
import type { ControlRequests, ConversationInfo, HubSnapshot, PeopleSnapshot, StatusInfo } from '../protocol/control.ts'
import { conversationId, type DeviceId, deviceId, type UserId } from '../protocol/ids.ts'
import type { AskPerson } from '../protocol/prompts.ts'
import type { AccountStore } from './accounts.ts'
import { Archive } from './archive/archive.ts'
import { Chats, type ChatsOptions } from './chats/chats.ts'
import { Circles } from './circles.ts'
import { Company, type CompanyParts } from './company.ts'
import { waitDelivered } from './delivery.ts'
import { OwnAccountKey } from './devices/account-key.ts'
import { Digits } from './devices/digits.ts'
import { OwnDevices } from './devices/own-devices.ts'
import { Door } from './door.ts'
import type { Files } from './files/files.ts'
import { type Home, type HubOptions, openHome } from './home.ts'
import type { HubIdentity } from './identity.ts'
import { TeamInvites } from './invites.ts'
import { Membership } from './membership.ts'
import { Messages } from './messages/messages.ts'
import { type HubNews, Newsroom } from './news.ts'
import { Overview } from './overview.ts'
import { Passwords } from './passwords.ts'
import { HubPlugins } from './plugged.ts'
import { probe } from './probe.ts'
import type { Reach } from './reach.ts'
import { RegistryClient } from './registry/client.ts'
import { HubRelay } from './relay.ts'
import { Rooms } from './rooms/rooms.ts'
import { Standing } from './standing.ts'
import type { Strangers } from './strangers.ts'
import { watchSurroundings } from './surroundings.ts'
import { Verifying } from './trust.ts'
import { who } from './who.ts'
import { readRange } from './wishes.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

/**
 * Opens a home's hub: its keys, its port for peers, and, if somebody has signed up, their conversations. It comes up
 * whether or not the registry can be reached.
 *
 * @throws ParleyError `home`, `damaged-data`, `port-taken`, `bad-address`
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const hub = new Hub(options, await openHome(options))
  try {
    await hub.start()
    return hub
  } catch (error) {
    await hub.close()
    throw error
  }
}

/** The daemon of one person: each method is the request of the control API of the same name. */
export class Hub {
  /** What is kept of chats for front ends. */
  readonly chats: Chats
  /** What is done with messages, and said of them. */
  readonly messages: Messages
  /** One's own devices. */
  readonly devices: OwnDevices
  /** Whose account keys were compared. */
  readonly trust: Verifying
  readonly passwords: Passwords
  /** All that was said: finding it, taking it out and in, letting it go. */
  readonly archive: Archive
  /** For an admin of the team. */
  readonly invites: TeamInvites
  readonly rooms: Rooms
  readonly #options: HubOptions
  readonly #identity: HubIdentity
  readonly #store: AccountStore
  readonly #clock: HybridClock
  readonly #dialer: Dialer
  readonly #client: RegistryClient
  readonly #standing: Standing
  readonly #membership: Membership
  readonly #circles: Circles
  readonly #home: Home
  readonly #plugins: HubPlugins
  readonly #ownKey: OwnAccountKey
  readonly #news: Newsroom
  readonly #door: Door
  readonly #reach: Reach
  readonly #relay: HubRelay
  readonly #company: Company
  readonly #overview: Overview
  readonly #closing = new AbortController()
  #stopWatching: () => void = () => {}

  constructor(options: HubOptions, home: Home) {
    const { identity, store, chats, reach, blocks, clock } = home
    const { log, now = Date.now } = options
    this.#options = options
    this.#home = home
    this.#company = new Company(() => this.#parts)
    this.#circles = new Circles(this.#company.finding)
    this.#door = new Door({ peersOf: registry => this.#company.peersOf(registry), log })
    this.#identity = identity
    this.#store = store
    this.#clock = clock
    this.#news = new Newsroom(log)
    const tell = (news: HubNews) => this.#news.tell(news)
    const plugins = new HubPlugins(options.plugged ?? nothingPlugged())
    this.#plugins = plugins
    const came: ChatsOptions['came'] = messages => plugins.received(messages)
    this.chats = new Chats(chats, { circles: this.#circles, clock, device: this.device, blocks, log, tell, came })
    this.messages = new Messages({
      ...{ circles: this.#circles, chats: this.chats, plugins },
      attachment: hash => this.files.attachment(hash),
      now: () => this.#clock.physical(),
    })
    this.#dialer = new Dialer({ identity: identity.device, log, proxy: proxyFor(options.options.proxy, process.env) })
    this.#reach = reach
    this.#relay = new HubRelay({
      dialer: this.#dialer,
      session: () => this.#client.session,
      place: () => this.#registryPlace,
      self: { user: () => store.current?.user, device: this.device },
      mayCome: user => this.#company.team?.isBlocked(user) === false,
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
      onPeople: users => this.#company.team?.freshness.changed(users),
      onOwn: () => this.#ownChanged(),
      also: () => this.#company.team?.partners ?? [],
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
      entered: () => this.#company.openTeam(),
      areReceiptsOn: () => this.chats.areReceiptsOn,
      changed: () => this.#news.tell({ accounts: true }),
    })
    this.#ownKey = new OwnAccountKey({ store, identity, log, came: () => void this.#ownChanged() })
    this.devices = new OwnDevices({
      ...{ store, identity, client: this.#client, membership: this.#membership, key: this.#ownKey, digits, log },
      now: () => this.#clock.physical(),
      revoked: async () => this.#company.team?.cuts.make(),
      changed: () => this.#news.tell({ pendingDevices: true }),
    })
    this.trust = new Verifying(this.#circles)
    const own = { membership: this.#membership, client: this.#client, store, identity: identity.device }
    this.passwords = new Passwords(own)
    this.invites = new TeamInvites(own)
    this.rooms = new Rooms(() => this.#company.team?.rooms)
    this.archive = new Archive({
      ...{ storage: options.storage, index: options.search, log, circles: this.#circles, company: this.#company },
      ...{ chats: this.chats, clock: this.#clock, ownName: () => store.current?.name },
      watch: listener => this.watch(listener),
    })
    this.#overview = new Overview({
      ...{ device: this.device, company: this.#company, circles: this.#circles, devices: this.devices },
      ...{ membership: this.#membership, client: this.#client, reach, relay: this.#relay, hosting: options.hosting },
    })
  }

  /** The id of this home's device. */
  get device(): DeviceId {
    return deviceId(this.#identity.device.id)
  }

  async start(): Promise<void> {
    const { log } = this.#options
    await this.#company.open()
    await this.#reach.listen(link => this.#door.take(link), this.#company.classic.gate)
    this.#client.start()
    this.#company.start()
    this.archive.start()
    this.#stopWatching = watchSurroundings(what => {
      log.info({ what }, 'The machine slept or its network changed: dialling again.')
      this.#client.renew()
      this.#company.renew()
    })
  }

  status(): NonNullable<StatusInfo['hub']> {
    return this.#overview.status()
  }

  signUp(params: Params<'signUp'>, ask?: AskPerson): Result<'signUp'> {
    return this.#membership.signUp(params, ask)
  }

  signIn(params: Params<'signIn'>, ask?: AskPerson): Result<'signIn'> {
    return this.#membership.signIn(params, ask)
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
    const ended = AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])])
    return probe(text, {
      device: this.device,
      personOf: device => this.#company.personOf(device),
      proxy: this.#dialer.proxy,
      log: this.#options.log,
      signal: ended,
    })
  }

  /** People of no team, chat requests, and who is blocked. */
  get strangers(): Strangers {
    return this.#company.strangers
  }

  /** Files of messages. */
  get files(): Files {
    return this.#company.files
  }

  /** Whom front ends list. */
  people(): PeopleSnapshot {
    return this.#overview.people()
  }

  /** What `parley doctor` looks at. */
  checks(): Check[] {
    return this.#overview.checks()
  }

  readonly setDirect = async ({ direct }: Params<'setDirect'>): Result<'setDirect'> => {
    await this.#reach.setDirect(direct)
    this.#client.tellPlaces()
    this.#news.tell({ accounts: true })
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

  send(params: Params<'send'>): Result<'send'> {
    this.#standing.acted()
    return this.messages.send(params)
  }

  async history(params: Params<'history'>): Result<'history'> {
    const { circle, conversation } = await this.#circles.find(params.with)
    const { messages, more } = await circle.history(conversation, readRange(params))
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
    return this.#overview.snapshot()
  }

  /** One conversation as the snapshot has it. */
  conversation(id: string): ConversationInfo | undefined {
    return this.#circles.info(conversationId(id))
  }

  watch(listener: (news: HubNews) => void): () => void {
    return this.#news.watch(listener)
  }

  async close(): Promise<void> {
    await this.#company.hurry()
    this.#closing.abort()
    this.#standing.close()
    this.#stopWatching()
    this.#relay.close()
    await this.#client.close()
    await this.#membership.close()
    await this.archive.close()
    await this.#company.close()
    await this.chats.close()
    await this.#reach.close()
    this.#dialer.close()
  }

  /** What the circles are made of. */
  get #parts(): CompanyParts {
    const { storage, log, upgrade, mailWaits, reconnect, options } = this.#options
    const { blocks, trusts, fileStore } = this.#home
    return {
      ...{ storage, log, upgrade, mailWaits, chats: this.chats, circles: this.#circles },
      ...{ blocks, trusts, fileStore, guard: this.#plugins.receiving },
      ...{ store: this.#store, identity: this.#identity, ownKey: this.#ownKey, client: this.#client },
      ...{ dialer: this.#dialer, clock: this.#clock, mode: options.classic, askAgain: reconnect },
      relay: (user, device, signal) => this.#relay.dial(user, device, signal),
      port: () => this.#reach.places.port,
      addresses: () => this.#reach.addresses,
      watch: listener => this.watch(listener),
      tell: news => this.#news.tell(news),
    }
  }

  #presenceChanged(users: ReadonlySet<UserId>): void {
    this.#company.presence(users)
    const own = this.#store.current?.user
    if (own && users.has(own)) this.#news.tell({ accounts: true })
  }

  #accountChanged(): void {
    if (this.#client.state === 'signed-out') {
      this.#company.team?.peers.closeAll('Signed out.')
      this.devices.signedOut()
    } else this.#company.team?.reachAll()
    this.#news.tell({ accounts: true })
  }

  /** The account, its devices, or its key here are others now. */
  async #ownChanged(): Promise<void> {
    this.devices.refresh()
    try {
      // A device that waited until now has a team from here on.
      await this.#company.openTeam()
      this.#company.team?.freshness.signedIn()
      this.#company.team?.ownChanged()
    } catch (error) {
      this.#options.log.error({ error: asParleyError(error).message }, 'The team could not be opened.')
    }
    this.#news.tell({ accounts: true })
  }

  /** Where the registry is: that of this very daemon is reached without any network. */
  get #registryPlace() {
    const account = this.#store.current
    const own = this.#options.hosting?.team
    return own && own.registry === account?.registry ? own.place : account
  }
}
