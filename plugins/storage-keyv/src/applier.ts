import type { Calls } from './calls.ts'
import { limits } from './limits.ts'
import type { Names } from './names.ts'
import type { Row } from './row.ts'
import type { Rows } from './rows.ts'
import { storeRows } from './storing.ts'

/** A row that is put, and its value as the store holds it. */
export interface Put {
  readonly row: Row
  readonly text: string
}

/**
 * Brings what is in the journal into its rows while the next entries are written, the last word on a key only, and then
 * takes the entries away.
 */
export class Applier {
  readonly #calls: Calls
  readonly #names: Names
  readonly #rows: Rows
  /** Not yet in the rows of the store. */
  #dirty = new Map<string, Put | undefined>()
  #dirtyBytes = 0
  #applyingBytes = 0
  /** The last entry that is in `dirty`. */
  #last = 0
  #applied = 0
  /** Up to which entry the store itself knows that all is applied: these may go, in any order. */
  #known = 0
  #entries: { readonly sequence: number; readonly names: readonly string[] }[] = []
  #working: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #whenRoom: (() => void) | undefined
  #ended = false

  constructor(calls: Calls, names: Names, rows: Rows) {
    this.#calls = calls
    this.#names = names
    this.#rows = rows
  }

  get applied(): number {
    return this.#applied
  }

  /** An entry that is in the journal, under these names, and in memory. */
  add(sequence: number, names: readonly string[], changed: ReadonlyMap<string, Put | undefined>): void {
    this.#last = sequence
    this.#entries.push({ sequence, names })
    for (const [key, put] of changed) {
      this.#dirtyBytes += (put?.text.length ?? 0) - (this.#dirty.get(key)?.text.length ?? 0)
      this.#dirty.set(key, put)
    }
    this.#wake()
  }

  /** The store has been told that all is applied up to this entry. */
  known(applied: number): void {
    this.#known = Math.max(this.#known, applied)
    this.#wake()
  }

  /** Resolves when there is room for more, or when it has ended. */
  async room(): Promise<void> {
    while (!this.#ended && this.#dirtyBytes + this.#applyingBytes > limits.unapplied) {
      await new Promise<void>(resolve => {
        this.#whenRoom = resolve
      })
    }
  }

  /** Resolves when nothing is left to do. */
  async drained(): Promise<void> {
    this.#start()
    while (this.#working) await this.#working
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    this.#whenRoom?.()
  }

  #wake(): void {
    if (this.#dirtyBytes >= limits.apply) this.#start()
    else if (!this.#ended) this.#timer ??= setTimeout(() => this.#start(), limits.applyAfter).unref()
  }

  #start(): void {
    if (this.#ended || this.#working) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    // A fault of a call has ended it already.
    this.#working = this.#work()
      .catch(() => {})
      .finally(() => {
        this.#working = undefined
        if (this.#dirty.size > 0) this.#wake()
      })
  }

  /** Once what there is now; what comes meanwhile waits until it is worth it. */
  async #work(): Promise<void> {
    const kept = this.#entries.findIndex(({ sequence }) => sequence > this.#known)
    const over = this.#entries.splice(0, kept < 0 ? this.#entries.length : kept).flatMap(({ names }) => names)
    const [dirty, last] = [this.#dirty, this.#last]
    this.#applyingBytes = this.#dirtyBytes
    this.#dirty = new Map()
    this.#dirtyBytes = 0
    const texts = new Map<string, string | undefined>()
    for (const [key, put] of dirty) texts.set(key, put?.text)
    await Promise.all([storeRows(this.#calls, this.#names, texts), this.#calls.delete(over)])
    for (const put of dirty.values()) if (put) this.#rows.cache(put.row)
    this.#applied = last
    this.#applyingBytes = 0
    this.#whenRoom?.()
  }
}
