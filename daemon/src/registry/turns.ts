/** Runs something for many, only so many at a time, in the order in which they were added. */
export class Turns<Item> {
  readonly #places: number
  readonly #run: (item: Item) => Promise<void>
  readonly #waiting = new Set<Item>()
  #running = 0

  /** `run` never rejects. */
  constructor(places: number, run: (item: Item) => Promise<void>) {
    this.#places = places
    this.#run = run
  }

  /** Those that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  add(item: Item): void {
    this.#waiting.add(item)
    this.#next()
  }

  close(): void {
    this.#waiting.clear()
  }

  #next(): void {
    for (const item of this.#waiting) {
      if (this.#running >= this.#places) return
      this.#waiting.delete(item)
      this.#running++
      void this.#run(item).finally(() => {
        this.#running--
        this.#next()
      })
    }
  }
}
