import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { AccountInfo } from '../../protocol/control.ts'
import { deviceId } from '../../protocol/ids.ts'
import type { OwnChanged, SignedIn } from '../../protocol/parley_pb.ts'
import { alreadySignedUp } from '../account-info.ts'
import type { Account } from '../accounts.ts'
import { Backoff } from '../backoff.ts'
import { publishRoster } from '../devices/requests.ts'
import { Pause } from '../pause.ts'
import type { RegistryClientOptions, RegistryPlace } from './client-options.ts'
import { draftFor } from './draft.ts'
import { type Entry, EntryBook, waits } from './entry.ts'
import { Heartbeat } from './heartbeat.ts'
import { chooseMechanism, refuseUnknown, wayOf } from './mechanism.ts'
import { findRegistry, HeardNotices } from './notices.ts'
import { OnlineList } from './online-list.ts'
import { openRegistry, type RegistryLink } from './open.ts'
import { outcomeOf } from './outcome.ts'
import type { OwnStatements } from './own-statements.ts'
import { type DeviceStatus, RegistrySession } from './session.ts'
import { showWho, wantsProof } from './show-who.ts'
import { proofBy, type SignInWish, type SignUpWish, signInByDevice, signUp } from './sign-in.ts'
import { Twin } from './twin.ts'

type State = AccountInfo['state']

/** A sign-in that the registry has granted. */
interface Granted extends Entry {
  readonly said: SignedIn
  /** How this device stands, as the registry was told with it. */
  readonly told: DeviceStatus
}

/**
 * Keeps this hub signed in at the registry of its account: signs up and in, and once in dials again for ever, by device
 * key, with pauses that grow; at once when somebody asks.
 */
export class RegistryClient {
  readonly online: OnlineList
  /** What the registry announces, by itself and by peers. */
  readonly notices: HeardNotices
  readonly heartbeat: Heartbeat
  readonly twin = new Twin()
  readonly #options: RegistryClientOptions
  readonly #book: EntryBook
  readonly #closing = new AbortController()
  readonly #pause = new Pause()
  readonly #backoff: Backoff
  readonly #waiting = new Set<PromiseWithResolvers<RegistrySession>>()
  #attempt = new AbortController()
  /** A sign-in that somebody has asked for. */
  #asked: Promise<void> = Promise.resolve()
  #session: RegistrySession | undefined
  #state: State = 'connecting'
  #why: string | undefined
  #skew = 0
  #running: Promise<void> = Promise.resolve()

  constructor(options: RegistryClientOptions) {
    this.#options = options
    this.#book = new EntryBook(options)
    this.#backoff = new Backoff(options.reconnect)
    this.online = new OnlineList(options.now)
    this.heartbeat = new Heartbeat(options.status)
    const { store, log, onChange } = options
    const heard = () => {
      this.wake()
      onChange()
    }
    this.notices = new HeardNotices({ store, log, heard })
  }

  get state(): State {
    return this.#options.store.current?.signedOut === undefined ? this.#state : 'signed-out'
  }

  /** Why not online, in a sentence. */
  get why(): string | undefined {
    return this.#options.store.current?.signedOut ?? this.#why
  }

  /** By how many ms this machine's clock is ahead of the registry's; 0 before one was heard. */
  get skew(): number {
    return this.#skew
  }

  /** The session, while signed in. */
  get session(): RegistrySession | undefined {
    return this.#session?.registry.link.signal.aborted ? undefined : this.#session
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Tries at once instead of after the pause. */
  wake(): void {
    this.#pause.wake()
  }

  /** The machine slept or its network changed: what looks like a link may be none. */
  renew(): void {
    this.#session?.close(new ParleyError('closed', 'The network changed.'))
    this.#pause.wake()
  }

  /** Where peers can reach this hub has changed: the registry is told, now or at the next sign-in. */
  tellPlaces(): void {
    const { port, addresses } = this.#options.places()
    void this.session?.publish(port, addresses).catch(() => {}) // a link that broke is dialled again
  }

  /** How this device stands may have changed: the registry is told, now or at the next sign-in. */
  tellStatus(): void {
    void this.session?.setStatus(this.#options.status()).then(() => this.heartbeat.beat())
  }

  /**
   * The session of an approved device, after an attempt to get one if there is none.
   * @throws ParleyError why there is none; `second-device` while this one waits
   */
  async ensure(signal?: AbortSignal): Promise<RegistrySession> {
    const session = await this.ensureAny(signal)
    if (!this.#options.store.current?.isPending) return session
    throw waits()
  }

  /** As {@link ensure}, for a device that waits as well. */
  async ensureAny(signal: AbortSignal = AbortSignal.timeout(limits.request)): Promise<RegistrySession> {
    const session = this.session
    if (session) return session
    this.#account()
    this.#closing.signal.throwIfAborted()
    const waiting = Promise.withResolvers<RegistrySession>()
    this.#waiting.add(waiting)
    const late = () => waiting.reject(new ParleyError('unreachable', this.why ?? 'The team cannot be reached.'))
    signal.addEventListener('abort', late, { once: true })
    this.wake()
    try {
      return await waiting.promise
    } finally {
      signal.removeEventListener('abort', late)
      this.#waiting.delete(waiting)
    }
  }

  /**
   * Makes an account and stays signed in. The registry's id is pinned: the one given, or the one that its TLS shows.
   *
   * @throws ParleyError `already-signed-up`, and all that a dial and a registry refuse with
   */
  async signUp(place: RegistryPlace, wish: SignUpWish) {
    const { identity, store, accountKey, deviceName } = this.#options
    if (store.current) throw alreadySignedUp(store.current)
    const registry = await this.#open(place, this.#closing.signal)
    await this.#entering(registry, async signal => {
      const { by, name, displayName, ...proofs } = wish
      const mechanism = chooseMechanism(registry, { wished: by })
      if (proofBy(mechanism, wish).is === 'prompts') refuseUnknown(registry, place)
      const key = await accountKey(registry.registry)
      const parts = { registry, place, key, store, identity, deviceName, mechanism }
      const { user, roster } = await draftFor({ name, displayName }, parts)
      const asked = { name, displayName, user, roster, accountKey: key.spki, mechanism, invite: undefined, ...proofs }
      const said = await signUp(registry, asked, signal)
      if (store.current) throw alreadySignedUp(store.current)
      await this.#enter(registry, place, { said, told: 'online', user, mechanism, takesKey: false })
    })
    this.#options.log.info(
      { registry: registry.registry, device: deviceId(identity.id) },
      'Signed up; the registry is pinned.',
    )
  }

  /**
   * Signs in: by the device key alone where that does, else by what proves the person, if it is there. A home without an
   * account needs a place; a device that comes in by proof waits from then on until another one approves it. With an
   * admin's code, what is given becomes the new proof.
   */
  async signIn(place: RegistryPlace | undefined, who: SignInWish): Promise<void> {
    const known = this.#options.store.current
    const isAfresh = who.password !== undefined || who.code !== undefined || who.isAfresh === true
    const canAnswer = who.ask !== undefined && (!known || wayOf(known.mechanism) === 'prompts')
    if (known && !isAfresh) {
      if (known.signedOut !== undefined && !canAnswer) throw new ParleyError('password-needed', needsPassword)
      if (known.signedOut === undefined && !place) {
        const refusal = await this.ensureAny().then(() => undefined, asParleyError)
        if (!refusal) return
        if (!canAnswer || !wantsProof(refusal)) throw refusal
      }
    }
    const where = place ?? known
    if (!where) throw new ParleyError('unknown-account', nobodyYet)
    const target = { ...where, ...(known ? { registry: known.registry } : {}) }
    const registry = await this.#open(target, this.#closing.signal)
    const entering = this.#entering(registry, async signal => {
      const told = this.#options.status()
      const by = { ...this.#options, place: target, told }
      const shown = await showWho(registry, { ...who, isAfresh }, by, signal)
      await this.#enter(registry, target, { ...shown, told, user: known?.user, name: who.name })
    })
    this.#asked = entering.catch(() => {})
    await entering
  }

  /**
   * What the registry says of the account later on: devices, statements, role, or that this device waits no longer.
   * @throws ParleyError what is wrong with it; the session is ended then
   */
  async take(session: RegistrySession, said: OwnChanged | SignedIn): Promise<void> {
    const { store, onChange, onOwn } = this.#options
    try {
      const wasPending = store.current?.isPending
      const own = await this.#book.change(session.registry, said)
      if (wasPending || own.isNews) await this.#settleIn(session, own)
    } catch (error) {
      session.close(asParleyError(error))
      throw error
    }
    onChange()
    await onOwn()
  }

  /** Ends the sign-in at the registry; keys and history stay. @throws ParleyError `unreachable` */
  async signOut(): Promise<void> {
    const { registry } = this.#account()
    const session = await this.ensureAny()
    await session.signOut()
    await this.#options.store.save(registry, { signedOut: 'You signed out. Sign in with your password.' })
    this.heartbeat.stop()
    session.close(new ParleyError('signed-out', 'You signed out.'))
    this.#options.onChange()
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    this.#attempt.abort(this.#closing.signal.reason)
    this.heartbeat.stop()
    this.#session?.close()
    this.#settle(new ParleyError('closed', 'The hub is stopping.'))
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#pause.reset()
      const account = this.#options.store.current
      let delay: number | undefined
      if (account?.signedOut === undefined && account) delay = await this.#stay(account)
      if (!this.session) await this.#pause.sleep(delay, this.#closing.signal)
    }
  }

  /** Gets a session and lives with it. How long to pause after it, in ms; undefined: until somebody asks. */
  async #stay(account: Account): Promise<number | undefined> {
    const began = performance.now()
    try {
      // Whoever signs in by password must not be overtaken by the device key, which has shown less.
      await this.#asked
      const session = this.session ?? (await this.#connect(account))
      const { code, message } = await session.registry.link.closed
      if (performance.now() - began > limits.reconnect.fast) this.#backoff.reset()
      throw session.ended ?? new ParleyError(code, message)
    } catch (error) {
      return this.session ? 0 : await this.#lost(account, this.twin.explain(asParleyError(error)))
    }
  }

  async #connect(account: Account): Promise<RegistrySession> {
    this.#attempt = new AbortController()
    const { signal } = this.#attempt
    const { registry, place } = await findRegistry(account, one => this.#open(one, signal), signal)
    return this.#entering(registry, async signal => {
      const told = this.#options.status()
      const said = await signInByDevice(registry, told, signal)
      return this.#enter(registry, place, { ...account, said, told, takesKey: false })
    })
  }

  async #lost(account: Account, error: ParleyError): Promise<number | undefined> {
    if (this.#closing.signal.aborted || this.session) return 0
    this.#session = undefined
    const gone = this.online.lost()
    const { code, message } = error
    const outcome = outcomeOf(code)
    const isOut = outcome === 'signed-out' && this.#options.store.current?.signedOut === undefined
    // A failing disk must not end the loop; the registry will say it again.
    if (isOut)
      await this.#options.store.save(account.registry, { signedOut: message }).catch(reason => this.#unsaved(reason))
    if (outcome !== 'unreachable') this.heartbeat.stop()
    this.#state = outcome
    this.#why = message
    this.#options.log.info({ code, registry: account.registry }, `Not online: ${message}`)
    this.#settle(outcome === 'unreachable' ? new ParleyError('unreachable', message, { cause: error }) : error)
    this.#options.onOnline(gone)
    this.#options.onChange()
    if (this.#state === 'signed-out') return undefined
    return this.#state === 'refused' ? this.#backoff.afterRefusal() : this.#backoff.next()
  }

  #open(place: RegistryPlace, signal: AbortSignal): Promise<RegistryLink> {
    const { dialer, identity, ownTeam, store, now } = this.#options
    const { registry } = place
    const chain = store.current?.registry === registry ? store.current?.chain : undefined
    const own = ownTeam?.()
    const { host, port } = own && own.registry === registry ? own.place : place
    return openRegistry({ host, port, expect: registry, chain, dialer, device: deviceId(identity.id), now, signal })
  }

  /** Runs a sign-in; whatever fails closes the link, and whatever closes the link ends the sign-in. */
  async #entering<T>(registry: RegistryLink, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await run(AbortSignal.any([registry.link.signal, this.#closing.signal]))
    } catch (error) {
      registry.link.close()
      throw error
    }
  }

  /** The registry let us in: its word is judged and committed before anybody hears of it. */
  async #enter(registry: RegistryLink, place: RegistryPlace, granted: Granted) {
    const { clock, now, log, onChange } = this.#options
    const own = await this.#book.enter(registry, place, granted)
    this.#closing.signal.throwIfAborted()
    clock.setTime(registry.time())
    this.#skew = now() - registry.time()
    const session: RegistrySession = new RegistrySession(
      registry,
      this.online,
      granted.told,
      {
        online: this.#options.onOnline,
        also: this.#options.also,
        people: this.#options.onPeople,
        relay: offer => this.#options.onRelay?.(offer),
        own: said => this.take(session, said).catch(() => {}), // the session tells why it ended
        renewed: async attestation => {
          const renewed = await this.#book.renew(registry, attestation)
          onChange()
          return renewed
        },
        notice: given => this.notices.take(registry.registry, [given]),
      },
      log,
    )
    const old = this.#session
    this.#session = session
    this.#attempt.abort(new ParleyError('closed', 'Another sign-in was quicker.'))
    old?.close(new ParleyError('closed', 'A newer sign-in replaced this one.'))
    try {
      await this.#settleIn(session, own)
    } catch (error) {
      // The account is committed: a link that breaks now is one to dial again, not a sign-up that failed.
      session.close(asParleyError(error))
      return session
    }
    this.heartbeat.start({ link: registry.link, said: granted.said, port: registry.welcome.heartbeatPort })
    this.#settle(session)
    this.#pause.wake()
    onChange()
    return session
  }

  /** Takes the place that the registry's word gives this device: among the others, or waiting to be approved. */
  async #settleIn(session: RegistrySession, own: OwnStatements): Promise<void> {
    const { places, status, onOwn } = this.#options
    if (own.isNews) await publishRoster(session, own.roster)
    if (own.isPending) this.#state = 'pending'
    else {
      const here = places()
      // The status too: it may have changed while the sign-in was under way.
      await Promise.all([session.publish(here.port, here.addresses), session.watch(), session.setStatus(status())])
      await onOwn()
      this.#state = 'online'
    }
    session.renewBefore(own.attested.expires)
    this.#why = undefined
  }

  #account(): Account {
    const account = this.#options.store.current
    if (!account) throw new ParleyError('unknown-account', nobodyYet)
    if (account.signedOut !== undefined) throw new ParleyError('signed-out', account.signedOut)
    return account
  }

  #settle(result: RegistrySession | ParleyError): void {
    for (const waiting of this.#waiting) {
      if (result instanceof ParleyError) waiting.reject(result)
      else waiting.resolve(result)
    }
  }

  #unsaved(reason: unknown): void {
    this.#options.log.error({ error: asParleyError(reason).message }, 'The sign-out could not be stored.')
  }
}

const nobodyYet = 'Nobody has signed up in this home yet. Sign up first: parley sign-up NAME --registry HOST:PORT'
const needsPassword = 'You are signed out. Sign in with your password.'
