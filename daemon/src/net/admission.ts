import { Deadlines } from './deadlines.ts'

/**
 * Lets only so many in at a time: where all come at once, each is served while it still waits, instead of all being served
 * too late. Those who wait come in turns, source by source, so that one source is only in its own way; whoever takes too
 * long inside no longer counts.
 */
export class Admission<Item extends { readonly source: string }> {
  readonly #most: number
  readonly #start: (item: Item) => void
  readonly #inside: Deadlines<Item>
  readonly #waiting = new Map<string, Set<Item>>()

  /** `most`: inside at a time; `turn`: ms for which one counts; `start`: is called once for each that gets in. */
  constructor(most: number, turn: number, start: (item: Item) => void) {
    this.#most = most
    this.#start = start
    this.#inside = new Deadlines(turn, () => this.#next())
  }

  enter(item: Item): void {
    const waiting = this.#waiting.get(item.source) ?? new Set()
    this.#waiting.set(item.source, waiting.add(item))
    this.#next()
  }

  /** It is through, or gone. */
  leave(item: Item): void {
    this.#inside.delete(item)
    this.#drop(item)
    this.#next()
  }

  clear(): void {
    this.#inside.clear()
    this.#waiting.clear()
  }

  #next(): void {
    while (this.#inside.size < this.#most) {
      const [first] = this.#waiting
      if (!first) return
      const [source, items] = first
      this.#waiting.delete(source)
      const [item] = items
      if (item === undefined) continue
      items.delete(item)
      // Behind all others.
      if (items.size > 0) this.#waiting.set(source, items)
      this.#inside.add(item)
      this.#start(item)
    }
  }

  #drop(item: Item): void {
    const items = this.#waiting.get(item.source)
    if (items?.delete(item) && items.size === 0) this.#waiting.delete(item.source)
  }
}
