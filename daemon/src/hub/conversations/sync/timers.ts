/** Timers of one owner, which end with it and keep no process alive. */
export class Timers {
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #ended: () => void

  /** `ended`: after each of them. */
  constructor(ended: () => void) {
    this.#ended = ended
  }

  /** Those that are due later. */
  get size(): number {
    return this.#timers.size
  }

  /** `wait` in ms. */
  after(wait: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      then()
      this.#ended()
    }, wait)
    timer.unref()
    this.#timers.add(timer)
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}
