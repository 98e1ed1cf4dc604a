import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError, errorFrom, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { PersonInfo } from '../../protocol/control.ts'
import type { BeatStatus } from '../../protocol/heartbeat.ts'
import { fromText, type UserId, userId } from '../../protocol/ids.ts'
import {
  type Event,
  type LookedUp,
  LookUpSchema,
  type OwnChanged,
  PublishAddressesSchema,
  type RelayOffered,
  RenewSchema,
  SearchSchema,
  SetStatusSchema,
  type Signed,
  SignOutSchema,
  WatchOnlineSchema,
} from '../../protocol/parley_pb.ts'
import { harmless } from '../words.ts'
import { type OnlineList, personInfo } from './online-list.ts'
import { ask, type RegistryLink } from './open.ts'

/** How a device stands that is signed in. */
export type DeviceStatus = BeatStatus

/** What a session tells the client that holds it. */
export interface SessionEvents {
  /** Rows of the online list that changed. */
  online(users: ReadonlySet<UserId>): void
  /** Whose rows are wanted though they may be offline, the most wanted first. */
  also(): readonly UserId[]
  /** The registry has announced another address or key: resolves once it is kept. */
  notice(notice: Signed): Promise<void>
  /** Statements of these people are newer than what is known. */
  people(users: readonly UserId[]): void
  /** The own account has changed: resolves once that is kept. */
  own(said: OwnChanged): Promise<void>
  /** Somebody asks for a connection through the relay. */
  relay?(offer: RelayOffered): void
  /** A renewed attestation; resolves once it is committed. */
  renewed(attestation: Signed | undefined): Promise<{ readonly expires: number }>
}

/** A signed-in link to the registry: presence, search, look-up, renewal. It lives until its link closes. */
export class RegistrySession {
  readonly registry: RegistryLink
  readonly online: OnlineList
  readonly #events: SessionEvents
  readonly #log: Log
  #status: DeviceStatus
  #waiting: Event['is'][] | undefined
  #renewal: NodeJS.Timeout | undefined
  #ended: ParleyError | undefined
  #mailWaits: () => void = () => {}

  /** `status`: what the registry was told at sign-in. */
  constructor(registry: RegistryLink, online: OnlineList, status: DeviceStatus, events: SessionEvents, log: Log) {
    this.registry = registry
    this.#status = status
    this.online = online
    this.#events = events
    this.#log = log
    const { link } = registry
    link.allowLargeFrames()
    link.handle({ event: is => this.#hear(is) })
    link.signal.addEventListener('abort', () => clearTimeout(this.#renewal), { once: true })
  }

  /** Why the registry ended the session, when it said so. */
  get ended(): ParleyError | undefined {
    return this.#ended
  }

  /** Asks for the online list, from now on kept by changes; and once for some people who may be offline. */
  async watch(): Promise<void> {
    if (this.#waiting) return
    this.#waiting = []
    const { link } = this.registry
    const also = this.#events.also().slice(0, limits.alsoWatched).map(fromText)
    const value = create(WatchOnlineSchema, { also })
    const snapshot = await ask(link, { case: 'watchOnline', value }, 'onlineSnapshot')
    const changed = this.online.reset(snapshot)
    // Changes may have come in the same bytes as the snapshot, before this line ran.
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#events.online(changed)
    for (const is of waiting) this.#take(is)
  }

  async publish(port: number, addresses: readonly string[]): Promise<void> {
    const value = create(PublishAddressesSchema, { port, addresses: [...addresses] })
    await ask(this.registry.link, { case: 'publishAddresses', value }, 'done')
  }

  /** Tells how this device stands, unless that is known. An older registry knows nothing but online. */
  async setStatus(status: DeviceStatus): Promise<void> {
    const before = this.#status
    if (status === before) return
    this.#status = status
    try {
      await ask(this.registry.link, { case: 'setStatus', value: create(SetStatusSchema, { status }) }, 'done')
    } catch (error) {
      const { code, message } = asParleyError(error)
      if (this.registry.link.signal.aborted || code === 'unsupported') return
      if (this.#status === status) this.#status = before
      this.#log.warn({ code }, `The registry could not be told of the status: ${message}`)
    }
  }

  /** People who match. An empty query gives everybody by name, from behind `after`. */
  async search(query: string, limit: number, after = ''): Promise<{ people: PersonInfo[]; more: boolean }> {
    const value = create(SearchSchema, { query, limit, after })
    const found = await ask(this.registry.link, { case: 'search', value }, 'people')
    if (found.people.length > limit) throw new ParleyError('bad-frame', 'The registry found more than was asked for.')
    return { people: found.people.map(personInfo), more: found.more }
  }

  /** The statements of a person and where their devices are. @throws ParleyError `unknown-user` */
  async lookUp(who: { user: UserId } | { name: string }, signal?: AbortSignal): Promise<LookedUp> {
    const value = create(LookUpSchema, 'user' in who ? { user: fromText(who.user) } : { name: who.name })
    const found = await ask(this.registry.link, { case: 'lookUp', value }, 'lookedUp', signal)
    if (found.person && this.online.note(personInfo(found.person))) {
      this.#events.online(new Set([userId(found.person.user)]))
    }
    return found
  }

  /** Calls `listener` from now on whenever something was left for this device in its mailbox. */
  onMail(listener: () => void): void {
    this.#mailWaits = listener
  }

  async signOut(): Promise<void> {
    await ask(this.registry.link, { case: 'signOut', value: create(SignOutSchema) }, 'done')
  }

  /** Renews the attestation when half of its remaining life has passed, for as long as the link lives. */
  renewBefore(expires: number): void {
    clearTimeout(this.#renewal)
    const { link } = this.registry
    if (link.signal.aborted) return
    const half = Math.max(0, expires - this.registry.time()) / 2
    this.#renewal = setTimeout(() => void this.#renew(), Math.min(Math.max(half, limits.renewShortest), limits.renew))
    this.#renewal.unref()
  }

  close(error = new ParleyError('closed', 'The session ended.')): void {
    clearTimeout(this.#renewal)
    this.registry.link.close(error.code, error.message)
  }

  async #renew(): Promise<void> {
    const { link } = this.registry
    try {
      const { attestation } = await ask(link, { case: 'renew', value: create(RenewSchema) }, 'renewed')
      const { expires } = await this.#events.renewed(attestation)
      this.renewBefore(expires)
    } catch (error) {
      if (link.signal.aborted) return
      // A new sign-in gets a new attestation, or tells the person why there is none.
      const { code, message } = asParleyError(error)
      this.#log.warn({ code }, `The attestation could not be renewed: ${message}`)
      this.close(new ParleyError(code, message))
    }
  }

  /** What is kept must be kept before the next is heard: what another key signs comes behind the notice of it. */
  async #hear(is: Event['is']): Promise<void> {
    if (is.case === 'noticeGiven' && is.value.notice) await this.#events.notice(is.value.notice)
    else if (is.case === 'ownChanged') await this.#events.own(is.value)
    else if (is.case === 'relayOffered') this.#events.relay?.(is.value)
    else if (is.case === 'mailWaits') this.#mailWaits()
    else if (is.case === 'peopleChanged') this.#events.people(is.value.users.map(userId))
    else this.#take(is)
  }

  #take(is: Event['is']): void {
    if (is.case === 'sessionEnded') {
      this.#ended = new ParleyError(...endedBy(is.value))
      this.close(this.#ended)
    } else if (is.case === 'onlineChange' && this.#waiting) {
      if (this.#waiting.push(is) > limits.page)
        throw new ParleyError('bad-frame', 'The registry sends changes but no list.')
    } else if (is.case === 'onlineChange') {
      const changed = this.online.apply(is.value)
      if (changed !== 'gap') this.#events.online(changed)
      else this.watch().catch(error => this.close(asParleyError(error)))
    }
  }
}

function endedBy({ code, message }: { code: string; message: string }): [ParleyError['code'], string] {
  const { code: known } = errorFrom(code, message)
  return [known, harmless(message) || 'The registry ended the session.']
}
