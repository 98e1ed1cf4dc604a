import { limits } from './limits.ts'

/** What is to be kept tidy. */
interface Untidy {
  readonly isUntidy: boolean
  /** One short step; gives whether there are more. */
  tidy(): boolean
}

/** Tidies up after removals, a step at a time, so that tasks wait for little; the more it takes, the more seldom. */
export class Tidying {
  readonly #of: Untidy
  readonly #pause: number
  #timer: NodeJS.Timeout | undefined
  #spent = 0
  #notBefore = 0

  /** `pause`: from what makes it untidy to the first step, in ms. */
  constructor(of: Untidy, pause: number) {
    this.#of = of
    this.#pause = pause
  }

  /** Something may be untidy now. */
  wake(): void {
    if (this.#timer !== undefined || !this.#of.isUntidy) return
    const wait = Math.max(this.#pause, this.#notBefore - performance.now())
    this.#timer = setTimeout(() => this.#step(), wait)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #step(): void {
    const begun = performance.now()
    const hasMore = this.#of.tidy()
    const now = performance.now()
    this.#spent += now - begun
    if (hasMore) {
      this.#timer = setTimeout(() => this.#step(), 0)
      return
    }
    this.#timer = undefined
    this.#notBefore = now + limits.tidyRest * this.#spent
    this.#spent = 0
    this.wake()
  }
}
