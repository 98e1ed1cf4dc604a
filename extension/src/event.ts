/** Something that holds a resource or a subscription; VS Code's own disposables are such too. */
export interface Disposable {
  dispose(): void
}

/** Subscribes until disposed: the shape of `vscode.Event`, for parts that know nothing of VS Code. */
export type Event<T> = (listener: (value: T) => void) => Disposable

/** Tells listeners in the order in which they came. One that throws ends nobody else's turn. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>()

  readonly event: Event<T> = listener => {
    const entry = { call: listener }
    this.#listeners.add(entry)
    return { dispose: () => this.#listeners.delete(entry) }
  }

  fire(value: T): void {
    for (const { call } of [...this.#listeners]) {
      try {
        call(value)
      } catch (error) {
        console.error(error)
      }
    }
  }

  dispose(): void {
    this.#listeners.clear()
  }
}
