import type { Change } from '@parley/kit'
import { limits } from '../../limits.ts'

/** The changes of one write to storage, kept within what a storage takes at once. A later put of a key replaces it. */
export class Batch {
  readonly #changes = new Map<string, Change>()
  readonly #checks: Change[] = []
  #bytes = 0

  /** Whether `changes` more rows with `bytes` in all still fit. */
  hasRoom(changes: number, bytes: number): boolean {
    if (this.#changes.size + this.#checks.length + changes > limits.batchChanges) return false
    return this.#bytes + bytes + changes * keyAllowance <= limits.batchBytes
  }

  /** What the batch makes of a row; undefined when it leaves it alone. */
  get(key: string): Change | undefined {
    return this.#changes.get(key)
  }

  put(key: string, value: Uint8Array): void {
    this.#changes.set(key, { put: key, value })
    this.#bytes += value.length + keyAllowance
  }

  remove(key: string): void {
    this.#changes.set(key, { remove: key })
    this.#bytes += keyAllowance
  }

  check(key: string, is: Uint8Array | undefined): void {
    this.#checks.push({ check: key, is })
    this.#bytes += (is?.length ?? 0) + keyAllowance
  }

  get isEmpty(): boolean {
    return this.#changes.size === 0
  }

  get changes(): Change[] {
    return [...this.#checks, ...this.#changes.values()]
  }
}

/** More than any key of a conversation, so that keys count as well. */
const keyAllowance = 200
