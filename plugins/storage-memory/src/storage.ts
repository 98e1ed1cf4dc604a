import {
  type Change,
  checkChanges,
  checkKeys,
  type ListedRow,
  type ListPage,
  type ListRange,
  listBounds,
  SortedKeys,
  type Storage,
} from '@parley/kit'

/** Expired rows that a write clears away on its way: more than one, so that they cannot pile up. */
const sweptPerWrite = 16

/** A storage that lives and ends with its object. It needs no closing. */
export function openMemoryStorage(): Storage {
  return new MemoryStorage()
}

interface Row {
  readonly value: Uint8Array
  readonly expires: number | undefined
}

class MemoryStorage implements Storage {
  readonly durable = false
  readonly #rows = new Map<string, Row>()
  readonly #keys = new SortedKeys()
  /** `<expires> <key>` of every row that expires, the earliest first. */
  readonly #expiring = new SortedKeys()

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    checkKeys(keys)
    const now = Date.now()
    return keys.map(key => copyOf(this.#live(key, now)?.value))
  }

  async list(prefix: string, range: ListRange): Promise<ListPage> {
    const { from, below } = listBounds(prefix, range)
    const now = Date.now()
    const rows: ListedRow[] = []
    const keys = range.reverse ? this.#keys.descending(from, below) : this.#keys.ascending(from, below)
    for (const key of keys) {
      const row = this.#live(key, now)
      if (row === undefined) continue
      if (rows.length === range.limit) return { rows, more: true }
      const value = Uint8Array.from(row.value)
      rows.push(row.expires === undefined ? [key, value] : [key, value, row.expires])
    }
    return { rows, more: false }
  }

  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    checkChanges(changes)
    const now = Date.now()
    this.#sweep(now)
    for (const change of changes) {
      if ('check' in change && !isSame(this.#live(change.check, now)?.value, change.is)) return 'conflict'
    }
    for (const change of changes) {
      if ('put' in change) this.#put(change.put, { value: Uint8Array.from(change.value), expires: change.expires })
      else if ('remove' in change) this.#remove(change.remove)
    }
    return 'committed'
  }

  #live(key: string, now: number): Row | undefined {
    const row = this.#rows.get(key)
    return row?.expires !== undefined && row.expires <= now ? undefined : row
  }

  #put(key: string, row: Row): void {
    const old = this.#rows.get(key)
    if (old === undefined) this.#keys.add(key)
    else if (old.expires !== undefined) this.#expiring.delete(expiry(old.expires, key))
    if (row.expires !== undefined) this.#expiring.add(expiry(row.expires, key))
    this.#rows.set(key, row)
  }

  #remove(key: string): void {
    const old = this.#rows.get(key)
    if (old === undefined) return
    if (old.expires !== undefined) this.#expiring.delete(expiry(old.expires, key))
    this.#keys.delete(key)
    this.#rows.delete(key)
  }

  #sweep(now: number): void {
    const due: string[] = []
    for (const entry of this.#expiring.ascending('', expiry(now + 1, ''))) {
      due.push(entry.slice(entry.indexOf(' ') + 1))
      if (due.length === sweptPerWrite) break
    }
    for (const key of due) this.#remove(key)
  }
}

/** Sorts by time: a safe integer has at most 16 digits. */
function expiry(expires: number, key: string): string {
  return `${String(expires).padStart(16, '0')} ${key}`
}

function copyOf(value: Uint8Array | undefined): Uint8Array | undefined {
  return value && Uint8Array.from(value)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0
}
