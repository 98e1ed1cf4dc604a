import { limits } from '../../limits.ts'

/**
 * A hub that has just started knows what it knew when it ended: what came meanwhile it hears from the registry, the mailbox
 * and other devices in the moments after. Whoever asks for something then that is not here waits until it comes, or until
 * that time is over; later the answer is at once.
 */
export class CatchingUp {
  readonly #watch: (listener: () => void) => () => void
  readonly #until: number

  /** `watch` calls whenever something may have come; it returns what ends it. `within`: ms from now. */
  constructor(watch: (listener: () => void) => () => void, within: number = limits.catchUp) {
    this.#watch = watch
    this.#until = performance.now() + within
  }

  /** Whether something may still come that was said before the start. */
  get isUnderWay(): boolean {
    return performance.now() < this.#until
  }

  /** What `look` gives, now or as soon as it gives something. `hasWaited`: nothing came in all that time. */
  async find<T>(look: () => T | undefined): Promise<{ readonly found?: T; readonly hasWaited: boolean }> {
    const now = look()
    if (now !== undefined) return { found: now, hasWaited: false }
    // A timer counts whole milliseconds and leaves out the rest: rounded up, the time is over once it has run.
    const left = Math.ceil(this.#until - performance.now())
    if (left <= 0) return { hasWaited: false }
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
    const late = setTimeout(() => resolve(undefined), left).unref()
    const stop = this.#watch(() => {
      try {
        const found = look()
        if (found !== undefined) resolve(found)
      } catch (error) {
        reject(error)
      }
    })
    try {
      const found = await promise
      return { hasWaited: true, ...(found !== undefined && { found }) }
    } finally {
      clearTimeout(late)
      stop()
    }
  }
}
