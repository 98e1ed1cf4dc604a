interface Waiting {
  readonly hurries: () => boolean
  readonly start: () => void
}

/**
 * Lets only so many tasks run at once; the others wait in the order in which they came, those that hurry before all
 * others. `spare` more places are for those alone.
 */
export class Gate {
  readonly #most: number
  readonly #spare: number
  readonly #waiting: Waiting[] = []
  #running = 0

  constructor(most: number, spare = 0) {
    this.#most = most
    this.#spare = spare
  }

  /**
   * Runs `task` when its turn has come; not at all when `signal` is aborted by then: rejects with its reason. `hurries` is
   * asked whenever somebody's turn has come.
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal, hurries = () => false): Promise<T> {
    await new Promise<void>(start => {
      this.#waiting.push({ hurries, start })
      this.look()
    })
    try {
      signal.throwIfAborted()
      return await task()
    } finally {
      this.#running--
      this.look()
    }
  }

  /** Somebody who waits may hurry now. */
  look(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      this.#waiting.splice(this.#waiting.indexOf(next), 1)
      this.#running++
      next.start()
    }
  }

  /** Whose turn has come, if there is a place. */
  #next(): Waiting | undefined {
    if (this.#running >= this.#most + this.#spare) return undefined
    const first = this.#waiting.find(({ hurries }) => hurries())
    return first ?? (this.#running < this.#most ? this.#waiting[0] : undefined)
  }
}
