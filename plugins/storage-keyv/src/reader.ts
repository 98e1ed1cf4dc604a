import { type ListedRow, type ListPage, type ListRange, StorageError } from '@parley/kit'
import type { Calls } from './calls.ts'
import { damaged } from './errors.ts'
import { limits } from './limits.ts'
import type { Names } from './names.ts'
import { decodeValue, type Row, readHead } from './row.ts'
import { liveOf, type Rows } from './rows.ts'

/** Reads at one moment, though values come from the store one after the other. */
export class Reader {
  readonly #calls: Calls
  readonly #names: Names
  readonly #rows: Rows

  constructor(calls: Calls, names: Names, rows: Rows) {
    this.#calls = calls
    this.#names = names
    this.#rows = rows
  }

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const look = () => {
      const now = Date.now()
      return keys.map(key => this.#rows.live(key, now))
    }
    return this.at(look, (found, bytesOf) => found.map(row => row && new Uint8Array(bytesOf(row))))
  }

  async list(from: string, below: string, { limit, reverse = false }: ListRange): Promise<ListPage> {
    const look = () => {
      const now = Date.now()
      const found: Row[] = []
      for (const row of this.#rows.between(from, below, reverse)) {
        if (liveOf(row, now)) found.push(row)
        if (found.length > limit) break
      }
      return found
    }
    return this.at(look, (found, bytesOf) => {
      const rows = found.slice(0, limit).map((row): ListedRow => {
        const value = new Uint8Array(bytesOf(row))
        return row.expires === undefined ? [row.key, value] : [row.key, value, row.expires]
      })
      return { rows, more: found.length > limit }
    })
  }

  /**
   * What `take` makes of the rows that `look` gives, in the one moment in which the values of all of them are here. A
   * value that came from the store is that of its row only if the row was not replaced meanwhile.
   */
  async at<Found extends readonly (Row | undefined)[], T>(
    look: () => Found,
    take: (found: Found, bytesOf: (row: Row) => Uint8Array) => T,
  ): Promise<T> {
    const fetched = new Map<Row, Uint8Array>()
    const bytesOf = (row: Row) => row.value ?? fetched.get(row) ?? new Uint8Array()
    for (let round = 0; round < rounds; round++) {
      const found = look()
      const missing = found.filter(row => row !== undefined && row.value === undefined && !fetched.has(row))
      if (missing.length === 0) {
        for (const row of found) if (row) this.#rows.touch(row)
        return take(found, bytesOf)
      }
      await this.#fetch(new Set(missing.filter(row => row !== undefined)), fetched)
    }
    throw new StorageError('storage', 'What is read changes faster than it can be read; try again.')
  }

  async #fetch(missing: ReadonlySet<Row>, fetched: Map<Row, Uint8Array>): Promise<void> {
    for (const rows of chunks(missing)) {
      const values = await this.#calls.getMany(rows.map(row => this.#names.row(row.key)))
      rows.forEach((row, index) => {
        if (this.#rows.get(row.key) !== row) return
        const text = values[index]
        const head = text === undefined ? undefined : readHead(text)
        if (text === undefined || head?.size !== row.size) throw damaged(this.#calls.store, 'a row is gone or another')
        const value = decodeValue(text)
        fetched.set(row, value)
        row.value = value
        this.#rows.cache(row)
      })
    }
  }
}

/** Each round only asks for what was replaced since the last one, and that is nearly always in memory. */
const rounds = 64

function* chunks(all: Iterable<Row>): Generator<Row[]> {
  let chunk: Row[] = []
  let bytes = 0
  for (const row of all) {
    chunk.push(row)
    bytes += row.size
    if (chunk.length < limits.callRows && bytes < limits.callBytes) continue
    yield chunk
    chunk = []
    bytes = 0
  }
  if (chunk.length > 0) yield chunk
}
