import { SortedKeys } from '@parley/kit'
import { limits } from './limits.ts'
import type { Row } from './row.ts'

/** What is in the store, in order and without most values: all rows that were committed, applied or not. */
export class Rows {
  readonly #rows = new Map<string, Row>()
  readonly #keys = new SortedKeys()
  /** `<expires> <key>` of every row that expires, the earliest first. */
  readonly #expiring = new SortedKeys()
  /** Rows whose value is in memory and in the store, the one that was longest unused first. */
  readonly #cached = new Set<Row>()
  #cachedBytes = 0

  get count(): number {
    return this.#rows.size
  }

  keys(): Iterable<string> {
    return this.#rows.keys()
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  live(key: string, now: number): Row | undefined {
    return liveOf(this.#rows.get(key), now)
  }

  *between(from: string, below: string, isReverse: boolean): Generator<Row> {
    for (const key of isReverse ? this.#keys.descending(from, below) : this.#keys.ascending(from, below)) {
      const row = this.#rows.get(key)
      if (row) yield row
    }
  }

  put(row: Row): void {
    const old = this.#rows.get(row.key)
    if (old === undefined) this.#keys.add(row.key)
    else this.#forget(old)
    if (row.expires !== undefined) this.#expiring.add(expiry(row.expires, row.key))
    this.#rows.set(row.key, row)
  }

  remove(key: string): void {
    const old = this.#rows.get(key)
    if (old === undefined) return
    this.#forget(old)
    this.#keys.delete(key)
    this.#rows.delete(key)
  }

  /** Some keys whose time has come. */
  due(now: number): string[] {
    const due: string[] = []
    for (const entry of this.#expiring.ascending('', expiry(now + 1, ''))) {
      due.push(entry.slice(entry.indexOf(' ') + 1))
      if (due.length === limits.swept) break
    }
    return due
  }

  /** The row's value is in the store as well: it is kept in memory as long as there is room. */
  cache(row: Row): void {
    if (row.value === undefined || this.#rows.get(row.key) !== row) return
    if (this.#cached.delete(row)) this.#cachedBytes -= row.size
    this.#cached.add(row)
    this.#cachedBytes += row.size
    for (const oldest of this.#cached) {
      if (this.#cachedBytes <= limits.cache) break
      this.#uncache(oldest)
    }
  }

  /** The row was used: it stays longer. */
  touch(row: Row): void {
    if (this.#cached.delete(row)) this.#cached.add(row)
  }

  #forget(row: Row): void {
    if (row.expires !== undefined) this.#expiring.delete(expiry(row.expires, row.key))
    if (this.#cached.delete(row)) this.#cachedBytes -= row.size
  }

  #uncache(row: Row): void {
    this.#cached.delete(row)
    this.#cachedBytes -= row.size
    row.value = undefined
  }
}

export function liveOf(row: Row | undefined, now: number): Row | undefined {
  return row?.expires !== undefined && row.expires <= now ? undefined : row
}

/** Sorts by time: a safe integer has at most 16 digits. */
function expiry(expires: number, key: string): string {
  return `${String(expires).padStart(16, '0')} ${key}`
}
