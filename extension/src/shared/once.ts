import type { Disposable, Event } from '../event.ts'
import { limits } from '../limits.ts'

/** What VS Code keeps for the extension, over windows and restarts: the part of its `Memento` that is needed. */
export interface OnceMemory {
  get(key: string): unknown
  update(key: string, value: unknown): PromiseLike<void>
}

/** The window, as far as it matters whether somebody looks at it. */
export interface Watched {
  isFocused(): boolean
  readonly onFocus: Event<void>
}

/**
 * Has a person told of each of several things once, in whichever window they look at: the hub tells all windows. What
 * comes while they look elsewhere waits for them.
 */
export class TellOnce<Thing extends { readonly id: string }> implements Disposable {
  readonly #key: string
  readonly #memory: OnceMemory
  readonly #window: Watched
  readonly #tell: (thing: Thing) => void
  readonly #listening: Disposable
  readonly #told = new Set<string>()
  #things: readonly Thing[] = []

  /** `key`: under which it is kept what was told of. */
  constructor(key: string, parts: { memory: OnceMemory; window: Watched; tell: (thing: Thing) => void }) {
    this.#key = key
    this.#memory = parts.memory
    this.#window = parts.window
    this.#tell = parts.tell
    this.#listening = parts.window.onFocus(() => this.#look())
  }

  /** What there is to tell of now. */
  show(things: readonly Thing[]): void {
    this.#things = things
    this.#look()
  }

  dispose(): void {
    this.#listening.dispose()
  }

  #look(): void {
    if (!this.#window.isFocused()) return
    const kept = this.#memory.get(this.#key)
    const told = Array.isArray(kept) ? kept.filter(id => typeof id === 'string') : []
    const fresh = this.#things.filter(({ id }) => !told.includes(id) && !this.#told.has(id))
    if (fresh.length === 0) return
    for (const { id } of fresh) this.#told.add(id)
    const now = [...told, ...fresh.map(({ id }) => id)].slice(-limits.toldOnce)
    this.#memory.update(this.#key, now).then(undefined, () => {})
    for (const thing of fresh) this.#tell(thing)
  }
}
