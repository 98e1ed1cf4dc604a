import type { Disposable } from '../event.ts'

/** The time, as a test can tell it. */
export interface Clock {
  /** ms that never go back. */
  now(): number
  /** Calls `act` once, after `wait` ms, unless disposed before. */
  after(wait: number, act: () => void): Disposable
}

export const realClock: Clock = {
  now: () => performance.now(),
  after(wait, act) {
    const timer = setTimeout(act, wait)
    return { dispose: () => clearTimeout(timer) }
  },
}
