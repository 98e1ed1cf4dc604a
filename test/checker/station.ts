import { setTimeout as pause } from 'node:timers/promises'
import { HybridClock } from '../../daemon/src/protocol/clock.ts'
import { Home, type Person } from '../support/conversations.ts'
import type { Disk, Mount } from './disk.ts'

/** A device of somebody: a home on a disk, which runs, is killed, and runs again, maybe from an older copy. */
export class Station {
  readonly name: string
  readonly person: Person
  disk: Disk
  /** ms by which its wall clock is wrong. */
  clockError = 0
  /** Rises with each older copy of its disk that is put in. */
  life = 0
  #home: Home | undefined
  #mount: Mount | undefined

  constructor(name: string, person: Person, disk: Disk) {
    this.name = name
    this.person = person
    this.disk = disk
  }

  /** Undefined while it does not run. */
  get home(): Home | undefined {
    return this.#mount?.isDead ? undefined : this.#home
  }

  get mount(): Mount | undefined {
    return this.#mount
  }

  get isUp(): boolean {
    return this.home !== undefined
  }

  async start(): Promise<Home> {
    const mount = this.disk.mount()
    const clock = new HybridClock({ now: () => Date.now() + this.clockError, monotonic: () => performance.now() })
    this.#mount = mount
    this.#home = await Home.open(this.person, mount, clock, { offerPause })
    return this.#home
  }

  /** Waits for what the home does, at most until its process ends, or for a while: undefined then, or when it is refused. */
  async ask<T>(what: (home: Home) => Promise<T>): Promise<T | undefined> {
    const { home, mount } = this
    if (home === undefined || mount === undefined) return undefined
    const patience = new AbortController()
    const asked = what(home).catch(() => undefined)
    const tired = pause(longest, undefined, { signal: patience.signal }).catch(() => undefined)
    try {
      return await Promise.race([asked, mount.died.then(() => undefined), tired])
    } finally {
      patience.abort()
    }
  }

  /** Ends the process where it stands; its disk keeps what was committed. */
  async kill(): Promise<void> {
    const home = this.#home
    this.#home = undefined
    await this.#mount?.die()
    home?.abandon()
  }

  /** Ends the process as it ends itself. */
  async stop(): Promise<void> {
    const home = this.home
    this.#home = undefined
    if (home === undefined) return
    if (this.#mount !== undefined) this.#mount.isFull = false
    await home.stop()
    await this.#mount?.die()
  }
}

/** ms between offers of what others have written: often, so that much happens in a short world. */
const offerPause = 150
/** ms */
const longest = 500
