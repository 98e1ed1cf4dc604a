import { limits } from '../../limits.ts'

/**
 * How fast each source may bring messages: so many at once, then so many a second. It remembers only sources that have
 * not yet earned back what they took.
 */
export class Paces {
  readonly #perSecond: number
  readonly #burst: number
  readonly #now: () => number
  /** When each source has its whole burst again. */
  readonly #full = new Map<string, number>()

  /** `now`: ms of a monotonic clock. */
  constructor({
    perSecond = limits.classicPace,
    burst = limits.classicBurst,
    now = () => performance.now(),
  }: { perSecond?: number; burst?: number; now?: () => number } = {}) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#now = now
  }

  get size(): number {
    return this.#full.size
  }

  /** Counts a message of `source`; gives how long it has to wait, in ms. */
  take(source: string): number {
    const now = this.#now()
    const cost = 1000 / this.#perSecond
    const full = Math.max(this.#full.get(source) ?? now, now) + cost
    this.#full.delete(source)
    this.#full.set(source, full)
    this.#forget(now)
    return Math.max(0, full - now - this.#burst * cost)
  }

  /** Those who took least recently stand first. */
  #forget(now: number): void {
    for (const [source, full] of this.#full) {
      if (full > now) return
      this.#full.delete(source)
    }
  }
}
