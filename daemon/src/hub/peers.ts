import type { Log } from '@parley/kit'
import { asParleyError, type ErrorCode, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, type UserId } from '../protocol/ids.ts'
import type { Event, PeerHello, Reply, Request, Signed } from '../protocol/parley_pb.ts'
import type { PeerLink } from './conversations/types.ts'
import { ClockApart, helloTo, judgeHello, type Self } from './peer-hello.ts'
import type { People, Person } from './people.ts'
import { ask } from './registry/open.ts'

export interface PeersOptions {
  /** Who this hub is; undefined while signed out: then everybody is a stranger. */
  readonly self: () => (Self & { readonly user: UserId }) | undefined
  readonly people: People
  /** Hands an established link to the conversations. */
  readonly attach: (link: PeerLink) => { event(is: Event['is']): Promise<void> }
  /** A peer passes on what the registry has announced: resolves once what is new is kept. */
  readonly heard?: (registry: RegistryId, notices: readonly Signed[]) => Promise<void>
  /**
   * Whether somebody who is who they say may talk to us: gives the person as they are to be kept.
   * @throws ParleyError why not: `asked`, `busy` and `clock` are told to them, all else is `stranger`
   */
  readonly admit?: (person: Person, link: Link, hello: PeerHello) => Person | Promise<Person>
  /** Before a device of somebody else gets a link. @throws ParleyError `busy` */
  readonly makeRoom?: (user: UserId, device: DeviceId) => void
  /** Links between one's own devices. Absent: there are none. */
  readonly own?: {
    /** @throws ParleyError `stranger` for a device that is not one of them */
    admit(person: Person, device: DeviceId): Promise<void>
    /** Answers what only devices of the same account may ask for; gives nothing for anything else. @throws ParleyError */
    answer(is: Request['is'], device: DeviceId): Reply['is'] | undefined
    /** A link between two of them is up. */
    linked(link: Link): void
  }
  /** Answers what a device asks for; gives nothing for a request that is not known. */
  readonly answer?: (is: Request['is'], asker: LinkedDevice) => Promise<Reply['is'] | undefined>
  /** Whether somebody who was admitted may not stay after all. */
  readonly refuses?: (user: UserId) => boolean
  readonly log: Log
  /** A link to that person came up, or went. */
  readonly onLink: (user: UserId, isUp: boolean) => void
  /** The clocks are too far apart to talk: a sentence; undefined: no longer. */
  readonly onClock: (user: UserId, why: string | undefined) => void
}

/** What comes of a hello that holds. */
export interface Received {
  readonly answer: PeerHello
  /** To be called behind the answer: takes the link. Gives what takes its events; undefined where another link stays. */
  adopt(): Taker | undefined
}

/** A device that is linked, and whose it is. */
export interface LinkedDevice {
  readonly user: UserId
  readonly device: DeviceId
  readonly link: Link
}

export type Taker = (is: Event['is']) => Promise<void>

/** The established links to devices of others and of one's own: one for each, both sides known to each other. */
export class Peers {
  readonly #options: PeersOptions
  readonly #links = new Map<DeviceId, { readonly link: Link; readonly user: UserId; readonly since: number }>()
  readonly #devices = new Map<UserId, Set<DeviceId>>()

  constructor(options: PeersOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#links.size
  }

  /** How many of the links run through a relay. */
  get relayed(): number {
    return [...this.#links.values()].filter(({ link }) => link.relayed).length
  }

  /** Whether somebody is linked, and only through a relay. */
  isRelayed(user: UserId): boolean {
    const devices = [...(this.#devices.get(user) ?? [])]
    return devices.length > 0 && devices.every(device => this.linkTo(device)?.relayed)
  }

  /** The link to a device. */
  linkTo(device: DeviceId): Link | undefined {
    return this.#links.get(device)?.link
  }

  /** The linked devices of somebody. */
  devicesOf(user: UserId): LinkedDevice[] {
    return [...(this.#devices.get(user) ?? [])].flatMap(device => {
      const link = this.linkTo(device)
      return link && !link.signal.aborted ? [{ user, device, link }] : []
    })
  }

  /** Everybody who is linked. */
  get linked(): ReadonlySet<UserId> {
    return new Set(this.#devices.keys())
  }

  isLinked(user: UserId): boolean {
    return this.#devices.has(user)
  }

  /** The hello of somebody who has dialled, and what to do once it is answered. @throws ParleyError why it is not */
  async receive(hello: PeerHello, link: Link): Promise<Received> {
    const person = await this.#judge(hello, link)
    return { answer: helloTo(link.peerId, this.#self()), adopt: () => this.#adopt(link, person) }
  }

  /**
   * Says hello over a link that was dialled to reach `user`; without one, to whoever is there.
   * @throws ParleyError why it did not come up
   */
  async greet(link: Link, user?: UserId): Promise<Person> {
    try {
      const hello = helloTo(link.peerId, this.#self())
      const answer = await ask(link, { case: 'peerHello', value: hello }, 'peerHello')
      const person = await this.#judge(answer, link, user)
      this.#adopt(link, person)
      return person
    } catch (error) {
      const reason = asParleyError(error)
      if (user && reason.code === 'clock')
        this.#options.onClock(user, error instanceof ClockApart ? reason.message : clockWords)
      link.close(reason.code, reason.message)
      throw reason
    }
  }

  /** Newer statements of a person: links to devices that no longer speak for them are cut. */
  recheck(person: Pick<Person, 'user' | 'name' | 'keys'>): void {
    for (const [device, { link, user }] of this.#links) {
      if (user === person.user && !person.keys.has(device)) {
        link.close('device-denied', `This device no longer speaks for ${person.name}.`)
      }
    }
  }

  /** Cuts the links to somebody. */
  cut(user: UserId, message: string, code: ErrorCode = 'stranger'): void {
    for (const linked of [...this.#links.values()]) if (linked.user === user) linked.link.close(code, message)
  }

  closeAll(message: string): void {
    for (const { link } of [...this.#links.values()]) link.close('closed', message)
  }

  #self(): Self & { readonly user: UserId } {
    const self = this.#options.self()
    if (!self) throw stranger()
    return self
  }

  /** `expected`: who it must be; nothing of anybody else is kept. */
  async #judge(hello: PeerHello, link: Link, expected?: UserId): Promise<Person> {
    const { people, onClock } = this.#options
    const self = this.#self()
    // Before the statements are judged: the key that has signed them may be news here.
    const isOurs = Buffer.from(hello.registry).equals(fromText(self.registry))
    if (isOurs) await this.#options.heard?.(self.registry, hello.notices)
    let person: Person
    try {
      person = judgeHello(hello, link, self, people)
    } catch (error) {
      if (error instanceof ClockApart) onClock(error.person.user, error.message)
      throw error
    }
    if (expected && person.user !== expected) throw stranger()
    const device = deviceId(link.peerId)
    if (person.user === self.user) {
      await (this.#options.own ?? noOwn).admit(person, device)
      return people.keep(person)
    }
    onClock(person.user, undefined)
    const admitted = (await this.#options.admit?.(person, link, hello)) ?? person
    // A hub that forgot which roster it has seen could be shown an older one after a restart.
    const kept = await people.keep(admitted)
    if (!kept.keys.has(device)) throw stranger()
    return kept
  }

  #adopt(link: Link, person: Person): Taker | undefined {
    const { attach, onLink } = this.#options
    const self = this.#options.self()
    // Who was admitted a moment ago may have been blocked meanwhile.
    if (!self || link.signal.aborted || this.#options.refuses?.(person.user)) {
      link.close()
      return undefined
    }
    const device = deviceId(link.peerId)
    if (!this.#links.has(device) && person.user !== self.user && !this.#hasRoom(link, person)) return undefined
    const { link: other, since = 0 } = this.#links.get(device) ?? {}
    if (other && !other.signal.aborted) {
      const isSettled = performance.now() - since > limits.settled
      const stays = isSettled ? link : chosen(other, link, self.device)
      const goes = stays === link ? other : link
      if (stays === link) this.#forget(device)
      goes.close('closed', duplicate)
      if (goes === link) return undefined
    }
    link.established()
    link.allowLargeFrames()
    this.#links.set(device, { link, user: person.user, since: performance.now() })
    this.#devices.set(person.user, (this.#devices.get(person.user) ?? new Set()).add(device))
    const { signal } = link
    signal.addEventListener('abort', () => this.#gone(device, link, person.user), { once: true })
    const { user, name, displayName, keys } = person
    const own = user === self.user ? this.#options.own : undefined
    const send = (is: Event['is']) => link.send(is)
    const attached = attach({ registry: self.registry, user, device, name, displayName, keys, send, signal })
    const taker: Taker = is => attached.event(is)
    const { answer } = this.#options
    const request = async (is: Request['is']) => {
      return own?.answer(is, device) ?? (await answer?.(is, { user, device, link })) ?? { case: undefined }
    }
    link.handle({ event: taker, request })
    own?.linked(link)
    onLink(person.user, true)
    return taker
  }

  /** Whoever was admitted in the same moment as others may find all places taken. */
  #hasRoom(link: Link, { user }: Person): boolean {
    try {
      this.#options.makeRoom?.(user, deviceId(link.peerId))
      return true
    } catch (error) {
      const { code, message } = asParleyError(error)
      link.close(code, message)
      return false
    }
  }

  #gone(device: DeviceId, link: Link, user: UserId): void {
    if (this.#links.get(device)?.link !== link) return
    this.#forget(device)
    this.#options.onLink(user, false)
  }

  #forget(device: DeviceId): void {
    const { user } = this.#links.get(device) ?? {}
    this.#links.delete(device)
    const devices = user && this.#devices.get(user)
    devices?.delete(device)
    if (user && devices?.size === 0) this.#devices.delete(user)
  }
}

/**
 * Which of two links between a pair stays: a direct one before one through a relay; of two from one dialler the newer,
 * else the one dialled by the lower device id (in byte order), so that both sides choose the same. Where one has been
 * settled for a while, the newer stays instead: nobody dials but who has lost the other, or has found a direct way.
 */
export function chosen<L extends Pick<Link, 'outbound' | 'peerId' | 'relayed'>>(older: L, newer: L, self: DeviceId): L {
  if (older.relayed !== newer.relayed) return newer.relayed ? older : newer
  if (older.outbound === newer.outbound) return newer
  const isSelfLower = Buffer.compare(fromText(self), newer.peerId) < 0
  return newer.outbound === isSelfLower ? newer : older
}

const duplicate = 'Another link to the same device took the place of this one.'
const noOwn = {
  async admit() {
    throw stranger()
  },
}
/** What both sides are told whose clocks are too far apart. */
export const clockWords =
  'The clocks of both computers are more than 10 minutes apart, so no messages are exchanged. Set both clocks right.'

/** All that whoever is not known here learns. */
export function stranger(): ParleyError {
  return new ParleyError('stranger', 'This hub does not know you.')
}
