/**
 * A set in pages, each encoded at most once for all who read it: members keep their place while they stay, and a page is
 * encoded again only when it is asked for and one of its members has changed a while ago.
 */
export class Pages<Item> {
  readonly #size: number
  readonly #encode: (items: readonly Item[]) => Uint8Array
  readonly #stale: number
  readonly #places = new Map<Item, number>()
  readonly #items: (Item | undefined)[] = []
  readonly #free: number[] = []
  readonly #pages: Page[] = []

  /** `size`: members of a page; `stale`: ms for which a page may be handed out as it was. */
  constructor(size: number, encode: (items: readonly Item[]) => Uint8Array, stale: number) {
    this.#size = size
    this.#encode = encode
    this.#stale = stale
  }

  /** Members. */
  get size(): number {
    return this.#places.size
  }

  /** Pages, some of which may have few members. */
  get count(): number {
    return Math.ceil(this.#items.length / this.#size)
  }

  items(): IterableIterator<Item> {
    return this.#places.keys()
  }

  has(item: Item): boolean {
    return this.#places.has(item)
  }

  /** The item is a member from now on, or is so and has changed. */
  set(item: Item): void {
    let place = this.#places.get(item)
    if (place === undefined) {
      place = this.#free.pop() ?? this.#items.length
      this.#items[place] = item
      this.#places.set(item, place)
    }
    this.#changed(place)
  }

  delete(item: Item): void {
    const place = this.#places.get(item)
    if (place === undefined) return
    this.#places.delete(item)
    this.#items[place] = undefined
    this.#free.push(place)
    this.#changed(place)
  }

  /** A page, and the number of the last change that it tells: `now` of the log, or a little earlier. */
  page(number: number, now: number): { readonly bytes: Uint8Array; readonly at: number } {
    const known = this.#pages[number]
    const time = performance.now()
    if (known && !known.isChanged) return { bytes: known.bytes, at: now }
    if (known && time - known.time < this.#stale) return known
    const members = this.#items.slice(number * this.#size, (number + 1) * this.#size)
    const page = { bytes: this.#encode(members.filter(item => item !== undefined)), at: now, time, isChanged: false }
    this.#pages[number] = page
    return page
  }

  /** Lets go of pages that are older than the change of that number. */
  forget(number: number): void {
    for (const [at, page] of this.#pages.entries()) if (page?.isChanged && page.at < number) delete this.#pages[at]
  }

  #changed(place: number): void {
    const page = this.#pages[Math.floor(place / this.#size)]
    if (!page || page.isChanged) return
    page.isChanged = true
  }
}

interface Page {
  readonly bytes: Uint8Array
  /** The last change that it tells. */
  at: number
  readonly time: number
  /** Whether it is not the truth any more. */
  isChanged: boolean
}
