import { type Change, type ListRange, StorageLimitError, storageLimits } from './storage.ts'

/** Keys are made of these only, so that byte order, string order and every database's order are one. */
const printable = /^[\x21-\x7e]*$/

/** Refuses keys that no storage may hold. @throws StorageLimitError */
export function checkKeys(keys: readonly string[]): void {
  for (const key of keys) checkKey(key)
}

/**
 * Refuses a range that makes no sense, and gives its bounds: all keys `from` (inclusive) up to `below` (exclusive).
 *
 * No key holds a character under 0x21 or over 0x7e, so a space behind `after` makes it exclusive and 0x7f behind the
 * prefix ends it.
 * @throws StorageLimitError
 */
export function listBounds(prefix: string, range: ListRange): { from: string; below: string } {
  if (!isWithin(prefix)) refuse('A prefix', prefix)
  if (range.after !== undefined && !isWithin(range.after)) refuse('"after"', range.after)
  if (!Number.isSafeInteger(range.limit) || range.limit < 1) {
    throw new StorageLimitError(`A list needs a limit of 1 or more, not ${range.limit}.`)
  }
  const below = `${prefix}\x7f`
  if (range.after === undefined) return { from: prefix, below }
  if (range.reverse) return { from: prefix, below: range.after < below ? range.after : below }
  const behind = `${range.after} `
  return { from: behind > prefix ? behind : prefix, below }
}

/**
 * Refuses a batch that breaks the limits. A key may be named by one check and by one put or remove.
 * @throws StorageLimitError
 */
export function checkChanges(changes: readonly Change[]): void {
  if (changes.length > storageLimits.batchChanges) {
    throw new StorageLimitError(`A batch holds at most ${storageLimits.batchChanges} changes, not ${changes.length}.`)
  }
  const checked = new Set<string>()
  const changed = new Set<string>()
  let size = 0
  for (const change of changes) {
    const key = keyOf(change)
    const value = bytesOf(change)
    checkKey(key)
    const named = 'check' in change ? checked : changed
    const before = named.size
    if (named.add(key).size === before) throw new StorageLimitError(`A batch names the key ${shown(key)} twice.`)
    if (value !== undefined) checkValue(key, value)
    size += key.length + (value?.byteLength ?? 0)
  }
  if (size > storageLimits.batchSize) {
    throw new StorageLimitError(`A batch holds at most ${storageLimits.batchSize} bytes, not ${size}.`)
  }
}

function keyOf(change: Change): string {
  if ('check' in change) return change.check
  return 'remove' in change ? change.remove : change.put
}

function bytesOf(change: Change): Uint8Array | undefined {
  if ('check' in change) return change.is
  if ('remove' in change) return undefined
  const { put, value, expires } = change
  if (expires !== undefined && !(Number.isSafeInteger(expires) && expires >= 0)) {
    throw new StorageLimitError(`"expires" of ${shown(put)} must be whole milliseconds since 1970, not ${expires}.`)
  }
  if (value === undefined) throw new StorageLimitError(`The put of ${shown(put)} has no value.`)
  return value
}

function checkKey(key: string): void {
  if (key === '' || !isWithin(key)) refuse('A key', key)
}

function checkValue(key: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw new StorageLimitError(`The value of ${shown(key)} must be bytes.`)
  if (value.byteLength > storageLimits.valueSize) {
    throw new StorageLimitError(
      `The value of ${shown(key)} is ${value.byteLength} bytes; at most ${storageLimits.valueSize} are allowed.`,
    )
  }
}

function isWithin(text: string): boolean {
  return typeof text === 'string' && text.length <= storageLimits.keyLength && printable.test(text)
}

function refuse(what: string, text: string): never {
  throw new StorageLimitError(
    `${what} is up to ${storageLimits.keyLength} printable ASCII characters, not ${shown(text)}.`,
  )
}

/** The start of a key, quoted and escaped: enough to find it, never a page of it. */
function shown(text: unknown): string {
  const start = String(text).slice(0, 40)
  return JSON.stringify(start).replace(/[^\x20-\x7e]/g, '?')
}
