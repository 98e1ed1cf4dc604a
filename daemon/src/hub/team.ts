import type { Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import type { Dialer } from '../net/dial.ts'
import type { Identity } from '../net/identity.ts'
import type { SecretBox } from '../plugins/secrets.ts'
import type { HybridClock } from '../protocol/clock.ts'
import type { PersonInfo } from '../protocol/control.ts'
import { type DeviceId, deviceId, directConversationId, type UserId, userId } from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import type { Reply, Request } from '../protocol/parley_pb.ts'
import { rosterDevices } from '../protocol/statements.ts'
import type { Account, AccountStore } from './accounts.ts'
import { Admission } from './admission.ts'
import type { Blocks } from './blocks.ts'
import type { KeptChats } from './chats/chats.ts'
import { type Conversations, openConversations } from './conversations/conversations.ts'
import type { Rooms } from './conversations/members.ts'
import { RoomMembers } from './conversations/membership/room-members.ts'
import type { Peer } from './conversations/types.ts'
import type { OwnAccountKey } from './devices/account-key.ts'
import { LogCuts } from './devices/log-cuts.ts'
import { Supervisor, type SupervisorOptions } from './dialer.ts'
import type { DirectOptions } from './direct/direct.ts'
import type { CircleFiles } from './files/files.ts'
import { mayHaveFiles } from './files/in-circles.ts'
import { Freshness } from './freshness.ts'
import { asName, KeyedCircle } from './keyed-circle.ts'
import { ownDevices, PeopleKeyring } from './keyring.ts'
import type { CourierOptions } from './mailbox/courier.ts'
import { MailboxKeys } from './mailbox/keys.ts'
import { HubMailbox } from './mailbox/mailbox.ts'
import type { HubNews } from './news.ts'
import { type LinkedDevice, Peers } from './peers.ts'
import { People, type Person } from './people.ts'
import { PeopleList } from './people-list.ts'
import type { RegistryClient } from './registry/client.ts'
import { personInfo } from './registry/online-list.ts'
import { TeamRooms } from './rooms/circle.ts'
import type { Statements } from './rooms/statements.ts'
import { roomsTeam, teamStatements } from './rooms/team.ts'
import type { TrustStore } from './trust-store.ts'

export interface TeamOptions extends Pick<DirectOptions, 'guard'> {
  readonly storage: Storage
  readonly store: AccountStore
  readonly account: Account
  readonly identity: Identity
  readonly client: RegistryClient
  readonly dialer: Dialer
  readonly clock: HybridClock
  readonly log: Log
  readonly blocks: Blocks
  readonly trusts: TrustStore
  /** The account key, which travels between one's own devices. */
  readonly ownKey: OwnAccountKey
  /** A link through the registry's relay. */
  readonly relay: NonNullable<SupervisorOptions['relay']>
  /** ms between attempts to do without it. */
  readonly upgrade?: SupervisorOptions['upgrade'] | undefined
  /** Waits of the mailbox in ms; tests shorten them. */
  readonly mailWaits?: CourierOptions['waits']
  /** Seals what must not be in storage as it is. */
  readonly secrets: SecretBox
  /** What is kept of chats. */
  readonly chats: KeptChats
  /** Files of messages. */
  readonly files: CircleFiles
  /** What front ends see changed. */
  readonly tell: (news: HubNews) => void
}

/** All that belongs to the account at one registry: the people met there, the conversations, the links to peers. */
export class Team extends KeyedCircle {
  readonly peers: Peers
  readonly supervisor: Supervisor
  readonly freshness: Freshness
  /** Whom front ends list. */
  readonly listedPeople: PeopleList
  readonly rooms: TeamRooms
  /** Of devices that were revoked. */
  readonly cuts: LogCuts
  /** Of people whom one has not met, but who write in the same rooms. */
  readonly statements: Statements
  /** What the registry keeps for devices that are away. */
  readonly mailbox: HubMailbox
  readonly #options: TeamOptions
  readonly #keyNotices = new Map<UserId, string>()

  private constructor(options: TeamOptions, people: People, conversations: Conversations, keys: MailboxKeys) {
    const { store, client, identity, clock, dialer, log, blocks, trusts, chats, files, tell } = options
    const { registry, user } = options.account
    const ownKey = () => (store.current ?? options.account).attested.accountKey
    super({ registry, user, ownKey, people, conversations, clock, log, blocks, trusts, chats, files, tell })
    const device = deviceId(identity.id)
    this.#options = options
    const isActive = () => store.current !== undefined && store.current.signedOut === undefined
    this.peers = new Peers({
      self: () => {
        const account = store.current
        const notices = account?.chain.notices ?? []
        return account && isActive() ? { ...account, device, notices, now: () => clock.physical() } : undefined
      },
      people,
      attach: link => this.attachLink(link),
      heard: (registry, notices) => client.notices.take(registry, notices),
      log,
      answer: (is, asker) => this.answer(is, asker),
      onLink: (user, isUp) => {
        if (isUp) files.linked()
        else this.mailbox.wants(user)
        this.rooms.linked(user, isUp)
        this.supervisor.linked(user, isUp)
        this.personChanged(user)
        if (isUp) void this.statements.meet([options.account.user, user])
      },
      onClock: (user, why) => this.clockApart(user, why),
      own: options.ownKey,
      refuses: user => this.isBlocked(user),
      ...new Admission({
        ...{ people, peers: () => this.peers, freshness: () => this.freshness },
        isBlocked: user => this.isBlocked(user),
        lastSaid: user => Math.max(this.info(this.conversationOf(user))?.lastTime ?? 0, this.rooms.lastSaid(user)),
      }),
    })
    this.supervisor = new Supervisor({
      dialer,
      peers: this.peers,
      people,
      self: device,
      session: () => client.session,
      relay: options.relay,
      ...(options.upgrade && { upgrade: options.upgrade }),
      lacking: (user, device) =>
        user === options.account.user
          ? this.#hasOther(device)
          : !this.isHeld(user) &&
            (conversations.lacking(user, device) || this.rooms.wants(user) || mayHaveFiles(this, files, user)),
      own: { user, isUrgent: () => options.ownKey.isLacking },
      isActive,
      log,
    })
    this.rooms = new TeamRooms({
      ...{ registry, self: user, conversations, clock, chats, tell: options.tell },
      team: roomsTeam(this, client),
    })
    this.cuts = new LogCuts({ store, conversations, user, now: () => clock.physical(), log })
    this.statements = teamStatements(this, {
      own: () => store.current ?? options.account,
      session: () => client.session,
      log,
    })
    this.freshness = new Freshness({
      people,
      peers: () => this.peers,
      isPartner: user => {
        return (conversations.get(this.conversationOf(user))?.isStored ?? false) || this.rooms.everybody.has(user)
      },
      session: () => client.session,
      now: () => clock.physical(),
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
    this.mailbox = new HubMailbox({
      ...{ conversations, keys, people, self: device, clock, log, waits: options.mailWaits },
      ...{ session: () => client.session, own: () => store.current ?? options.account },
      isLinked: device => this.peers.linkTo(device) !== undefined,
      isAway: user => client.online.known(user)?.status === 'offline',
      isHeld: user => this.isHeld(user),
    })
    for (const [user, key] of trusts.noted(registry)) {
      const person = people.get(user)
      if (person && Buffer.from(person.attested.accountKey).equals(key)) this.#noteKey(person)
    }
    people.watch((person, before) => {
      this.peers.recheck(person)
      // A device that is new to their roster lacks everything.
      if (before && [...person.keys.keys()].some(device => !before.keys.has(device))) this.supervisor.reach(person.user)
      if (before && before.attested.generation !== person.attested.generation) this.#keyChanged(person)
    })
  }

  static async open(options: TeamOptions): Promise<Team> {
    const { storage, account, identity, clock, log, trusts } = options
    const { registry, user } = account
    let conversations: Conversations | undefined
    const talkedTo = (other: UserId) => conversations?.get(directConversationId(registry, user, other))?.isStored
    const trust = {
      registry,
      self: user,
      get registryKey() {
        return (options.store.current ?? account).chain
      },
      now: () => clock.physical(),
      // Who holds the new key would be given all that was written to the one of the old.
      otherKey: ({ user: other, attested }: Person) =>
        talkedTo(other) ? [trusts.note(registry, other, attested.accountKey)] : [],
    }
    const people = await People.open(storage, trust)
    const { privateKey, spki, id } = identity
    const self = { registry, user, device: deviceId(id), privateKey, spki }
    const own = ownDevices(self, () => options.store.current ?? account)
    const keyring = new PeopleKeyring(people, own)
    let team: Team | undefined
    const rooms: Rooms = {
      membersOf: (room, entries, keys) => RoomMembers.of({ room, self: user, keyring: keys }, entries),
      meet: async users => team?.statements.meet(users),
    }
    conversations = await openConversations({
      ...{ storage, account: self, clock, log, keyring, rooms, guard: options.guard },
      areReceiptsOn: () => options.chats.areReceiptsOn,
      blocked: other => options.blocks.person(registry, other),
    })
    const mailKeys = await MailboxKeys.open({ storage, box: options.secrets, registry, identity, now: trust.now, log })
    team = new Team(options, people, conversations, mailKeys)
    return team
  }

  /** To be called once it can be found by whoever hears of a change: tells who is there, and dials. */
  begin(): void {
    for (const user of this.partners) this.listedPeople.met(user)
    // After a sign-up the session is older than this.
    this.listedPeople.changed(this.#options.client.online.users())
    this.reachAll()
    void this.cuts.make()
  }

  override get warnings(): string[] {
    return [...super.warnings, ...this.#keyNotices.values()]
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
      if (found.person && personInfo(found.person).via === 'classic') {
        throw new ParleyError('busy', `"${name}" has just come as a classic client. Try again in a moment.`)
      }
      const person = this.people.judge(found.attestation, found.roster, { registry: { devices: [] } })
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

  /** The registry's list changed for these people, or the registry is out of reach. */
  presence(users: ReadonlySet<UserId>): void {
    this.rooms.presence()
    this.mailbox.presence(users)
    for (const user of users) {
      this.supervisor.reach(user)
      this.conversationWithChanged(user)
    }
    this.listedPeople.changed(users)
  }

  /** Also those with whom one shares rooms, and other devices of one's own. */
  override reachAll(): void {
    super.reachAll()
    this.supervisor.reach(this.#options.account.user)
    for (const user of this.rooms.everybody) this.supervisor.reach(user)
  }

  protected override personChanged(user: UserId): void {
    super.personChanged(user)
    this.rooms.personChanged(user)
  }

  protected override async answer(is: Request['is'], asker: LinkedDevice): Promise<Reply['is'] | undefined> {
    if (is.case !== 'askStatements') return super.answer(is, asker)
    return { case: 'statements', value: this.statements.answer(asker.user, is.value) }
  }

  /** Somebody as lists show them. A link to one of their devices counts for more than what the registry last said. */
  person({ user: id, name, displayName }: { user: string; name: string; displayName: string }): PersonInfo {
    const user = userId(id)
    const listed = this.#options.client.online.known(user)
    if (listed?.via) return listed // a classic client: it has no account
    const { status = 'offline', since = 0 } = listed ?? {}
    const known = this.people.get(user)
    const trust = this.trustOf(user)
    const words = {
      user,
      name: known?.name ?? name,
      displayName: known?.displayName ?? displayName,
      ...(trust && { trust }),
      ...(this.isBlocked(user) && { isBlocked: true as const }),
    }
    // While the team answers, it knows better: whoever is invisible has links, too.
    if (status === 'offline' && !this.#options.client.session && this.peers.isLinked(user))
      return { ...words, status: 'online', since: 0 }
    return { ...words, status, since }
  }

  override async close(): Promise<void> {
    this.listedPeople.close()
    this.statements.close()
    this.freshness.close()
    await this.mailbox.close()
    await super.close()
  }

  get ownName(): string {
    return (this.#options.store.current ?? this.#options.account).name
  }

  get ownDisplayName(): string {
    return (this.#options.store.current ?? this.#options.account).displayName
  }

  get isBusy(): boolean {
    return this.#options.store.current?.availability === 'busy'
  }

  get refusal(): ParleyError | undefined {
    const { signedOut } = this.#options.store.current ?? {}
    return signedOut === undefined ? undefined : new ParleyError('signed-out', signedOut)
  }

  protected met(user: UserId): void {
    this.listedPeople.met(user)
  }

  protected listChanged(users: Iterable<UserId>): void {
    this.listedPeople.changed(users)
  }

  /** Of somebody whom one has talked to, or verified, nothing passes from now on until the person here has decided. */
  #keyChanged(person: Person): void {
    const { log } = this.#options
    const { user, name } = person
    log.warn({ user, name }, 'The account key of this person has changed.')
    if (this.trustOf(user) === 'changed') this.peers.cut(user, 'The account key has changed.')
    this.#noteKey(person)
    this.personChanged(user)
  }

  #noteKey({ user, name }: Person): void {
    if (this.trustOf(user) !== 'changed') return
    const { account } = this.#options
    const team = account.team || account.host
    const advice = `Nothing is sent to them or shown from them until you have compared digits (parley verify ${name}), or go on without (--accept).`
    this.#keyNotices.set(user, `${team} says that ${name} has a new account key. ${advice}`)
  }

  protected override decided(user: UserId): void {
    this.#keyNotices.delete(user)
  }

  /** One's own devices are others now, or the account key has come. */
  ownChanged(): void {
    const account = this.#options.store.current
    if (!account) return
    const { user, name, listed, attested } = account
    const keys = new Map([...rosterDevices(listed)].filter(([device]) => !attested.denied.has(device)))
    this.peers.recheck({ user, name, keys })
    this.supervisor.reach(user)
    this.mailbox.signedIn()
  }

  /** Whether that is another device of one's own; without one, whether there is any. */
  #hasOther(device: DeviceId | undefined): boolean {
    const { store, identity } = this.#options
    const own = deviceId(identity.id)
    const others = store.current?.listed.devices.filter(
      ({ id }) => id !== own && !store.current?.attested.denied.has(id),
    )
    return others?.some(({ id }) => device === undefined || id === device) ?? false
  }

  #peer(user: UserId): Peer {
    const { registry, user: own } = this.#options.account
    const summary = this.conversations.get(directConversationId(registry, own, user))
    return summary?.peer ?? { user, name: '', displayName: '' }
  }
}

const oneself = 'You cannot write to yourself. Name somebody else.'
