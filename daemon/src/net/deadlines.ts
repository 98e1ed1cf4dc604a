/**
 * Deadlines of one length for many things, with one timer for all: what was added first is due first, so only the
 * oldest needs watching. Thousands of silent connections cost a map entry each.
 */
export class Deadlines<T> {
  readonly #length: number
  readonly #expired: (item: T) => void
  readonly #due = new Map<T, number>()
  #timer: NodeJS.Timeout | undefined

  /** `length` in ms; `expired` is called once for each item that was not deleted in time. */
  constructor(length: number, expired: (item: T) => void) {
    this.#length = length
    this.#expired = expired
  }

  get size(): number {
    return this.#due.size
  }

  has(item: T): boolean {
    return this.#due.has(item)
  }

  /** Starts the deadline of `item`, anew if it had one. */
  add(item: T): void {
    this.#due.delete(item)
    this.#due.set(item, performance.now() + this.#length)
    this.#timer ??= this.#wake(this.#length)
  }

  delete(item: T): void {
    this.#due.delete(item)
  }

  clear(): void {
    this.#due.clear()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wake(wait: number): NodeJS.Timeout {
    return setTimeout(() => this.#check(), wait).unref()
  }

  #check(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const [item, due] of this.#due) {
      if (due > now) {
        this.#timer ??= this.#wake(Math.ceil(due - now))
        return
      }
      this.#due.delete(item)
      this.#expired(item)
    }
  }
}
