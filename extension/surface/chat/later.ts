/** Something that is done once for many times that it is asked for, `wait` ms after the first. */
export class Later {
  readonly #wait: number
  readonly #action: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(wait: number, action: () => void) {
    this.#wait = wait
    this.#action = action
  }

  ask(): void {
    this.#timer ??= setTimeout(() => this.now(), this.#wait)
  }

  /** Asks anew: the wait begins once more. */
  again(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.ask()
  }

  /** Does at once what was asked for; nothing when nothing was. */
  flush(): void {
    if (this.#timer !== undefined) this.now()
  }

  /** Does it, asked for or not. */
  now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#action()
  }
}
