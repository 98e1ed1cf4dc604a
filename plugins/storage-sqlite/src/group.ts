import type { Change } from '@parley/kit'

/** How a change is written down: the tag, then what its comment lists. */
const tags = {
  /** key */
  checkAbsent: 0,
  /** key, value */
  check: 1,
  /** key */
  remove: 2,
  /** key, value */
  put: 3,
  /** key, value, time */
  putExpiring: 4,
} as const

/**
 * Batches written into one piece of memory, which then moves to the writer without another copy. Nothing refers to the
 * caller's bytes afterwards.
 *
 * A batch is its number of changes (2 bytes), then each change: tag (1), key length (2), key, value length (4), value,
 * time (8). Little-endian; never stored, so free to change.
 */
export class GroupEncoder {
  #bytes = Buffer.allocUnsafeSlow(16 * 1024)
  #length = 0

  get size(): number {
    return this.#length
  }

  append(changes: readonly Change[]): void {
    this.#reserve(2)
    this.#length = this.#bytes.writeUInt16LE(changes.length, this.#length)
    for (const change of changes) {
      if ('put' in change) this.#put(change.put, change.value, change.expires)
      else if ('remove' in change) this.#head(tags.remove, change.remove, 0)
      else if (change.is === undefined) this.#head(tags.checkAbsent, change.check, 0)
      else {
        this.#head(tags.check, change.check, change.is.byteLength + 4)
        this.#value(change.is)
      }
    }
  }

  /** The bytes of all batches; the encoder is spent. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #put(key: string, value: Uint8Array, expires: number | undefined): void {
    this.#head(expires === undefined ? tags.put : tags.putExpiring, key, value.byteLength + 12)
    this.#value(value)
    if (expires !== undefined) this.#length = this.#bytes.writeDoubleLE(expires, this.#length)
  }

  #head(tag: number, key: string, following: number): void {
    this.#reserve(3 + key.length + following)
    this.#length = this.#bytes.writeUInt8(tag, this.#length)
    this.#length = this.#bytes.writeUInt16LE(key.length, this.#length)
    this.#length += this.#bytes.write(key, this.#length, 'latin1')
  }

  #value(value: Uint8Array): void {
    this.#length = this.#bytes.writeUInt32LE(value.byteLength, this.#length)
    this.#bytes.set(value, this.#length)
    this.#length += value.byteLength
  }

  #reserve(size: number): void {
    const needed = this.#length + size
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

/** The batches of a group; their values are views of `group`. */
export function* readGroup(group: Uint8Array<ArrayBuffer>): Generator<Change[]> {
  const bytes = Buffer.from(group.buffer, group.byteOffset, group.byteLength)
  let at = 0
  const readKey = () => {
    const end = at + 2 + bytes.readUInt16LE(at)
    const key = bytes.toString('latin1', at + 2, end)
    at = end
    return key
  }
  const readValue = () => {
    const end = at + 4 + bytes.readUInt32LE(at)
    const value = bytes.subarray(at + 4, end)
    at = end
    return value
  }
  const readChange = (): Change => {
    const tag = bytes.readUInt8(at++)
    const key = readKey()
    if (tag === tags.checkAbsent) return { check: key, is: undefined }
    if (tag === tags.check) return { check: key, is: readValue() }
    if (tag === tags.remove) return { remove: key }
    const value = readValue()
    if (tag === tags.put) return { put: key, value }
    at += 8
    return { put: key, value, expires: bytes.readDoubleLE(at - 8) }
  }
  while (at < bytes.length) {
    const count = bytes.readUInt16LE(at)
    at += 2
    yield Array.from({ length: count }, readChange)
  }
}
