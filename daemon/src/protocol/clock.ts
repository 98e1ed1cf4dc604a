import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/**
 * A hybrid logical clock: times of entries are 48 bits of ms since 1970 and a 16-bit counter in one uint64, so they
 * never stand still or go back, yet stay near real time (Kulkarni et al., "Logical Physical Clocks", 2014).
 */
export class HybridClock {
  readonly #monotonic: () => number
  /** Real time in ms when `#monotonic` was zero. */
  #offset: number
  #last = 0n

  /** `now` is the wall clock, read once; `monotonic` counts ms from anywhere and is never set. */
  constructor(clocks: { now(): number; monotonic(): number } = { now: Date.now, monotonic: () => performance.now() }) {
    this.#monotonic = clocks.monotonic
    this.#offset = clocks.now() - clocks.monotonic()
  }

  /** Takes over a registry's time, in ms. Throws `clock` for a number that is no time. */
  setTime(remote: number): void {
    if (!Number.isFinite(remote) || remote < 0 || remote > latest) {
      throw new ParleyError('clock', 'The registry told a time that does not exist. Set its clock.')
    }
    this.#offset = remote - this.#monotonic()
  }

  /** Synchronised time: ms since 1970 by the registry, or by the wall clock of the start until one was heard. */
  physical(): number {
    return Math.floor(this.#offset + this.#monotonic())
  }

  /** A time above every one that was given or observed, and above `last`. Throws `clock` when there is none left. */
  next(last = 0n): bigint {
    const floor = (this.#last > last ? this.#last : last) + 1n
    const physical = timeOf(Math.min(Math.max(this.physical(), 0), latest))
    const time = physical > floor ? physical : floor
    if (time >> 64n !== 0n) throw new ParleyError('clock', 'This log already has the latest time there is.')
    this.#last = time
    return time
  }

  /**
   * Hears of a time that another device gave. It moves the clock only if it is at most 10 minutes ahead; otherwise it
   * answers false and nothing changes.
   */
  observe(time: bigint): boolean {
    if (msOf(time) > this.physical() + limits.clockSkew) return false
    if (time > this.#last) this.#last = time
    return true
  }
}

/** The time of `ms` since 1970 and a counter below 65,536. */
export function timeOf(ms: number, counter = 0): bigint {
  return (BigInt(Math.floor(ms)) << 16n) | BigInt(counter)
}

/** Ms since 1970 of a hybrid time. */
export function msOf(time: bigint): number {
  return Number(time >> 16n)
}

/** The counter of a hybrid time. */
export function counterOf(time: bigint): number {
  return Number(time & 0xffffn)
}

/** The largest ms that 48 bits hold: in the year 10889. */
const latest = 2 ** 48 - 1
