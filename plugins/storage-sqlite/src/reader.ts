import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ListedRow, ListPage, ListRange } from '@parley/kit'
import { openReader } from './database.ts'
import { errorOf, failureOf } from './errors.ts'

/**
 * The reading side, on the caller's own thread: a read of a few rows takes less than the way to another thread. In
 * write-ahead mode it waits for no writer and sees the last commit.
 */
export class Reader {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #begin: StatementSync
  readonly #end: StatementSync
  readonly #find: StatementSync
  readonly #ascending: StatementSync
  readonly #descending: StatementSync

  constructor(file: string) {
    this.#file = file
    const database = openReader(file)
    this.#database = database
    this.#begin = database.prepare('BEGIN')
    this.#end = database.prepare('COMMIT')
    this.#find = database.prepare('SELECT value FROM rows WHERE key = ? AND (expires IS NULL OR expires > ?)')
    this.#ascending = database.prepare(listing('ASC'))
    this.#descending = database.prepare(listing('DESC'))
  }

  get(keys: readonly string[]): (Uint8Array | undefined)[] {
    const now = Date.now()
    const find = (key: string) => bytesOf(this.#find.get(key, now)?.value)
    // One statement sees one moment by itself; several need a transaction around them.
    return this.#told(() => (keys.length > 1 ? this.#atOneMoment(() => keys.map(find)) : keys.map(find)))
  }

  list(from: string, below: string, { limit, reverse }: ListRange): ListPage {
    const statement = reverse ? this.#descending : this.#ascending
    return this.#told(() => {
      const found = statement.all(from, below, Date.now(), limit + 1)
      return { rows: found.slice(0, limit).map(listed), more: found.length > limit }
    })
  }

  close(): void {
    this.#database.close()
  }

  #atOneMoment<Value>(read: () => Value): Value {
    this.#begin.run()
    try {
      return read()
    } finally {
      this.#end.run()
    }
  }

  #told<Value>(read: () => Value): Value {
    try {
      return read()
    } catch (error) {
      throw errorOf(failureOf(error, this.#file))
    }
  }
}

function listing(direction: 'ASC' | 'DESC'): string {
  return `
    SELECT key, value, expires FROM rows WHERE key >= ? AND key < ? AND (expires IS NULL OR expires > ?)
    ORDER BY key ${direction} LIMIT ?
  `
}

function listed({ key, value, expires }: Record<string, unknown>): ListedRow {
  const bytes = bytesOf(value) ?? empty()
  return typeof expires === 'number' ? [String(key), bytes, expires] : [String(key), bytes]
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

function empty(): Uint8Array {
  return new Uint8Array(0)
}
