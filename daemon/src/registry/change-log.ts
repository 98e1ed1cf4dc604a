/**
 * Who has changed, in order, each change with the next number: whoever knows up to which number they were told finds what
 * they lack, and many share one log. Of somebody who has changed often only the last change is kept in the long run, so it
 * is never much longer than the list of those who have changed.
 */
export class ChangeLog<Item> {
  /** The numbers rise. */
  #entries: { readonly item: Item; readonly number: number }[] = []
  #last = 0
  #tidyAt: number
  readonly #tidy: number

  /** `tidy`: entries beyond those that are needed before it is tidied up. */
  constructor(tidy = 4096) {
    this.#tidy = tidy
    this.#tidyAt = tidy
  }

  /** The number of the last change; 0: there was none. */
  get last(): number {
    return this.#last
  }

  get length(): number {
    return this.#entries.length
  }

  add(item: Item): void {
    this.#entries.push({ item, number: ++this.#last })
  }

  /** At most `most` items that changed after `number` and up to `end`, each once, and up to which number that tells all. */
  after(number: number, end: number, most: number): { items: Item[]; upTo: number } {
    const items = new Set<Item>()
    for (let at = this.#indexAfter(number); ; at++) {
      const entry = this.#entries[at]
      if (!entry || entry.number > end) return { items: [...items], upTo: end }
      if (items.size === most) return { items: [...items], upTo: entry.number - 1 }
      items.add(entry.item)
    }
  }

  /** Whether it is time to {@link forget}. */
  get isLong(): boolean {
    return this.#entries.length > this.#tidyAt
  }

  /** Forgets what all have been told, which is everything up to `number`, and all changes but the last of each item. */
  forget(number: number): void {
    const entries = this.#entries.slice(this.#indexAfter(number))
    const last = new Map(entries.map(({ item, number }) => [item, number]))
    this.#entries = entries.filter(({ item, number }) => last.get(item) === number)
    this.#tidyAt = 2 * this.#entries.length + this.#tidy
  }

  /** The place of the first change with a higher number. */
  #indexAfter(number: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.number ?? 0) <= number) low = middle + 1
      else high = middle
    }
    return low
  }
}
