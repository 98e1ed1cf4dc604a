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
    this.#home = await Home.open(this.person, mount, clock)
    return this.#home
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
