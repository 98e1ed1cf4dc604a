import { constants } from 'node:fs'
import { chmod, copyFile, readdir, readFile, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { ensureFolder, type Locations } from '../../locations.ts'
import { chunkHashSize, chunksOf, hashOfFile } from '../../protocol/files.ts'
import { type FileHash, fileHash } from '../../protocol/ids.ts'
import { fileError, noSpace, notHere, storeError } from './errors.ts'
import { hashChunks } from './hashing.ts'
import { OpenFiles } from './open-files.ts'

/** Where the store keeps what it has. */
export type FilePlaces = Pick<Locations, 'files' | 'file' | 'fileHashes' | 'filePart' | 'fileDraft'>

export interface StoreOptions {
  /** Bytes free on the disk of a folder. */
  readonly free?: (folder: string) => Promise<number>
  /** Most bytes of all files, and what must stay free; limits.filesOfHome and limits.filesSpare unless given. */
  readonly most?: number
  readonly spare?: number
}

/** A whole file in the store. */
export interface StoredFile {
  readonly path: string
  /** bytes */
  readonly size: number
  /** When it was taken in, or given out to be sent, last: ms since 1970. */
  readonly since: number
}

/**
 * The files of a home, each once, under the hash of its content: read-only for their owner, unreadable for others. What
 * is not whole has another name, so whatever bears a hash as its name was written and flushed to its end.
 */
export class FileStore {
  readonly places: FilePlaces
  readonly #options: Required<StoreOptions>
  readonly #files = new Map<FileHash, StoredFile>()
  readonly #open = new OpenFiles()
  /** Bytes of whole files, and what was promised to those on their way. */
  #used = 0
  #promised = 0

  private constructor(places: FilePlaces, options: StoreOptions) {
    this.places = places
    this.#options = { free: freeOn, most: limits.filesOfHome, spare: limits.filesSpare, ...options }
  }

  /** Looks what is there; what an earlier run left unfinished in a draft goes. @throws ParleyError `home`, `storage` */
  static async open(places: FilePlaces, options: StoreOptions = {}): Promise<FileStore> {
    const store = new FileStore(places, options)
    ensureFolder(places.files, 'folder of files')
    await store.#scan()
    return store
  }

  /** What is whole here. */
  get files(): ReadonlyMap<FileHash, StoredFile> {
    return this.#files
  }

  /** @throws ParleyError `no-file` */
  file(hash: FileHash): StoredFile {
    const file = this.#files.get(hash)
    if (!file) throw notHere()
    return file
  }

  /**
   * Promises room for that many bytes; call what it gives when they are stored, or not wanted any more.
   * @throws ParleyError `no-space`
   */
  async reserve(bytes: number): Promise<() => void> {
    const { free, most, spare } = this.#options
    if (this.#used + this.#promised + bytes > most) {
      const sentence = `All files of this home together may have ${showSize(most)}; this one would be too much. Delete messages with large files first.`
      throw new ParleyError('no-space', sentence)
    }
    this.#promised += bytes
    let isOver = false
    const done = () => {
      if (!isOver) this.#promised -= bytes
      isOver = true
    }
    try {
      // What was promised before may be written in part already: then this asks for a little too much.
      if ((await free(this.places.files)) - spare < this.#promised) throw noSpace()
      return done
    } catch (error) {
      done()
      throw storeError(error)
    }
  }

  /** A file has come into its place: it counts from now on. */
  async added(hash: FileHash): Promise<StoredFile> {
    const path = this.places.file(hash)
    const { size, mtimeMs } = await stat(path)
    if (!this.#files.has(hash)) this.#used += size
    const file = { path, size, since: mtimeMs }
    this.#files.set(hash, file)
    return file
  }

  /** Somebody is about to send it: what nobody names is kept for a day from now on. @throws ParleyError `no-file` */
  async touch(hash: FileHash, now: number): Promise<void> {
    const file = this.file(hash)
    this.#files.set(hash, { ...file, since: now })
    await utimes(file.path, now / 1000, now / 1000).catch(() => {})
  }

  /** The hashes of a file's chunks, made anew where they were lost. @throws ParleyError `no-file`, `storage` */
  async chunkHashes(hash: FileHash): Promise<Uint8Array> {
    const { path, size } = this.file(hash)
    const stored = await readFile(this.places.fileHashes(hash)).catch(() => undefined)
    const isWhole = stored?.length === chunksOf(size) * chunkHashSize && hashOfFile(stored) === hash
    if (stored && isWhole) return stored
    const hashed = await hashChunks(path).catch(error => this.#gone(hash, error))
    if (hashOfFile(hashed) !== hash) return this.#gone(hash, undefined)
    await writeFile(this.places.fileHashes(hash), hashed, { mode: 0o600 }).catch(() => {}) // made again the next time
    return hashed
  }

  /** One chunk of a file. @throws ParleyError `no-file`, `storage` */
  async readChunk(hash: FileHash, chunk: number): Promise<Uint8Array> {
    const { path, size } = this.file(hash)
    const length = Math.min(limits.fileChunk, size - chunk * limits.fileChunk)
    if (length <= 0) throw new ParleyError('no-file', 'The file has no such part.')
    const bytes = Buffer.allocUnsafeSlow(length)
    const read = this.#open.use(path, handle => handle.read(bytes, 0, length, chunk * limits.fileChunk))
    const { bytesRead } = await read.catch(error => this.#gone(hash, error))
    return bytesRead === length ? bytes : this.#gone(hash, undefined)
  }

  /**
   * Copies a file to a place of the person's own, which must be free.
   * @throws ParleyError `no-file` when it is not, or cannot be written, or when there is no such file here; `no-space`
   */
  async save(hash: FileHash, to: string): Promise<void> {
    const { path } = this.file(hash)
    try {
      await copyFile(path, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      await chmod(to, 0o600) // what is in the store is read-only
    } catch (error) {
      throw fileError(error, to)
    }
  }

  async remove(hash: FileHash): Promise<void> {
    const file = this.#files.get(hash)
    this.#files.delete(hash)
    if (file) this.#used -= file.size
    this.#open.forget(this.places.file(hash))
    await rm(this.places.file(hash), { force: true })
    await rm(this.places.fileHashes(hash), { force: true })
  }

  /** Closes what is open. */
  close(): void {
    this.#open.close()
  }

  /** What has come of files that are not whole, and when something came last, in ms since 1970. */
  async parts(): Promise<ReadonlyMap<FileHash, number>> {
    const parts = new Map<FileHash, number>()
    for (const name of await readdir(this.places.files)) {
      const hash = hashIn(name, '.part')
      const found = hash && (await stat(this.places.filePart(hash)).catch(() => undefined))
      if (hash && found) parts.set(hash, found.mtimeMs)
    }
    return parts
  }

  async removePart(hash: FileHash): Promise<void> {
    await rm(this.places.filePart(hash), { force: true })
    if (!this.#files.has(hash)) await rm(this.places.fileHashes(hash), { force: true })
  }

  async #scan(): Promise<void> {
    const names = await readdir(this.places.files)
    for (let from = 0; from < names.length; from += limits.filesScanned) {
      await Promise.all(names.slice(from, from + limits.filesScanned).map(name => this.#see(name)))
    }
  }

  async #see(name: string): Promise<void> {
    const hash = hashIn(name, '')
    if (hash) await this.added(hash)
    const draft = /^([a-z0-9]+)\.draft$/.exec(name)?.[1]
    if (draft) await rm(this.places.fileDraft(draft), { force: true })
  }

  /** Somebody has taken the file away or altered it: it is not here any more. */
  #gone(hash: FileHash, error: unknown): never {
    this.#used -= this.#files.get(hash)?.size ?? 0
    this.#files.delete(hash)
    this.#open.forget(this.places.file(hash))
    throw error === undefined ? notHere() : storeError(error)
  }
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

function hashIn(name: string, ending: string): FileHash | undefined {
  if (!name.endsWith(ending)) return undefined
  try {
    return fileHash(name.slice(0, name.length - ending.length))
  } catch {
    return undefined // nothing of ours
  }
}

function showSize(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 3)} GB`
}
