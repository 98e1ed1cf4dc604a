import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'

/**
 * A second copy of this home: a registry keeps one session for each device, so two that run put each other out in turn. What
 * either of them meets then, such as a link that closes amid a sign-in, says nothing of the reason: this one remembers it.
 */
export class Twin {
  readonly #monotonic: () => number
  #seen = Number.NEGATIVE_INFINITY
  /** What the registry has said of it. */
  #said = ''

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Whether another copy has put this one out a short while ago. */
  get isThere(): boolean {
    return this.#monotonic() - this.#seen < limits.twinRemembered
  }

  /** The reason why a session has ended, or none began: of what may come of a copy, that it does. */
  explain(error: ParleyError): ParleyError {
    if (error.code === 'conflict') {
      this.#seen = this.#monotonic()
      this.#said = error.message
    } else if (!this.isThere || !vague.has(error.code)) return error
    return new ParleyError('conflict', `${this.#said} ${twinWords} ${twinAdvice}`, { cause: error })
  }
}

const vague: ReadonlySet<ParleyError['code']> = new Set(['closed', 'timeout'])

export const twinWords =
  'Another copy of this home is running: its device has signed in twice, and each puts the other out.'
export const twinAdvice =
  'Let one copy run alone. Elsewhere sign in as a device of its own, in a home of its own: parley sign-in NAME --registry HOST:PORT'
