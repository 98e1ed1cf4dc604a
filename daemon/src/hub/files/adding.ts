import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type Attachment, hashOfChunk, hashOfFile, safeFileName } from '../../protocol/files.ts'
import type { FileHash } from '../../protocol/ids.ts'
import { imageSizeOf, mediaTypeOf } from '../../protocol/media.ts'
import { syncFolder } from '../../sync-folder.ts'
import { fileError, storeError } from './errors.ts'
import { chunksIn } from './hashing.ts'
import type { FileStore } from './store.ts'

/**
 * Copies a file of this machine into the store.
 * @throws ParleyError `usage` for a path that is not whole, `no-file` for what is no file, cannot be read, is too large or
 * changes meanwhile, `no-space`, `storage`; the reason of `signal`
 */
export async function addPath(store: FileStore, path: string, signal?: AbortSignal): Promise<Attachment> {
  if (!isAbsolute(path)) throw new ParleyError('usage', 'A file is named by its whole path here.')
  // A pipe without a writer would let whoever opens it wait for ever.
  const source = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(error => {
    throw fileError(error, path)
  })
  try {
    const before = await source.stat({ bigint: true })
    if (before.isDirectory()) throw new ParleyError('no-file', `${path} is a folder. Pack it, or name a file in it.`)
    if (!before.isFile()) throw new ParleyError('no-file', `${path} is no file. Name a file.`)
    const size = checkedSize(Number(before.size))
    const taken = await takeIn(store, size, readable(source, path, signal), async () => {
      const after = await source.stat({ bigint: true })
      return after.size === before.size && after.mtimeNs === before.mtimeNs
    })
    return described(taken, basename(path))
  } finally {
    await source.close()
  }
}

/**
 * Takes bytes in that are no file yet, such as a picture from the clipboard.
 * @throws ParleyError `bad-message` for what is no base64 or too much, `no-space`, `storage`
 */
export async function addData(
  store: FileStore,
  given: { name: string; type?: string; data: string },
  signal?: AbortSignal,
): Promise<Attachment> {
  const { name, type, data } = given
  signal?.throwIfAborted()
  const bytes = Buffer.from(data, 'base64')
  // Node reads on over what is no base64.
  if (bytes.toString('base64') !== data) throw new ParleyError('bad-message', 'The data of a file must be base64.')
  if (bytes.length > limits.fileData) {
    const sentence = `A file that is handed over as data has at most ${limits.fileData} bytes, not ${bytes.length}. Save it, and name its path.`
    throw new ParleyError('bad-message', sentence)
  }
  const taken = await takeIn(store, bytes.length, chunksOfBytes(bytes), async () => true)
  const told = described(taken, name)
  return told.type === 'application/octet-stream' && type !== undefined ? { ...told, type } : told
}

/** What came of a file: its place is its hash. */
interface Taken {
  readonly hash: FileHash
  readonly size: number
  /** Its first bytes. */
  readonly head: Uint8Array
}

/** `isSame`: whether, now that all was read, it is still what it was at first. */
async function takeIn(
  store: FileStore,
  size: number,
  chunks: AsyncIterable<Uint8Array>,
  isSame: () => Promise<boolean>,
): Promise<Taken> {
  const done = await store.reserve(size)
  const draft = store.places.fileDraft(randomBytes(8).toString('hex'))
  try {
    const { hashes, head, written } = await copy(draft, chunks, size)
    if (written !== size || !(await isSame())) {
      throw new ParleyError('no-file', 'The file changed while it was read. Try again once nothing writes to it.')
    }
    const hash = hashOfFile(hashes)
    if (!store.files.has(hash)) await place(store, draft, hash, hashes)
    return { hash, size, head }
  } catch (error) {
    throw storeError(error)
  } finally {
    done()
    await rm(draft, { force: true })
  }
}

async function copy(draft: string, chunks: AsyncIterable<Uint8Array>, size: number) {
  const hashes: Uint8Array[] = []
  let head: Uint8Array = new Uint8Array()
  let written = 0
  const handle = await open(draft, 'wx', 0o600)
  try {
    for await (const chunk of chunks) {
      if (hashes.length === 0) head = Uint8Array.from(chunk.subarray(0, limits.imageHead))
      hashes.push(hashOfChunk(chunk))
      await writeAll(handle, chunk, written)
      written += chunk.length
      if (written > size) break // it grows
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { hashes: Buffer.concat(hashes), head, written }
}

/** Gives a written and flushed file its name. */
export async function place(store: FileStore, draft: string, hash: FileHash, hashes: Uint8Array): Promise<void> {
  const { places } = store
  await chmod(draft, 0o400)
  await writeFile(places.fileHashes(hash), hashes, { mode: 0o600 })
  await rename(draft, places.file(hash))
  await syncFolder(places.files)
  await store.added(hash)
}

/** A write may take less than it is given. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, position + from)
    from += bytesWritten
  }
}

function described({ hash, size, head }: Taken, name: string): Attachment {
  const safe = safeFileName(name)
  return { hash, name: safe, size, type: mediaTypeOf(safe, head), ...imageSizeOf(head) }
}

function checkedSize(size: number): number {
  if (size <= limits.fileSize) return size
  throw new ParleyError('no-file', `A file has at most 2 GB, but this one has ${(size / 1024 ** 3).toFixed(1)} GB.`)
}

/** The chunks of a file of somebody's; what goes wrong names its path. */
async function* readable(source: FileHandle, path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunksIn(source)) {
      signal?.throwIfAborted()
      yield chunk
    }
  } catch (error) {
    throw fileError(error, path)
  }
}

async function* chunksOfBytes(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += limits.fileChunk) {
    yield bytes.subarray(from, from + limits.fileChunk)
  }
}
