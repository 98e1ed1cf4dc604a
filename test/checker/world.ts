import { setTimeout as pause, setImmediate } from 'node:timers/promises'
import { limits } from '../../daemon/src/limits.ts'
import { conversationOf, type Person, person, withDevice } from '../support/conversations.ts'
import { Random } from '../support/random.ts'
import { Deeds } from './deeds.ts'
import { Disk, type Lie } from './disk.ts'
import { type Case, judge } from './judge.ts'
import { Network } from './network.ts'
import { Postbox } from './postbox.ts'
import { Record } from './record.ts'
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
 * Some homes whose people write to each other, and in rooms, while they are killed, put back to older copies, run twice,
 * and cut off, all decided by the seed; then everything is mended. Rejects with what was wrong; gives how much was done.
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
  readonly #people: Person[] = []
  readonly #deeds: Deeds
  readonly #postbox = new Postbox()
  readonly #network = new Network()
  readonly #options: WorldOptions
  readonly #snapshots = new Map<Station, Disk>()
  /** Of one step alone: what is drawn in it changes nothing for those that follow. */
  #random: Random
  #twin: Station | undefined

  constructor(options: WorldOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    const count = 2 + this.#random.below(7)
    for (let n = 0; n < count; n++) {
      const owner = n > 1 && this.#random.below(4) === 0 ? this.#pick(this.#people) : undefined
      const who = owner ? withDevice(owner) : person(names[this.#people.length] ?? `p${n}`)
      if (owner === undefined) this.#people.push(who)
      const devices = this.stations.filter(({ person: { user } }) => user === who.user).length
      const name = devices === 0 ? who.name : `${who.name}/${devices + 1}`
      this.stations.push(new Station(name, who, Disk.empty(options.lie)))
    }
    this.#deeds = new Deeds(this.record, this.#people)
  }

  async run(): Promise<void> {
    const { seed, steps } = this.#options
    for (const station of this.stations) await this.#start(station)
    this.#linkAll()
    for (let step = 0; step < steps; step++) {
      this.#random = new Random(seed * 10_007 + step)
      await this.#step()
      await this.#breathe()
      // What was told and cannot be is not mended by anything that comes.
      if (this.record.faults.length > 0) this.#fail(this.record.faults)
    }
    await this.#mend()
    const faults = await this.#settle()
    if (faults.length > 0) this.#fail(faults)
  }

  async end(): Promise<void> {
    this.#network.cutAll()
    await this.#endTwin()
    for (const station of this.stations) await station.kill()
  }

  #fail(faults: readonly string[]): never {
    throw new Error(`seed ${this.#options.seed}:\n${faults.slice(0, 20).join('\n')}`)
  }

  async #step(): Promise<void> {
    const roll = this.#random.below(100)
    const station = this.#pick(this.stations)
    if (roll < 60) return this.#act(station, roll)
    if (roll < 69) return this.#kill(station)
    if (roll < 75) return this.#cut()
    if (roll < 83) return this.#linkAll()
    if (roll < 86) return this.#deafen()
    if (roll < 88) return this.#jump(station)
    if (roll < 91) return this.#fill(station)
    if (roll < 94) return this.#keep(station)
    if (roll < 96) return this.#putBack(station)
    if (roll < 98) return this.#double(station)
    return this.#endTwin()
  }

  /** Somebody does something; who is down starts first. */
  async #act(station: Station, roll: number): Promise<void> {
    const actor = this.#twin !== undefined && this.#random.below(6) === 0 ? this.#twin : station
    if (!actor.isUp) await this.#restart(actor)
    if (roll < 22) return this.#deeds.say(actor, this.#random)
    if (roll < 35) return this.#deeds.change(actor, this.#random)
    if (roll < 40) {
      for (let chats = 0; chats < 4; chats++) await this.#deeds.read(actor, this.#random)
      return
    }
    if (roll < 42) return this.#deeds.sayAgain(actor)
    // What a home writes at once whose clock is far off is void to all others until that time has come.
    if (Math.abs(actor.clockError) > limits.clockSkew) return
    if (roll < 46) return this.#deeds.join(this.#able, this.#random)
    if (roll < 56) return this.#deeds.regroup(actor, this.#random)
    if (roll < 58) return this.#postbox.collect(actor, this.#random.below(4) === 0)
    const to = this.#pick(this.stations).person
    if (to.account.device === actor.person.account.device) return
    await this.#postbox.post(actor, { user: to.user, device: to.account.device })
  }

  /** Those that run, with a clock that others bear with. */
  get #able(): Station[] {
    return this.stations.filter(({ isUp, clockError }) => isUp && Math.abs(clockError) <= limits.clockSkew)
  }

  async #kill(station: Station): Promise<void> {
    this.#tell(`${station.name} is killed`)
    const { mount } = station
    const how = this.#random.below(3)
    if (how > 0 && mount !== undefined && station.isUp) {
      const other = this.#pick(this.stations)
      if (this.#random.below(2) === 0) this.#deeds.say(station, this.#random)
      else if (other.isUp) this.#deeds.sayTo(other, station.person, this.#random)
      mount.dieAtWrite(how === 1 ? 'before' : 'after')
      await Promise.race([mount.died, pause(50)])
      // What it had sent by then arrives, and is committed where it does.
      for (let turns = 0; turns < 40; turns++) await setImmediate()
    }
    this.#network.isolate(station)
    await station.kill()
    await this.#checkDisk(station)
    if (this.#random.below(3) > 0) await this.#restart(station)
  }

  /** Where there is, or was, another disk of the same person, that may be what has said that it has a message. */
  async #checkDisk(station: Station): Promise<void> {
    const { person } = station
    const isOnly = this.stations.every(other => other === station || other.person.user !== person.user)
    const others = isOnly && station.life === 0 ? this.#people.filter(({ user }) => user !== person.user) : []
    await this.record.checkDisk(station, new Set(others.map(other => conversationOf(person, other))))
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
    station.disk = await snapshot.copy()
    station.life++
    await this.record.forget(station, this.#disks)
    await this.#restart(station)
  }

  /** A copy of a home runs beside it, linked to others. */
  async #double(station: Station): Promise<void> {
    if (this.#twin !== undefined) return
    this.#tell(`${station.name} runs twice`)
    const twin = new Station(`${station.name}'s twin`, station.person, await station.disk.copy())
    this.#twin = twin
    station.life++
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
    await this.record.forget(twin, this.#disks)
  }

  get #disks(): Disk[] {
    const all = this.#twin === undefined ? this.stations : [...this.stations, this.#twin]
    return all.map(({ disk }) => disk)
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
    for (const station of this.stations) await this.#postbox.collect(station)
  }

  /** What is wrong in the end: a home that waits for what only an older copy of it had goes on after a while. */
  async #settle(): Promise<readonly string[]> {
    const end = performance.now() + 2 * limits.behind
    for (;;) {
      await this.#quiet()
      const { faults: told } = this.record
      const faults = [...told, ...(await judge(this.stations, this.#cases, this.record))]
      if (faults.length === 0 || told.length > 0 || performance.now() > end) return faults
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

  get #cases(): Case[] {
    const direct = this.#people.flatMap((a, n) =>
      this.#people.slice(n + 1).map(b => {
        return { conversation: conversationOf(a, b), name: `${a.name} and ${b.name}`, users: [a.user, b.user] }
      }),
    )
    return [...direct, ...this.#deeds.rooms.map((conversation, n) => ({ conversation, name: `room ${n + 1}` }))]
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

const names = ['alice', 'bob', 'carol', 'dora', 'emil', 'frida', 'gus', 'hanna'] as const
