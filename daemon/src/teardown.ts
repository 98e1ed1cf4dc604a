/** What must be let go, the last thing first. AsyncDisposableStack would be this, but Node 22 lacks it. */
export class Teardown {
  readonly #steps: (() => unknown)[] = []

  defer(step: () => unknown): void {
    this.#steps.push(step)
  }

  /** Takes every step once, also after one that failed; then rejects with that failure, or an AggregateError of several. */
  async run(): Promise<void> {
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step()
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length > 1) throw new AggregateError(failures, 'Several parts could not be stopped.')
    if (failures.length === 1) throw failures[0]
  }
}
