/**
 * How often each of many keys may act: some times at once, then once in a while. A key that has been quiet for long is
 * forgotten: it has everything again.
 */
export class Pace<Key> {
  readonly #burst: number
  readonly #every: number
  readonly #now: () => number
  /** When each key will have everything again. */
  readonly #full = new Map<Key, number>()

  /** `burst` times at once, then every `every` ms; `now` in ms of a clock that never goes back. */
  constructor(burst: number, every: number, now: () => number = () => performance.now()) {
    this.#burst = burst
    this.#every = every
    this.#now = now
  }

  /** Counts one act of `key`: 0 if it may, else ms until it may. */
  take(key: Key): number {
    const now = this.#now()
    this.#forget(now)
    const full = Math.max(this.#full.get(key) ?? 0, now) + this.#every
    const wait = full - now - this.#burst * this.#every
    if (wait > 0) return wait
    // Behind the others: the map stays in the order of the last acts.
    this.#full.delete(key)
    this.#full.set(key, full)
    return 0
  }

  #forget(now: number): void {
    for (const [key, full] of this.#full) {
      if (full > now) return
      this.#full.delete(key)
    }
  }
}
