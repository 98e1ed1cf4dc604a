import { setTimeout as pause, setImmediate } from 'node:timers/promises'
import { limits } from '../../daemon/src/limits.ts'
import { person } from '../support/conversations.ts'
import { Random } from '../support/random.ts'
import { Disk, type Lie } from './disk.ts'
import { judge } from './judge.ts'
import { Network } from './network.ts'
import { Record, type Said } from './record.ts'
import { Station } from './station.ts'

export interface WorldOptions {
  readonly seed: number
  /** How often something happens before all is mended. */
  readonly steps: number
  /** Makes every disk lie, to see whether that is found. */
  readonly lie?: Lie
  readonly tell?: (line: string) => void
}

/** ms without a frame after which the wire counts as silent: longer than any timer that would say something again. */
const silence = limits.askAgain + 500

/**
 * Some homes that write to each other while they are killed, put back to older copies, run twice, and cut off, all
 * decided by the seed; then everything is mended. Rejects with what was wrong; gives how many messages were sent.
 */
export async function runWorld(options: WorldOptions): Promise<number> {
  const world = new World(options)
  try {
    await world.run()
    return world.record.said.length
  } finally {
    await world.end()
  }
}

export class World {
  readonly record = new Record()
  readonly stations: Station[] = []
  readonly #random: Random
  readonly #network = new Network()
  readonly #options: WorldOptions
  readonly #snapshots = new Map<Station, Disk>()
  #twin: Station | undefined

  constructor(options: WorldOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    const count = 2 + this.#random.below(3)
    for (let n = 0; n < count; n++) {
      const name = ['alice', 'bob', 'carol', 'dora'][n] ?? `p${n}`
      this.stations.push(new Station(name, person(name), Disk.empty(options.lie)))
    }
  }

  async run(): Promise<void> {
    for (const station of this.stations) await this.#start(station)
    this.#linkAll()
    for (let step = 0; step < this.#options.steps; step++) {
      await this.#step()
      await this.#breathe()
    }
    await this.#mend()
    const faults = await this.#settle()
    if (faults.length > 0) throw new Error(`seed ${this.#options.seed}:\n${faults.slice(0, 20).join('\n')}`)
  }

  async end(): Promise<void> {
    this.#network.cutAll()
    await this.#endTwin()
    for (const station of this.stations) await station.kill()
  }

  async #step(): Promise<void> {
    const roll = this.#random.below(100)
    const station = this.#pick(this.stations)
    if (roll < 50) return this.#say(station)
    if (roll < 62) return this.#kill(station)
    if (roll < 70) return this.#cut()
    if (roll < 80) return this.#linkAll()
    if (roll < 84) return this.#deafen()
    if (roll < 87) return this.#jump(station)
    if (roll < 90) return this.#fill(station)
    if (roll < 94) return this.#keep(station)
    if (roll < 96) return this.#putBack(station)
    if (roll < 98) return this.#double(station)
    return this.#endTwin()
  }

  /** Sends some messages at once; who is down starts first. */
  async #say(station: Station): Promise<void> {
    const speaker = this.#twin !== undefined && this.#random.below(6) === 0 ? this.#twin : station
    if (!speaker.isUp) await this.#restart(speaker)
    const others = this.stations.filter(({ person: { user } }) => user !== speaker.person.user)
    const to = this.#pick(others).person
    const burst = Array.from({ length: 1 + this.#random.below(8) }, () => this.record.next(speaker, to))
    // A home that is killed answers nothing any more, so nobody waits for it.
    for (const said of burst) void this.#send(said)
  }

  async #send(said: Said): Promise<void> {
    const { by, to, text, message } = said
    try {
      await by.home?.send(to, text, { message })
      this.record.acknowledge(said)
    } catch {
      // Refused in words: nothing was promised.
    }
  }

  async #kill(station: Station): Promise<void> {
    this.#tell(`${station.name} is killed`)
    const { mount } = station
    const how = this.#random.below(3)
    if (how > 0 && mount !== undefined && station.isUp) {
      mount.dieAtWrite(how === 1 ? 'before' : 'after')
      await Promise.race([mount.died, pause(20)])
    }
    this.#network.isolate(station)
    await station.kill()
    if (this.#random.below(3) > 0) await this.#restart(station)
  }

  #cut(): void {
    const cables = this.#network.cables
    if (cables.length > 0) this.#network.cut(this.#pick(cables))
  }

  /** One side of a link is not heard any more, until it is cut. */
  #deafen(): void {
    const cables = this.#network.cables
    if (cables.length === 0) return
    const cable = this.#pick(cables)
    cable.deafTo = this.#pick([cable.a, cable.b])
  }

  async #jump(station: Station): Promise<void> {
    station.clockError = this.#clockError(station)
    this.#tell(`${station.name}'s clock is wrong by ${station.clockError / 60_000} minutes`)
    await this.#stop(station)
    await this.#restart(station)
  }

  /** A little wrong, or so far that nobody exchanges anything with it: at most one is, or those would share a time of their own. */
  #clockError(station: Station): number {
    const isAnyFar = this.stations.some(other => other !== station && Math.abs(other.clockError) > limits.clockSkew)
    if (!isAnyFar && this.#random.below(3) === 0) return this.#pick([-1, 1]) * 3_600_000
    return (this.#random.below(5) - 2) * 2 * 60_000
  }

  async #fill(station: Station): Promise<void> {
    if (station.mount === undefined || !station.isUp) return
    station.mount.isFull = true
    this.#tell(`the disk of ${station.name} is full`)
    await pause(this.#random.below(30))
    await this.#stop(station)
    await this.#restart(station)
  }

  async #keep(station: Station): Promise<void> {
    this.#snapshots.set(station, await station.disk.copy())
  }

  async #putBack(station: Station): Promise<void> {
    const snapshot = this.#snapshots.get(station)
    if (snapshot === undefined) return
    this.#tell(`${station.name} is put back to an older copy`)
    this.#network.isolate(station)
    await station.kill()
    this.record.forget(station)
    station.disk = await snapshot.copy()
    await this.#restart(station)
  }

  /** A copy of a home runs beside it, linked to others. */
  async #double(station: Station): Promise<void> {
    if (this.#twin !== undefined) return
    this.#tell(`${station.name} runs twice`)
    const twin = new Station(`${station.name}'s twin`, station.person, await station.disk.copy())
    this.#twin = twin
    await this.#start(twin)
    this.#linkAll()
  }

  async #endTwin(): Promise<void> {
    const twin = this.#twin
    if (twin === undefined) return
    this.#tell(`${twin.name} is no more`)
    this.#twin = undefined
    this.#network.isolate(twin)
    await twin.kill()
    this.record.forget(twin)
  }

  async #mend(): Promise<void> {
    this.#tell('all is mended')
    await this.#endTwin()
    this.#network.cutAll()
    for (const station of this.stations) {
      // After a full disk a home would wait for a while before it tries again.
      if (station.clockError !== 0 || station.mount?.isFull) await this.#stop(station)
      station.clockError = 0
      if (!station.isUp) await this.#start(station)
    }
    this.#linkAll()
  }

  /** What is wrong in the end: a home that waits for what only an older copy of it had goes on after a while. */
  async #settle(): Promise<readonly string[]> {
    const end = performance.now() + 2 * limits.behind
    for (;;) {
      await this.#quiet()
      const faults = [...this.record.faults, ...(await judge(this.stations, this.record.said))]
      if (faults.length === 0 || performance.now() > end) return faults
    }
  }

  /** Resolves once nothing has been said for a while; rejects when that does not come. */
  async #quiet(): Promise<void> {
    const end = performance.now() + 60_000
    let frames = -1
    while (frames !== this.#network.frames) {
      if (performance.now() > end) throw new Error(`seed ${this.#options.seed}: the wire does not fall silent`)
      frames = this.#network.frames
      await pause(silence)
    }
  }

  #linkAll(): void {
    const up = this.#twin === undefined ? this.stations : [...this.stations, this.#twin]
    for (const [n, a] of up.entries()) {
      for (const b of up.slice(n + 1)) if (a.person !== b.person) this.#network.link(a, b)
    }
  }

  async #restart(station: Station): Promise<void> {
    if (station.isUp) return
    await this.#start(station)
    this.#linkAll()
  }

  async #start(station: Station): Promise<void> {
    const home = await station.start()
    home.conversations.watch(({ messages }) => this.record.hear(station, messages))
  }

  async #stop(station: Station): Promise<void> {
    this.#network.isolate(station)
    await station.stop()
  }

  async #breathe(): Promise<void> {
    if (this.#random.below(4) === 0) await pause(this.#random.below(15))
    else await setImmediate()
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[this.#random.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  #tell(line: string): void {
    this.#options.tell?.(line)
  }
}
