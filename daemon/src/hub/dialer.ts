import net from 'node:net'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Dialer } from '../net/dial.ts'
import type { Link } from '../net/link.ts'
import { isLoopback, plainAddress } from '../protocol/addresses.ts'
import { type DeviceId, deviceId, fromText, type UserId } from '../protocol/ids.ts'
import type { Address, DeviceAddresses } from '../protocol/parley_pb.ts'
import { Backoff } from './backoff.ts'
import { Gate } from './gate.ts'
import { Pause } from './pause.ts'
import type { Peers } from './peers.ts'
import type { People, Person } from './people.ts'
import { race } from './race.ts'
import type { RegistrySession } from './registry/session.ts'

export interface SupervisorOptions {
  readonly dialer: Pick<Dialer, 'dial'>
  readonly peers: Pick<Peers, 'linkTo' | 'isLinked' | 'greet'>
  readonly people: People
  /** This device, which is never dialled. */
  readonly self?: DeviceId
  /** The registry, while signed in there. */
  readonly session: () => RegistrySession | undefined
  /** A link through the relay of the registry, while signed in there. @throws ParleyError why there is none */
  readonly relay?: (user: UserId, device: DeviceId, signal: AbortSignal) => Promise<Link>
  /** Whether that device of a person has not yet committed all that is theirs to have; without one, any of theirs. */
  readonly lacking: (user: UserId, device?: DeviceId) => boolean
  /** Oneself: other devices of one's own are kept linked, and looked for without haste while they are away. */
  readonly own?: { readonly user: UserId; readonly isUrgent: () => boolean }
  /** Whether to dial at all: not while signed out. */
  readonly isActive: () => boolean
  readonly log: Log
  /** ms between attempts to reach somebody directly who is linked through the relay; tests shorten them. */
  readonly upgrade?: ConstructorParameters<typeof Backoff>[0]
}

/**
 * Dials each device that is reachable and lacks something, for ever, one round at a time for each person: at its direct
 * addresses, and with some delay through the relay. A link through the relay is replaced by a direct one as soon as one
 * comes up. Other devices of one's own are dialled like those of others, and kept linked.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #closing = new AbortController()
  readonly #tasks = new Map<UserId, Task>()
  readonly #gate = new Gate(limits.dialsAtOnce, limits.dialsToWritten)

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Dials at once if there is reason to; joins a dial under way and cuts a pause short. */
  reach(user: UserId): void {
    this.#start(user)
  }

  /** As {@link reach}, before all others: somebody has just written to them. */
  reachFirst(user: UserId): void {
    this.#start(user)
    const task = this.#tasks.get(user)
    if (task?.running) task.isFirst = true
    this.#gate.look()
  }

  /** A link to one of their devices came up or went. */
  linked(user: UserId, isUp: boolean): void {
    const task = this.#taskOf(user)
    if (isUp) {
      task.upSince = performance.now()
      // There may be something better than the relay, or devices that nobody has reached.
      this.#start(user, task.patient)
      return
    }
    if (performance.now() - task.upSince > limits.reconnect.fast) task.urgent.reset()
    // Not at once: a hub that answers hello and then hangs up would be dialled in a circle.
    this.#start(user, task.urgent)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    await Promise.all([...this.#tasks.values()].map(task => task.running))
  }

  #taskOf(user: UserId): Task {
    const task = this.#tasks.get(user) ?? {
      pause: new Pause(),
      urgent: new Backoff(),
      patient: new Backoff({ ...limits.upgrade, ...this.#options.upgrade }),
      upSince: 0,
      dialled: -limits.redial,
      isFirst: false,
      running: undefined,
    }
    this.#tasks.set(user, task)
    return task
  }

  /** `pausedFirst`: the pause before the first round; none when somebody asks for it. */
  #start(user: UserId, pausedFirst?: Backoff): void {
    if (!this.#wants(user)) return
    const task = this.#taskOf(user)
    if (task.running) {
      if (pausedFirst === undefined) task.pause.wake()
      else if (pausedFirst === task.urgent && task.rests === 'patiently') {
        task.rests = 'hurried'
        task.pause.wake()
      }
      return
    }
    task.pause.reset()
    task.running = this.#run(user, task, pausedFirst).finally(() => {
      task.running = undefined
    })
  }

  /** Whether dialling makes sense now. Without the registry, the addresses known last are tried. */
  #wants(user: UserId): boolean {
    const { isActive, lacking, peers, session, people, self } = this.#options
    if (this.#closing.signal.aborted || !isActive()) return false
    const registry = session()
    const person = people.get(user)
    // One's own devices are not shown to others while one is invisible.
    const isListed = () => this.#options.own?.user === user || registry?.online.get(user) !== undefined
    const isThere = registry ? isListed() : (person?.devices.length ?? 0) > 0
    if (!isThere) return false
    if (!person) return !peers.isLinked(user) && lacking(user)
    return [...person.keys.keys()].some(device => device !== self && this.#isWanted(user, device))
  }

  /** Whether a device lacks something and is not linked, or not well. */
  #isWanted(user: UserId, device: DeviceId): boolean {
    const link = this.#options.peers.linkTo(device)
    return link ? link.relayed : this.#options.lacking(user, device)
  }

  async #run(user: UserId, task: Task, pausedFirst: Backoff | undefined): Promise<void> {
    const { signal } = this.#closing
    if (pausedFirst) await this.#rest(task, pausedFirst)
    while (this.#wants(user)) {
      await new Pause().sleep(Math.max(0, task.dialled + limits.redial - performance.now()), signal)
      task.pause.reset()
      const isUrgent = await this.#round(user, task, signal)
      task.dialled = performance.now()
      if (this.#wants(user)) await this.#rest(task, isUrgent ? task.urgent : task.patient)
    }
    task.patient.reset()
  }

  /** Waits for the next round. A patient wait becomes an urgent one when a link goes meanwhile. */
  async #rest(task: Task, backoff: Backoff): Promise<void> {
    const { signal } = this.#closing
    task.rests = backoff === task.patient ? 'patiently' : 'urgently'
    await task.pause.sleep(backoff.next(), signal)
    const isHurried = (task.rests as Task['rests']) === 'hurried'
    task.rests = undefined
    if (!isHurried) return
    task.pause.reset()
    await task.pause.sleep(task.urgent.next(), signal)
  }

  /** Dials everything of a person that is there and not well linked. Whether somebody waits for the next round. */
  async #round(user: UserId, task: Task, signal: AbortSignal): Promise<boolean> {
    const { peers, self, log } = this.#options
    try {
      const there = (await this.#find(user, signal)).filter(({ device }) => device !== self)
      const wanted = there.filter(({ device }) => this.#isWanted(user, device))
      const dial = (target: Target) =>
        this.#gate.run(
          () => this.#reach(user, target, signal),
          signal,
          () => task.isFirst,
        )
      await Promise.all(wanted.map(dial))
      return !this.#isPatient(user) && (!peers.isLinked(user) || wanted.some(({ device }) => !peers.linkTo(device)))
    } catch (error) {
      const { code, message } = asParleyError(error)
      log.debug({ code, user }, `A dial failed: ${message}`)
      return !this.#isPatient(user) && !peers.isLinked(user)
    } finally {
      task.isFirst = false
    }
  }

  #isPatient(user: UserId): boolean {
    const { own } = this.#options
    return own?.user === user && !own.isUrgent()
  }

  /** Gets a link to a device, or a better one; that there is none is no failure of the round. */
  async #reach(user: UserId, { device, addresses }: Target, signal: AbortSignal): Promise<void> {
    const { dialer, peers, relay, log } = this.#options
    if (!this.#isWanted(user, device)) return
    type Way = (signal: AbortSignal) => Promise<Link>
    const letGo = (late: Link) => late.close()
    const dial = ({ host, port }: Address, signal: AbortSignal) =>
      dialer.dial({ host, port, alpn: 'parley-peer/1', expect: fromText(device), signal })
    const direct: Way = signal => race(addresses, dial, { signal, letGo })
    const relayed: Way | undefined = relay && !peers.linkTo(device) ? signal => relay(user, device, signal) : undefined
    const ways = [...(addresses.length > 0 ? [direct] : []), ...(relayed ? [relayed] : [])]
    if (ways.length === 0) return
    try {
      const attempt = (way: Way, signal: AbortSignal) => way(signal)
      const link = await race(ways, attempt, { signal, letGo, stagger: limits.relayHeadStart })
      await peers.greet(link, user)
    } catch (error) {
      const { code, message } = asParleyError(error)
      log.debug({ code, user, device }, `A dial failed: ${message}`)
    }
  }

  /** The devices of a person that may be dialled: by the registry those that are there, else all that are known here. */
  async #find(user: UserId, signal: AbortSignal): Promise<Target[]> {
    const { people, session } = this.#options
    const registry = session()
    if (!registry) return targetsOf(people.get(user))
    const found = await registry.lookUp({ user }, signal)
    const devices = usable(found.devices, isLoopback(registry.registry.link.remoteAddress))
    // Without addresses those known last are better than none.
    const news = devices.some(({ addresses }) => addresses.length > 0) ? devices : undefined
    const person = people.judge(found.attestation, found.roster, { registry: { devices: news } })
    if (person.user !== user) throw new ParleyError('forged', 'The registry answered with another person.')
    const known = targetsOf(await people.keep(person))
    const there = new Set(devices.map(({ device }) => deviceId(device)))
    const kept = known.filter(({ device }) => there.has(device))
    const others = [...there].filter(device => person.keys.has(device) && !kept.some(one => one.device === device))
    return [...kept, ...others.map(device => ({ device, addresses: [] }))]
  }
}

/** The devices that speak for a person, where they were last. */
function targetsOf(person: Person | undefined): Target[] {
  if (!person) return []
  const targets = person.devices.map(({ device, addresses }) => ({ device: deviceId(device), addresses }))
  return targets.filter(({ device }) => person.keys.has(device))
}

/** A device to dial, and where. */
interface Target {
  readonly device: DeviceId
  readonly addresses: readonly Address[]
}

/**
 * The addresses that are worth a dial: IP addresses, a few for each device that is there. Loopback ones mean something only if the
 * registry is on this machine too; else it would have us knock at doors of our own.
 */
export function usable(devices: readonly DeviceAddresses[], isLoopbackAllowed: boolean): DeviceAddresses[] {
  const isUsable = ({ host, port }: Address) =>
    net.isIP(host) !== 0 && port > 0 && port < 65_536 && (isLoopbackAllowed || !isHere(plainAddress(host)))
  const there = devices.filter(({ offline }) => !offline).slice(0, limits.rosterDevices)
  return there.map(({ mailboxKey: _, ...device }) => ({
    ...device,
    addresses: device.addresses.filter(isUsable).slice(0, limits.addressesPerDevice),
  }))
}

/** Whether an address is this machine's own: a dial to "any" goes there too. */
function isHere(address: string): boolean {
  return isLoopback(address) || address === '0.0.0.0' || address === '::'
}

interface Task {
  readonly pause: Pause
  /** Delays while somebody cannot be reached, and while there is only something better to find. */
  readonly urgent: Backoff
  readonly patient: Backoff
  /** When the last link came up and the last dial ended, in ms of the monotonic clock. */
  upSince: number
  dialled: number
  rests?: 'patiently' | 'urgently' | 'hurried' | undefined
  /** Somebody has written to them since the last round. */
  isFirst: boolean
  running: Promise<void> | undefined
}
