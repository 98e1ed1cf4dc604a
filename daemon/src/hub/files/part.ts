import { constants } from 'node:fs'
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { limits } from '../../limits.ts'
import { chunkHashSize, hashOfChunk, hashOfFile } from '../../protocol/files.ts'
import type { FileHash } from '../../protocol/ids.ts'
import { place, writeAll } from './adding.ts'
import { chunksIn } from './hashing.ts'
import type { FileStore } from './store.ts'

/**
 * What has come of a file. Each chunk is checked against its hash before it is written, and again when a later run finds
 * it: what a crash or a power cut leaves is taken for no more than it is.
 */
export class Part {
  readonly hash: FileHash
  /** How many chunks it has. */
  readonly chunks: number
  readonly #store: FileStore
  readonly #hashes: Uint8Array
  readonly #handle: FileHandle
  readonly #release: () => void
  readonly #isHere: boolean[]
  #left: number
  /** Bytes of the last chunk, once it is here. */
  #last = 0

  private constructor(store: FileStore, hash: FileHash, hashes: Uint8Array, handle: FileHandle, release: () => void) {
    this.hash = hash
    this.chunks = hashes.length / chunkHashSize
    this.#store = store
    this.#hashes = hashes
    this.#handle = handle
    this.#release = release
    this.#isHere = new Array(this.chunks).fill(false)
    this.#left = this.chunks
  }

  /**
   * Begins a file whose chunks have these hashes, or goes on with what is here of it.
   * @throws ParleyError `no-space`; what the system says
   */
  static async open(store: FileStore, hash: FileHash, hashes: Uint8Array): Promise<Part> {
    const release = await store.reserve((hashes.length / chunkHashSize) * limits.fileChunk)
    try {
      await writeFile(store.places.fileHashes(hash), hashes, { mode: 0o600 })
      const path = store.places.filePart(hash)
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
      const part = new Part(store, hash, hashes, handle, release)
      await part.#look()
      return part
    } catch (error) {
      release()
      throw error
    }
  }

  /** Bytes that are here, as far as is known. */
  get done(): number {
    return this.#last > 0
      ? (this.chunks - this.#left - 1) * limits.fileChunk + this.#last
      : (this.chunks - this.#left) * limits.fileChunk
  }

  get isWhole(): boolean {
    return this.#left === 0
  }

  has(chunk: number): boolean {
    return this.#isHere[chunk] ?? false
  }

  /** The hashes of all chunks. */
  get hashes(): Uint8Array {
    return this.#hashes
  }

  /** A bit for each chunk that is here, the first one lowest. */
  get here(): Uint8Array {
    const bits = new Uint8Array(bytesOfBits(this.chunks))
    for (const [chunk, isHere] of this.#isHere.entries()) {
      if (isHere) bits[chunk >> 3] = (bits[chunk >> 3] ?? 0) | (1 << (chunk & 7))
    }
    return bits
  }

  /** A chunk that is here. Throws what the system says. */
  async read(chunk: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(chunk === this.chunks - 1 ? this.#last : limits.fileChunk)
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, chunk * limits.fileChunk)
    return bytes.subarray(0, bytesRead)
  }

  /** Keeps a chunk; false when these are not its bytes. Throws what the system says. */
  async write(chunk: number, bytes: Uint8Array): Promise<boolean> {
    if (!this.#isRight(chunk, bytes)) return false
    if (this.has(chunk)) return true
    await writeAll(this.#handle, bytes, chunk * limits.fileChunk)
    this.#note(chunk, bytes)
    return true
  }

  /** Gives the whole file its name, once it is flushed. */
  async finish(): Promise<void> {
    const size = Math.max(0, this.chunks - 1) * limits.fileChunk + this.#last
    await this.#handle.truncate(size)
    await this.#handle.sync()
    await this.close()
    await place(this.#store, this.#store.places.filePart(this.hash), this.hash, this.#hashes)
  }

  async close(): Promise<void> {
    this.#release()
    await this.#handle.close()
  }

  async #look(): Promise<void> {
    let chunk = 0
    for await (const bytes of chunksIn(this.#handle)) {
      if (chunk >= this.chunks) return
      if (this.#isRight(chunk, bytes)) this.#note(chunk, bytes)
      chunk++
    }
  }

  #isRight(chunk: number, bytes: Uint8Array): boolean {
    const isLast = chunk === this.chunks - 1
    const hasSize = isLast ? bytes.length > 0 && bytes.length <= limits.fileChunk : bytes.length === limits.fileChunk
    if (!hasSize) return false
    const from = chunk * chunkHashSize
    return Buffer.compare(hashOfChunk(bytes), this.#hashes.subarray(from, from + chunkHashSize)) === 0
  }

  #note(chunk: number, bytes: Uint8Array): void {
    if (this.has(chunk)) return
    this.#isHere[chunk] = true
    this.#left--
    if (chunk === this.chunks - 1) this.#last = bytes.length
  }
}

/** Bytes that hold so many bits. */
export function bytesOfBits(bits: number): number {
  return Math.ceil(bits / 8)
}

/** The hashes of the chunks of a file that an earlier run has begun; undefined when they are not here, or not right. */
export async function storedHashes(store: FileStore, hash: FileHash): Promise<Uint8Array | undefined> {
  const hashes = await readFile(store.places.fileHashes(hash)).catch(() => undefined)
  return hashes !== undefined && hashOfFile(hashes) === hash ? hashes : undefined
}
