import { limits } from '../limits.ts'

/**
 * Delays between attempts that go on for ever: growing to `fast` within the first minute since the trouble began, then
 * `slow`, each with jitter, so that the hubs of a team do not come back in step.
 */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #monotonic: () => number
  readonly #random: () => number
  #began: number | undefined
  #attempts = 0

  constructor(options: Partial<BackoffOptions> & { monotonic?: () => number; random?: () => number } = {}) {
    this.#options = { ...limits.reconnect, ...options }
    this.#monotonic = options.monotonic ?? (() => performance.now())
    this.#random = options.random ?? Math.random
  }

  /** ms to wait before the next attempt. */
  next(): number {
    this.#began ??= this.#monotonic()
    const { first, fast, fastFor, slow } = this.#options
    const isFast = this.#monotonic() - this.#began < fastFor
    const most = isFast ? Math.min(fast, first * 2 ** Math.min(this.#attempts++, 16)) : slow
    return most * (0.5 + this.#random() / 2)
  }

  /** ms to wait before asking again somebody who has refused: the longest delay at once. */
  afterRefusal(): number {
    return this.#options.slow * (0.5 + this.#random() / 2)
  }

  /** All is well again: the next trouble starts from the shortest delay. */
  reset(): void {
    this.#began = undefined
    this.#attempts = 0
  }
}

/** All in ms. */
export interface BackoffOptions {
  /** The longest first delay. */
  readonly first: number
  /** The longest delay in the beginning. */
  readonly fast: number
  /** How long the beginning lasts. */
  readonly fastFor: number
  /** The longest delay afterwards. */
  readonly slow: number
}
