import type { ParleyError } from '@parley/daemon/client'
import { limits } from '../limits.ts'

export interface PatienceOptions {
  readonly random?: () => number
}

/**
 * Says how long to wait before looking for the hub again, and when to stop trying: after so many ends in a row with no
 * time of health in between, or at once where trying again cannot help. Ten windows do not come back in step.
 */
export class Patience {
  readonly #random: () => number
  #ends = 0

  constructor({ random = Math.random }: PatienceOptions = {}) {
    this.#random = random
  }

  /**
   * An attempt has ended: the hub was up for `lived` ms, 0 when it did not come up, and failed with `error`, if it did.
   * Gives the ms to wait before the next one; `undefined`: give up.
   */
  ended(lived: number, error?: ParleyError): number | undefined {
    if (lived >= limits.steadyHub) this.#ends = 0
    this.#ends++
    if (this.#ends >= limits.hubTries || (error && hopeless.has(error.code))) return undefined
    const { first, longest } = limits.hubBackoff
    return Math.min(longest, first * 2 ** (this.#ends - 1)) * (0.5 + this.#random() / 2)
  }
}

/** What a person must mend: the same would come again. */
const hopeless: ReadonlySet<string> = new Set([
  'too-old',
  'unsupported',
  'home',
  'bad-config',
  'plugin',
  'newer-data',
  'damaged-data',
])
