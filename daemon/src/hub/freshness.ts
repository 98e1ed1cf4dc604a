import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { UserId } from '../protocol/ids.ts'
import { isNewerRoster } from '../protocol/statements.ts'
import { Gate } from './gate.ts'
import type { Peers } from './peers.ts'
import type { People, Person } from './people.ts'
import type { RegistrySession } from './registry/session.ts'

interface FreshnessOptions {
  readonly people: People
  readonly peers: () => Pick<Peers, 'isLinked' | 'cut' | 'linked'>
  /** Whether there is a conversation with that person. */
  readonly isPartner: (user: UserId) => boolean
  /** The registry, while signed in there. */
  readonly session: () => RegistrySession | undefined
  /** Synchronised time in ms. */
  readonly now: () => number
  /** ms between looks for attestations that have run out. */
  readonly expiryCheck?: number
  /** ms that one look-up may take. */
  readonly lookUpTime?: number
  readonly log: Log
}

/** The look-up of somebody that is under way, and the one that follows it: whatever is told meanwhile is one more. */
interface Turns {
  readonly now: Promise<boolean>
  next: Promise<boolean> | undefined
}

/**
 * Keeps what is known of the people one talks to as new as the registry's word: whoever has a link is looked up again as
 * soon as the registry says that something of them has changed, and after each sign-in, as nothing was heard before it;
 * whoever one has talked to a little later; whoever dials before they are let in. So a device that was revoked is cut, and
 * does not come back by what it once could show. A link outlives no attestation: where nobody has vouched for somebody
 * for so long, who they were may have been revoked.
 */
export class Freshness {
  readonly #options: FreshnessOptions
  readonly #gate = new Gate(limits.lookUpsAtOnce)
  readonly #closing = new AbortController()
  readonly #soon = new Map<UserId, NodeJS.Timeout>()
  /** Who was looked up in this session and has not changed since. */
  #fresh = new Set<UserId>()
  #session: RegistrySession | undefined
  readonly #turns = new Map<UserId, Turns>()
  readonly #expiry: NodeJS.Timeout

  constructor(options: FreshnessOptions) {
    this.#options = options
    this.#expiry = setInterval(() => this.#cutExpired(), options.expiryCheck ?? limits.expiryCheck).unref()
  }

  /** To be called after each sign-in. */
  signedIn(): void {
    if (this.#session === this.#options.session()) return
    this.#current()
    for (const user of this.#options.peers().linked) void this.#lookUp(user)
  }

  /** Statements of these people are newer than what was told. */
  changed(users: readonly UserId[]): void {
    const fresh = this.#current()
    for (const user of users) {
      fresh.delete(user)
      if (this.#options.peers().isLinked(user)) void this.#lookUp(user)
      else if (this.#options.isPartner(user)) this.#lookUpSoon(user)
    }
  }

  /**
   * Before somebody who has dialled is let in: what the registry says of them now, if it says it soon. A newer list of
   * devices than the registry knows is not taken, or a stolen account key alone could make devices.
   * @throws ParleyError `stranger`
   */
  async check({ user, name, listed }: Person): Promise<void> {
    const { session, people } = this.#options
    if (!session()) return
    const isNews = () => {
      const known = people.get(user)
      return known !== undefined && isNewerRoster(listed, known.listed)
    }
    const isFresh = !isNews() && this.#current().has(user)
    const isKnown = await (isFresh ? this.#turns.get(user)?.now : this.#lookUp(user, true))
    if (isKnown === false) throw new ParleyError('stranger', `The team knows ${name} no more.`)
    if (!isNews() || !this.#current().has(user)) return
    throw new ParleyError('stranger', `${name} shows a list of devices that the team does not know.`)
  }

  close(): void {
    clearInterval(this.#expiry)
    this.#closing.abort()
    for (const timer of this.#soon.values()) clearTimeout(timer)
  }

  /** Not all at once: everybody who knows them was told in the same moment. */
  #lookUpSoon(user: UserId): void {
    const timer = setTimeout(() => {
      this.#soon.delete(user)
      if (!this.#current().has(user)) void this.#lookUp(user)
    }, Math.random() * limits.lookUpSpread)
    clearTimeout(this.#soon.get(user))
    this.#soon.set(user, timer.unref())
  }

  #current(): Set<UserId> {
    const session = this.#options.session()
    if (session !== this.#session) this.#fresh = new Set()
    this.#session = session
    return this.#fresh
  }

  /** Links to people whose attestation has run out are cut, unless the registry has a newer one of them. */
  #cutExpired(): void {
    const { peers, people, now } = this.#options
    const isOver = (user: UserId) => (people.get(user)?.attested.expires ?? Infinity) + limits.clockSkew < now()
    for (const user of peers().linked) {
      if (!isOver(user)) continue
      const cut = () => isOver(user) && peers().cut(user, 'Nobody has vouched for this person lately.')
      void this.#lookUp(user).then(cut)
    }
  }

  /**
   * Never more than one of somebody at once, however often it is told that they have changed. False: the registry says
   * that it does not know them. `isFirst`: before all others, as somebody waits at the door.
   */
  #lookUp(user: UserId, isFirst = false): Promise<boolean> {
    const turns = this.#turns.get(user)
    if (!turns) return this.#begin(user, isFirst)
    turns.next ??= turns.now.then(() => this.#begin(user, isFirst))
    return turns.next
  }

  #begin(user: UserId, isFirst: boolean): Promise<boolean> {
    const now = this.#ask(user, isFirst).finally(() => {
      if (this.#turns.get(user)?.next === undefined) this.#turns.delete(user)
    })
    this.#turns.set(user, { now, next: undefined })
    return now
  }

  async #ask(user: UserId, isFirst: boolean): Promise<boolean> {
    const { session, people, peers, lookUpTime = limits.freshLookUp, log } = this.#options
    const fresh = this.#current()
    // What changes from here on is told again.
    fresh.add(user)
    const closing = this.#closing.signal
    const ask = async () => {
      // The wait for a turn does not count: after a sign-in it may be long, and nobody may be left out.
      const signal = AbortSignal.any([closing, AbortSignal.timeout(lookUpTime)])
      const found = await session()?.lookUp({ user }, signal)
      if (!found) return
      const person = people.judge(found.attestation, found.roster, { registry: {} })
      if (person.user === user) await people.keep(person)
    }
    try {
      await this.#gate.run(ask, closing, () => isFirst)
      return true
    } catch (error) {
      fresh.delete(user)
      const { code, message } = asParleyError(error)
      if (code === 'unknown-user') {
        peers().cut(user, 'The team knows this person no more.')
        return false
      }
      log.info({ code, user }, `Somebody could not be looked up again: ${message}`)
      return true
    }
  }
}
