import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { type DeviceId, deviceId, fromText, type UserId } from '../protocol/ids.ts'
import type { Event, PeerHello } from '../protocol/parley_pb.ts'
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
  readonly log: Log
  /** A link to that person came up, or went. */
  readonly onLink: (user: UserId, isUp: boolean) => void
  /** The clocks are too far apart to talk: a sentence; undefined: no longer. */
  readonly onClock: (user: UserId, why: string | undefined) => void
}

/** The established links to other people's devices: one for each device, both sides known to each other. */
export class Peers {
  readonly #options: PeersOptions
  readonly #links = new Map<DeviceId, { readonly link: Link; readonly user: UserId }>()
  readonly #turnedAway = new Set<string>()

  constructor(options: PeersOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#links.size
  }

  isLinked(user: UserId): boolean {
    for (const linked of this.#links.values()) if (linked.user === user) return true
    return false
  }

  /** A link that somebody dialled. Whoever cannot show that we share a registry learns nothing, not even why. */
  take(link: Link): void {
    const adopted = Promise.withResolvers<void>()
    let isAsked = false
    link.handle({
      request: async is => {
        if (is.case !== 'peerHello' || isAsked) throw isAsked ? unsupported() : this.#turnAway(link, stranger())
        isAsked = true
        try {
          const person = await this.#judge(is.value, link)
          const answer = helloTo(link.peerId, this.#self())
          // Behind the answer: nothing of ours may reach the other side before it.
          setImmediate(() => {
            try {
              this.#adopt(link, person)
            } catch (error) {
              this.#options.log.error({ error: asParleyError(error).message }, 'A link could not be taken.')
              link.close('internal', 'A link could not be taken.')
            }
            adopted.resolve()
          })
          return { case: 'peerHello', value: answer }
        } catch (error) {
          throw this.#turnAway(link, error)
        }
      },
      // What comes on the heels of a hello waits for its answer, then for the conversations; before it, nothing may wait.
      event: is => {
        if (!isAsked) throw this.#turnAway(link, stranger())
        return adopted.promise.then(() => this.#attached.get(link)?.(is))
      },
    })
  }

  /** Says hello over a link that was dialled to reach `user`. @throws ParleyError why it did not come up */
  async greet(link: Link, user: UserId): Promise<void> {
    try {
      const hello = helloTo(link.peerId, this.#self())
      const answer = await ask(link, { case: 'peerHello', value: hello }, 'peerHello')
      const person = await this.#judge(answer, link)
      if (person.user !== user) throw stranger()
      this.#adopt(link, person)
    } catch (error) {
      const reason = asParleyError(error)
      if (reason.code === 'clock')
        this.#options.onClock(user, error instanceof ClockApart ? reason.message : clockWords)
      link.close(reason.code, reason.message)
      throw reason
    }
  }

  /** Newer statements of a person: links to devices that no longer speak for them are cut. */
  recheck(person: Person): void {
    for (const [device, { link, user }] of this.#links) {
      if (user === person.user && !person.keys.has(device)) {
        link.close('device-denied', `This device no longer speaks for ${person.name}.`)
      }
    }
  }

  closeAll(message: string): void {
    for (const { link } of [...this.#links.values()]) link.close('closed', message)
  }

  readonly #attached = new WeakMap<Link, (is: Event['is']) => Promise<void>>()

  #self(): Self & { readonly user: UserId } {
    const self = this.#options.self()
    if (!self) throw stranger()
    return self
  }

  async #judge(hello: PeerHello, link: Link): Promise<Person> {
    const { people, onClock } = this.#options
    const self = this.#self()
    let person: Person
    try {
      person = judgeHello(hello, link, self, people)
    } catch (error) {
      if (error instanceof ClockApart) onClock(error.person.user, error.message)
      throw error
    }
    if (person.user === self.user) throw stranger()
    onClock(person.user, undefined)
    // A hub that forgot which roster it has seen could be shown an older one after a restart.
    const kept = await people.keep(person)
    if (!kept.keys.has(deviceId(link.peerId))) throw stranger()
    return kept
  }

  #turnAway(link: Link, error: unknown): ParleyError {
    const { code, message } = asParleyError(error)
    const about = { code, address: link.remoteAddress, device: deviceId(link.peerId) }
    const level = this.#isNew(`${code} ${about.address}`) ? 'info' : 'debug'
    this.#options.log[level](about, `A caller was turned away: ${message}`)
    setImmediate(() => link.close('stranger', message))
    return error instanceof ClockApart ? new ParleyError('clock', clockWords) : stranger()
  }

  /** Whether a kind of caller was not told of before; only so many are, or strangers would fill the log. */
  #isNew(caller: string): boolean {
    if (this.#turnedAway.has(caller) || this.#turnedAway.size >= limits.refusals) return false
    this.#turnedAway.add(caller)
    return true
  }

  #adopt(link: Link, person: Person): void {
    const { attach, onLink } = this.#options
    const self = this.#options.self()
    if (!self || link.signal.aborted) {
      link.close()
      return
    }
    const device = deviceId(link.peerId)
    const other = this.#links.get(device)?.link
    if (other && !other.signal.aborted) {
      const stays = chosen(other, link, self.device)
      const goes = stays === link ? other : link
      if (stays === link) this.#links.delete(device)
      goes.close('closed', duplicate)
      if (goes === link) return
    }
    link.established()
    link.allowLargeFrames()
    this.#links.set(device, { link, user: person.user })
    const { signal } = link
    signal.addEventListener('abort', () => this.#gone(device, link, person.user), { once: true })
    const { user, name, displayName, keys } = person
    const send = (is: Event['is']) => link.send(is)
    const attached = attach({ registry: self.registry, user, device, name, displayName, keys, send, signal })
    this.#attached.set(link, is => attached.event(is))
    link.handle({ event: is => attached.event(is) })
    onLink(person.user, true)
  }

  #gone(device: DeviceId, link: Link, user: UserId): void {
    if (this.#links.get(device)?.link !== link) return
    this.#links.delete(device)
    this.#options.onLink(user, false)
  }
}

/**
 * Which of two links between a pair stays: of two from one dialler the newer, else the one dialled by the lower device id
 * (in byte order), so that both sides choose the same.
 */
export function chosen<L extends Pick<Link, 'outbound' | 'peerId'>>(older: L, newer: L, self: DeviceId): L {
  if (older.outbound === newer.outbound) return newer
  const isSelfLower = Buffer.compare(fromText(self), newer.peerId) < 0
  return newer.outbound === isSelfLower ? newer : older
}

const duplicate = 'Another link to the same device took the place of this one.'
const clockWords =
  'The clocks of both computers are more than 10 minutes apart, so no messages are exchanged. Set both clocks right.'

function stranger(): ParleyError {
  return new ParleyError('stranger', 'This hub does not know you.')
}

function unsupported(): ParleyError {
  return new ParleyError('unsupported', 'Hello has been said.')
}
