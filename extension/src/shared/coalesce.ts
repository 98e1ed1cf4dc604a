import type { Disposable } from '../event.ts'

/** Does something at once, and again at most every so often however often it is asked to. */
export class Coalesced implements Disposable {
  readonly #act: () => void
  readonly #every: number
  #timer: NodeJS.Timeout | undefined
  #isAsked = false

  /** `every` is in ms. */
  constructor(act: () => void, every: number) {
    this.#act = act
    this.#every = every
  }

  readonly ask = (): void => {
    this.#isAsked = true
    if (this.#timer === undefined) this.#turn()
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isAsked = false
  }

  #turn(): void {
    this.#timer = undefined
    if (!this.#isAsked) return
    this.#isAsked = false
    this.#timer = setTimeout(() => this.#turn(), this.#every)
    this.#act()
  }
}
