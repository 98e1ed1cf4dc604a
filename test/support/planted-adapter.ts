/** A keyv adapter over a map, whose process ends at one of its calls, as in a crash: nothing answers from then on. */
export interface Planted {
  readonly values: Map<string, string>
  /** Which call is the last one, counted from 1. */
  readonly last?: number
  /** What that call still does. */
  readonly does?: 'nothing' | 'half' | 'all'
  /** What is told of by itself: `fault` gives all that listens. */
  fault?: (error: Error) => void
  calls: number
}

export default class PlantedAdapter {
  namespace: string | undefined
  readonly #planted: Planted

  constructor(planted: Planted) {
    this.#planted = planted
  }

  on(_: 'error', listener: (error: Error) => void): void {
    this.#planted.fault = listener
  }

  get(key: string): Promise<string | undefined> {
    return this.#call([() => this.#planted.values.get(key)]).then(([value]) => value)
  }

  set(key: string, value: string): Promise<unknown> {
    return this.#call([() => this.#planted.values.set(key, value)])
  }

  setMany(entries: { key: string; value: string }[]): Promise<unknown> {
    return this.#call(
      entries.map(
        ({ key, value }) =>
          () =>
            this.#planted.values.set(key, value),
      ),
    )
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#call([() => this.#planted.values.delete(key)])).includes(true)
  }

  async *iterator(): AsyncGenerator<[string, string]> {
    yield* this.#planted.values
  }

  async #call<T>(steps: readonly (() => T)[]): Promise<T[]> {
    const planted = this.#planted
    const call = ++planted.calls
    const { last = Number.POSITIVE_INFINITY, does = 'nothing' } = planted
    if (call < last) return steps.map(step => step())
    const shares = { nothing: 0, half: Math.floor(steps.length / 2), all: steps.length }
    if (call === last) for (const step of steps.slice(0, shares[does])) step()
    return new Promise(() => {})
  }
}
