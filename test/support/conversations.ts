import { randomBytes } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import {
  type Account,
  type Conversations,
  type Outgoing,
  openConversations,
  type Peer,
  type PeerLink,
  type StoredMessage,
} from '../../daemon/src/hub/conversations/conversations.ts'
import type { Author, Keyring, Rooms } from '../../daemon/src/hub/conversations/members.ts'
import { RoomMembers } from '../../daemon/src/hub/conversations/membership/room-members.ts'
import { HybridClock } from '../../daemon/src/protocol/clock.ts'
import {
  type ConversationId,
  type DeviceId,
  deviceId,
  directConversationId,
  messageId,
  type RegistryId,
  registryId,
  type UserId,
  userId,
} from '../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey, publicKeyOf } from '../../daemon/src/protocol/keys.ts'
import { type Event, EventSchema } from '../../daemon/src/protocol/parley_pb.ts'
import { RecordedLog } from './recorded-log.ts'

export const registry: RegistryId = registryId(new Uint8Array(32).fill(7))

/** A person with one device, for tests that need no registry. */
export interface Person extends Peer {
  readonly account: Account
}

export function person(name: string): Person {
  return withDevice({ user: userId(randomBytes(16)), name, displayName: name })
}

/** Somebody on a device of its own, another one than before. */
export function withDevice(peer: Peer): Person {
  const made = withUnknownDevice(peer)
  know(made)
  return made
}

/** As {@link withDevice}, of whose statements nobody knows. */
export function withUnknownDevice({ user, name, displayName }: Peer): Person {
  const { privateKey, spki } = generateKeyPair()
  const account = { registry, user, device: deviceId(idOfKey(spki)), privateKey, spki }
  return { user, name, displayName, account }
}

/** From now on everybody knows of their device. */
export function know({ user, account: { device, spki } }: Person): void {
  authors.set(device, { user, key: publicKeyOf(spki) })
}

/** Everybody whom a test has made, but {@link withUnknownDevice}: their statements are known to all. */
const authors = new Map<DeviceId, Author>()

/** Devices that statements of people call revoked. */
export const formerOwners = new Map<DeviceId, UserId>()

export const keyring: Keyring = {
  keyOf: device => authors.get(device),
  devicesOf: user =>
    new Map([...authors].flatMap(([device, author]) => (author.user === user ? [[device, author.key]] : []))),
  formerOwner: device => formerOwners.get(device),
}

export function conversationOf(a: Person, b: Person): ConversationId {
  return directConversationId(registry, a.user, b.user)
}

type HomeOptions = Pick<Parameters<typeof openConversations>[0], 'guard' | 'rooms' | 'offerPause'>

/** A person's conversations over a storage that outlives restarts. */
export class Home implements AsyncDisposable {
  readonly person: Person
  readonly log = new RecordedLog()
  storage: Storage
  clock: HybridClock
  /** Every change that was told, the latest last. */
  readonly told: StoredMessage[] = []
  areReceiptsOn = true
  readonly #more: HomeOptions
  #conversations: Conversations | undefined
  readonly #links = new Set<AbortController>()

  private constructor(owner: Person, storage: Storage, clock: HybridClock, more: HomeOptions) {
    this.#more = more
    this.person = owner
    this.storage = storage
    this.clock = clock
  }

  static async open(
    owner: Person,
    storage: Storage = openMemoryStorage(),
    clock = new HybridClock(),
    more: HomeOptions = {},
  ): Promise<Home> {
    const home = new Home(owner, storage, clock, more)
    await home.start()
    return home
  }

  get conversations(): Conversations {
    if (this.#conversations === undefined) throw new Error('the home is not open')
    return this.#conversations
  }

  async start(): Promise<void> {
    const { storage, clock, log } = this
    const { account, user: self } = this.person
    const rooms: Rooms = {
      membersOf: (room, entries, keys) => RoomMembers.of({ room, self, keyring: keys }, entries),
      meet: async () => {},
    }
    const areReceiptsOn = () => this.areReceiptsOn
    this.#conversations = await openConversations({
      storage,
      account,
      clock,
      log,
      keyring,
      rooms,
      areReceiptsOn,
      ...this.#more,
    })
    this.#conversations.watch(({ messages }) => this.told.push(...messages))
  }

  /** Cuts its links, then stops. */
  async stop(): Promise<void> {
    for (const link of this.#links) link.abort()
    await this.#conversations?.close()
    this.#conversations = undefined
  }

  /** Leaves it as it is, as the end of its process does: nothing is heard of it any more. */
  abandon(): void {
    for (const link of this.#links) link.abort()
    this.#conversations = undefined
  }

  async restart(storage: Storage = this.storage): Promise<void> {
    await this.stop()
    this.storage = storage
    await this.start()
  }

  cutsWithStop(link: AbortController): void {
    this.#links.add(link)
    link.signal.addEventListener('abort', () => this.#links.delete(link))
  }

  send(to: Person, text: string, more: Partial<Outgoing> = {}): Promise<StoredMessage> {
    const message = messageId(randomBytes(16))
    return this.conversations.send({ peer: to, text, message, written: Date.now(), ...more })
  }

  /** All messages with `other`, read in pages. */
  async messages(other: Person, limit = 200): Promise<StoredMessage[]> {
    const found: StoredMessage[] = []
    for (let before: string | undefined; ; before = found[0]?.position) {
      const range = before === undefined ? { limit } : { limit, before }
      const page = await this.conversations.history(conversationOf(this.person, other), range)
      found.unshift(...page.messages)
      if (!page.more) return found
    }
  }

  async texts(other: Person): Promise<string[]> {
    return (await this.messages(other)).map(({ text }) => text)
  }

  /** Resolves as soon as `holds` does, asked after each change. Rejects after `deadline` ms. */
  async until(what: string, holds: () => boolean | Promise<boolean>, deadline = 20_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(
      () => reject(new Error(`${this.person.name}: ${what}: not within ${deadline} ms`)),
      deadline,
    )
    let isAsking = false
    let again = false
    const ask = async () => {
      again = true
      if (isAsking) return
      isAsking = true
      while (again) {
        again = false
        if (await holds()) resolve()
      }
      isAsking = false
    }
    const askOrFail = () => void ask().catch(reject)
    const stop = this.conversations.watch(askOrFail)
    askOrFail()
    await promise.finally(() => {
      stop()
      clearTimeout(timer)
    })
  }

  /** Resolves when everything said to `other` is delivered. */
  delivered(other: Person): Promise<void> {
    return this.until('all delivered', () => !this.conversations.lacking(other.user))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

export type Frame = Event['is']
/** What happens to a frame on its way: delivered, several times over, not at all, or the link is cut before it. */
export type Fate = 'deliver' | 'drop' | 'duplicate' | 'cut'

export interface Wire {
  /** Frames as they were sent, by their sender's name. */
  readonly frames: { readonly from: string; readonly is: Frame }[]
  cut(): void
  readonly closed: AbortSignal
}

export interface WireOptions {
  /** Decides over each frame; `number` counts those of both sides. */
  readonly fate?: (frame: { from: Person; is: Frame; number: number }) => Fate | Promise<Fate>
  /** Frames on their way per direction before a sender has to wait. */
  readonly room?: number
  readonly clockApart?: boolean
  /** How one side shows itself, if not as it is. */
  readonly keys?: PeerLink['keys']
}

/** Links two homes by a wire that carries frames as bytes, in order, and does what `fate` says. */
export function connect(a: Home, b: Home, options: WireOptions = {}): Wire {
  const stop = new AbortController()
  const wire = new TestWire(stop, options)
  const toA = new Direction(wire, b.person)
  const toB = new Direction(wire, a.person)
  a.cutsWithStop(stop)
  b.cutsWithStop(stop)
  const atA = a.conversations.attach(linkTo(b.person, toB, stop.signal, options))
  const atB = b.conversations.attach(linkTo(a.person, toA, stop.signal, options))
  toA.deliver(is => atA.event(is))
  toB.deliver(is => atB.event(is))
  return wire
}

/** The link that a home sees to `other`, sending into `direction`. */
function linkTo(other: Person, direction: Direction, signal: AbortSignal, options: WireOptions): PeerLink {
  const { user, name, displayName, account } = other
  const keys = options.keys ?? new Map([[account.device, account.spki]])
  const clockApart = options.clockApart ?? false
  return {
    registry,
    user,
    name,
    displayName,
    device: account.device,
    keys,
    clockApart,
    signal,
    send: is => direction.send(is),
  }
}

class TestWire implements Wire {
  readonly frames: Wire['frames'] = []
  readonly options: WireOptions
  readonly #stop: AbortController

  constructor(stop: AbortController, options: WireOptions) {
    this.#stop = stop
    this.options = options
  }

  get closed(): AbortSignal {
    return this.#stop.signal
  }

  cut(): void {
    this.#stop.abort()
  }
}

class Direction {
  readonly #wire: TestWire
  readonly #from: Person
  readonly #queue: Uint8Array[] = []
  #receive: ((is: Frame) => Promise<void>) | undefined
  #isPumping = false
  #waiters: (() => void)[] = []

  constructor(wire: TestWire, from: Person) {
    this.#wire = wire
    this.#from = from
    wire.closed.addEventListener('abort', () => this.#wakeAll())
  }

  deliver(receive: (is: Frame) => Promise<void>): void {
    this.#receive = receive
    this.#pump()
  }

  async send(is: Frame): Promise<void> {
    if (this.#wire.closed.aborted) throw new Error('the wire is cut')
    const number = this.#wire.frames.push({ from: this.#from.name, is })
    this.#queue.push(toBinary(EventSchema, create(EventSchema, { is })))
    const fate = (await this.#wire.options.fate?.({ from: this.#from, is, number })) ?? 'deliver'
    if (fate === 'cut') this.#wire.cut()
    const bytes = this.#queue.at(-1)
    if (fate === 'drop') this.#queue.pop()
    if (fate === 'duplicate' && bytes !== undefined) this.#queue.push(bytes)
    this.#pump()
    while (this.#queue.length >= (this.#wire.options.room ?? 64) && !this.#wire.closed.aborted) {
      await new Promise<void>(resolve => this.#waiters.push(resolve))
    }
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    setImmediate(async () => {
      while (!this.#wire.closed.aborted && this.#receive !== undefined) {
        const bytes = this.#queue.shift()
        if (bytes === undefined) break
        await this.#receive(fromBinary(EventSchema, bytes).is)
        this.#wakeAll()
      }
      this.#isPumping = false
    })
  }

  #wakeAll(): void {
    for (const resolve of this.#waiters.splice(0)) resolve()
  }
}
