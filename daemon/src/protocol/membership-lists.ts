/** Numbers of acts by what they are about, in the order in which they were added. */
export class Lists<Key extends string> {
  readonly #lists = new Map<Key, number[]>()

  get keys(): Iterable<Key> {
    return this.#lists.keys()
  }

  of(key: Key): readonly number[] {
    return this.#lists.get(key) ?? []
  }

  add(key: Key, ...acts: readonly number[]): void {
    const list = this.#lists.get(key)
    if (list === undefined) this.#lists.set(key, [...acts])
    else for (const act of acts) list.push(act)
  }

  /** What was added elsewhere comes behind what is here. */
  addAll(more: Lists<Key>): void {
    for (const [key, acts] of more.#lists) this.add(key, ...acts)
  }

  set(key: Key, acts: readonly number[]): void {
    if (acts.length === 0) this.#lists.delete(key)
    else this.#lists.set(key, [...acts])
  }

  takeLowest(key: Key): number | undefined {
    const list = this.#lists.get(key)
    if (list === undefined) return undefined
    const lowest = list.reduce((a, b) => Math.min(a, b))
    list.splice(list.indexOf(lowest), 1)
    if (list.length === 0) this.#lists.delete(key)
    return lowest
  }

  copy(): Lists<Key> {
    const copied = new Lists<Key>()
    copied.addAll(this)
    return copied
  }
}
