import { ParleyError } from '../errors.ts'
import type { MessageName } from '../protocol/bodies.ts'
import type { PersonInfo } from '../protocol/control.ts'
import type { ConversationId, DeviceId, UserId } from '../protocol/ids.ts'
import type { AccountStore } from './accounts.ts'
import type { Circle } from './circle.ts'
import type { Circles, CirclesOptions, Place } from './circles.ts'
import { ClassicSide, type ClassicSideOptions } from './classic/side.ts'
import type { OwnAccountKey } from './devices/account-key.ts'
import { isNoRegistry } from './direct/addresses.ts'
import { Files } from './files/files.ts'
import { holdersIn, seekIn } from './files/in-circles.ts'
import type { FileStore } from './files/store.ts'
import type { HubIdentity } from './identity.ts'
import type { KeyedCircle } from './keyed-circle.ts'
import { nobodyYet } from './membership.ts'
import type { Peers } from './peers.ts'
import { waits } from './registry/entry.ts'
import { namesRoom, unknownRoom } from './rooms/naming.ts'
import { Strangers, type StrangersOptions } from './strangers.ts'
import { Team, type TeamOptions } from './team.ts'

/** What all of a hub's circles are made of. */
export interface CompanyParts
  extends Omit<StrangersOptions, 'team' | 'account' | 'isBusy' | 'identity' | 'files'>,
    Omit<ClassicSideOptions, 'strangers' | 'client'>,
    Pick<TeamOptions, 'client' | 'relay' | 'upgrade' | 'mailWaits' | 'guard'> {
  readonly store: AccountStore
  readonly identity: HubIdentity
  readonly circles: Circles
  readonly ownKey: OwnAccountKey
  readonly fileStore: FileStore
}

/** The circles of a hub: people of the team, once there is one, of no team, and classic clients; and the files that they share. */
export class Company {
  readonly #parts: () => CompanyParts
  readonly #closing = new AbortController()
  #team: Team | undefined
  #opening: Promise<void> | undefined
  #strangers: Strangers | undefined
  #classic: ClassicSide | undefined
  #files: Files | undefined

  /** `parts` are asked for when a circle is opened, not before. */
  constructor(parts: () => CompanyParts) {
    this.#parts = parts
  }

  get team(): Team | undefined {
    return this.#team
  }

  /** @throws ParleyError `closed` before {@link open} */
  get strangers(): Strangers {
    return this.#strangers ?? notOpen()
  }

  /** @throws ParleyError `closed` before {@link open} */
  get classic(): ClassicSide {
    return this.#classic ?? notOpen()
  }

  /** @throws ParleyError `closed` before {@link open} */
  get files(): Files {
    return this.#files ?? notOpen()
  }

  /** How a conversation's circle is found among these. */
  get finding(): CirclesOptions {
    return {
      team: () => this.#team,
      others: () =>
        [this.#team?.rooms, this.#strangers?.direct, this.#classic?.circle].filter(
          circle => circle !== undefined,
        ) satisfies Circle[],
      explicit: text => (namesRoom(text) ? this.#roomNamed(text) : this.#classic?.named(text)),
      ask: name => this.#askFor(name),
    }
  }

  /** The circles whose people have keys. */
  get keyed(): readonly KeyedCircle[] {
    return [this.#team, this.#strangers?.direct].filter(circle => circle !== undefined)
  }

  /** Whose hellos name that registry, by its id as it was sent. */
  peersOf(registry: Uint8Array): Peers | undefined {
    return isNoRegistry(registry) ? this.#strangers?.direct.peers : this.#team?.peers
  }

  /** Whose device that is, if somebody's whom this hub knows. */
  personOf(device: DeviceId): PersonInfo | undefined {
    const circle = this.keyed.find(({ people }) => people.ofDevice(device))
    const person = circle?.people.ofDevice(device)
    return person && circle?.person(person)
  }

  /** Opens all circles; nobody is dialled yet, but of the team. */
  async open(): Promise<void> {
    const { store, ...parts } = this.#parts()
    const files = this.#openFiles()
    this.#files = files
    await this.openTeam()
    this.#strangers = await Strangers.open({
      ...parts,
      files,
      team: () => this.#team,
      account: () => store.current,
      isBusy: () => store.current?.availability === 'busy',
    })
    this.#classic = await ClassicSide.open({ ...parts, store, strangers: this.#strangers })
    await files.begin()
  }

  /** Begins to dial those of no team. */
  start(): void {
    this.#strangers?.direct.start()
    this.#classic?.circle.reachAll()
  }

  /** Opens the team, if there is an account by now whose device is approved. */
  openTeam(): Promise<void> {
    this.#opening ??= this.#openTeamOnce().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /** The network has changed: all links are dialled anew. */
  renew(): void {
    this.#team?.peers.closeAll('The network changed.')
    this.#team?.reachAll()
    this.#strangers?.direct.renew()
    this.#classic?.circle.reachAll()
  }

  presence(users: ReadonlySet<UserId>): void {
    this.#team?.presence(users)
    this.#classic?.circle.presence(users)
  }

  /** The hub is about to stop: what waits to be left for others is left now, as far as it takes no time. */
  async hurry(): Promise<void> {
    await this.#team?.mailbox.hurry()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#opening?.catch(() => {})
    await this.#files?.close()
    await this.#team?.close()
    await this.#strangers?.close()
    await this.#classic?.close()
  }

  #openFiles(): Files {
    const { storage, fileStore: store, log, clock, tell, watch } = this.#parts()
    const files = new Files({
      ...{ store, storage, log, now: () => clock.physical() },
      holders: conversation => this.keyed.flatMap(circle => holdersIn(circle, conversation)),
      takesPart: (conversation, user) => this.keyed.some(circle => circle.takesPart(conversation, user)),
      tell: file => tell({ file }),
      seek: conversations => {
        for (const circle of this.keyed) seekIn(circle, conversations)
      },
      came: (conversation, name) => this.#tellMessage(conversation, name),
    })
    watch(({ messages }) => messages && files.shown(messages.messages))
    return files
  }

  /** A message shows a file otherwise once that is here. */
  async #tellMessage(conversation: ConversationId, name: MessageName): Promise<void> {
    const { circles, tell } = this.#parts()
    const message = await circles.of(conversation).circle.findMessage?.(conversation, name)
    if (message) tell({ messages: { conversation, messages: [message] } })
  }

  async #openTeamOnce(): Promise<void> {
    const { identity, ...parts } = this.#parts()
    const account = parts.store.current
    if (!account || account.isPending || this.#team || this.#closing.signal.aborted) return
    await parts.ownKey.load()
    this.#team = await Team.open({
      ...parts,
      files: this.files,
      account,
      identity: identity.device,
      secrets: identity.secrets,
    })
    this.#team.begin()
  }

  async #roomNamed(text: string): Promise<Place> {
    const rooms = this.#team?.rooms
    if (!rooms) throw unknownRoom(text)
    return { circle: rooms, conversation: await rooms.findRoom(text) }
  }

  /** Somebody of the team whom this hub has never met: the registry knows them. */
  async #askFor(name: string): Promise<Place> {
    const team = this.#team
    if (!team) {
      throw this.#parts().store.current?.isPending ? waits() : new ParleyError('unknown-account', nobodyYet)
    }
    const client = this.#classic?.listed(name)
    if (client) return client
    const { user } = await team.find(name)
    return { circle: team, conversation: team.conversationOf(user) }
  }
}

function notOpen(): never {
  throw new ParleyError('closed', 'The hub has not started.')
}
