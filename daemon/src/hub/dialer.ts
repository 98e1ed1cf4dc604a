import net from 'node:net'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Dialer } from '../net/dial.ts'
import { isLoopback, plainAddress } from '../protocol/addresses.ts'
import { deviceId, fromText, type UserId } from '../protocol/ids.ts'
import type { Address, DeviceAddresses } from '../protocol/parley_pb.ts'
import { Backoff } from './backoff.ts'
import { Pause } from './pause.ts'
import type { Peers } from './peers.ts'
import type { People, Person } from './people.ts'
import { race } from './race.ts'
import type { RegistrySession } from './registry/session.ts'

export interface SupervisorOptions {
  readonly dialer: Dialer
  readonly peers: Peers
  readonly people: People
  /** The registry, while signed in there. */
  readonly session: () => RegistrySession | undefined
  /** Whether that person has not yet committed all that is theirs to have. */
  readonly lacking: (user: UserId) => boolean
  /** Whether to dial at all: not while signed out. */
  readonly isActive: () => boolean
  readonly log: Log
}

/** Dials everyone who is reachable and lacks something, for ever, one dial at a time for each person. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #closing = new AbortController()
  readonly #tasks = new Map<UserId, Task>()

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Dials at once if there is reason to; joins a dial under way and cuts a pause short. */
  reach(user: UserId): void {
    this.#start(user, false)
  }

  /** A link came up or went. */
  linked(user: UserId, isUp: boolean): void {
    const task = this.#taskOf(user)
    if (isUp) {
      task.upSince = performance.now()
      return
    }
    if (performance.now() - task.upSince > limits.reconnect.fast) task.backoff.reset()
    // Not at once: a hub that answers hello and then hangs up would be dialled in a circle.
    this.#start(user, true)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    await Promise.all([...this.#tasks.values()].map(task => task.running))
  }

  #taskOf(user: UserId): Task {
    const task = this.#tasks.get(user) ?? {
      pause: new Pause(),
      backoff: new Backoff(),
      upSince: 0,
      dialled: -limits.redial,
      running: undefined,
    }
    this.#tasks.set(user, task)
    return task
  }

  #start(user: UserId, isPausedFirst: boolean): void {
    if (!this.#wants(user)) return
    const task = this.#taskOf(user)
    if (task.running) {
      if (!isPausedFirst) task.pause.wake()
      return
    }
    task.pause.reset()
    task.running = this.#run(user, task, isPausedFirst).finally(() => {
      task.running = undefined
    })
  }

  /** Whether dialling makes sense now. Without the registry, the addresses known last are tried. */
  #wants(user: UserId): boolean {
    const { isActive, lacking, peers, session, people } = this.#options
    if (this.#closing.signal.aborted || !isActive() || peers.isLinked(user) || !lacking(user)) return false
    const registry = session()
    return registry ? registry.online.get(user) !== undefined : (people.get(user)?.devices.length ?? 0) > 0
  }

  async #run(user: UserId, task: Task, isPausedFirst: boolean): Promise<void> {
    const { signal } = this.#closing
    if (isPausedFirst) await task.pause.sleep(task.backoff.next(), signal)
    while (this.#wants(user)) {
      await new Pause().sleep(Math.max(0, task.dialled + limits.redial - performance.now()), signal)
      task.pause.reset()
      try {
        await this.#dial(user, signal)
      } catch (error) {
        const { code, message } = asParleyError(error)
        this.#options.log.debug({ code, user }, `A dial failed: ${message}`)
      }
      task.dialled = performance.now()
      if (this.#wants(user)) await task.pause.sleep(task.backoff.next(), signal)
    }
  }

  async #dial(user: UserId, signal: AbortSignal): Promise<void> {
    const { dialer, peers } = this.#options
    const person = await this.#find(user, signal)
    const places = person.devices.flatMap(({ device, addresses }) => {
      const id = deviceId(device)
      return person.keys.has(id) ? addresses.map(address => ({ device: id, ...address })) : []
    })
    const link = await race(
      places,
      ({ device, host, port }, signal) => {
        return dialer.dial({ host, port, alpn: 'parley-peer/1', expect: fromText(device), signal })
      },
      { signal, letGo: late => late.close() },
    )
    await peers.greet(link, user)
  }

  /** The newest that the registry knows of a person, or what is known here. */
  async #find(user: UserId, signal: AbortSignal): Promise<Person> {
    const { people, session } = this.#options
    const registry = session()
    const known = people.get(user)
    if (!registry) {
      if (known) return known
      throw new ParleyError('unreachable', 'The team cannot be reached, and no address of this person is known.')
    }
    const found = await registry.lookUp({ user }, signal)
    const devices = usable(found.devices, isLoopback(registry.registry.link.remoteAddress))
    // Without addresses those known last are better than none.
    const news = devices.some(({ addresses }) => addresses.length > 0) ? devices : undefined
    const person = people.judge(found.attestation, found.roster, news)
    if (person.user !== user) throw new ParleyError('forged', 'The registry answered with another person.')
    return people.keep(person)
  }
}

/**
 * The addresses that are worth a dial: IP addresses, a few for each device. Loopback ones mean something only if the
 * registry is on this machine too; else it would have us knock at doors of our own.
 */
export function usable(devices: readonly DeviceAddresses[], isLoopbackAllowed: boolean): DeviceAddresses[] {
  const isUsable = ({ host, port }: Address) =>
    net.isIP(host) !== 0 && port > 0 && port < 65_536 && (isLoopbackAllowed || !isHere(plainAddress(host)))
  return devices.slice(0, limits.rosterDevices).map(device => ({
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
  readonly backoff: Backoff
  /** When the last link came up and the last dial ended, in ms of the monotonic clock. */
  upSince: number
  dialled: number
  running: Promise<void> | undefined
}
