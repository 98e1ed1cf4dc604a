import { setImmediate } from 'node:timers/promises'
import { limits } from '../../limits.ts'

/** Lets others have the event loop now and then during long synchronous work, such as checking signatures. */
export class Pace {
  #since = performance.now()

  /** Whether this turn has had its slice: asked before each of many small pieces, it spares waiting for nothing. */
  get isDue(): boolean {
    return performance.now() - this.#since >= limits.slice
  }

  /** Call it between two pieces of work; it waits only when this turn has had its slice. */
  async step(): Promise<void> {
    if (!this.isDue) return
    await setImmediate()
    this.#since = performance.now()
  }
}
