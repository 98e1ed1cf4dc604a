/** A wait between attempts that can be cut short. A wake that comes during an attempt counts for the wait after it. */
export class Pause {
  #woken = false
  #wake: (() => void) | undefined

  /** Resolves after `ms` (undefined: no limit), at a wake, or when `signal` aborts. */
  async sleep(ms: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#woken || signal.aborted) return
    const slept = Promise.withResolvers<void>()
    const wake = () => slept.resolve()
    this.#wake = wake
    const timer = ms === undefined ? undefined : setTimeout(wake, ms)
    signal.addEventListener('abort', wake, { once: true })
    try {
      await slept.promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      this.#wake = undefined
    }
  }

  wake(): void {
    this.#woken = true
    this.#wake?.()
  }

  /** An attempt begins: wakes from before it are spent. */
  reset(): void {
    this.#woken = false
  }
}
