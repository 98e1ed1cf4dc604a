import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { syncFolder } from '../sync-folder.ts'
import { type BackupHeader, type BackupRecord, encodeRecord, magic } from './format.ts'

/**
 * Writes a backup under a temporary name beside its place. What is appended waits in memory for the disk; who appends much
 * waits for {@link room}.
 */
export class BackupWriter {
  readonly file: string
  readonly #handle: FileHandle
  readonly #hash = createHash('sha256')
  #waiting: Buffer[] = []
  #pending = 0
  #records = 0
  #bytes = 0
  #writing: Promise<void> | undefined
  #failure: ParleyError | undefined

  private constructor(file: string, handle: FileHandle) {
    this.file = file
    this.#handle = handle
  }

  /** @throws ParleyError `usage` when there is such a file already, `home` when none can be made there */
  static async create(file: string, header: BackupHeader): Promise<BackupWriter> {
    refuseExisting(file)
    try {
      // One that a killed process has left; two backups into one file at a time are for the caller to prevent.
      await rm(draftOf(file), { force: true })
      const writer = new BackupWriter(file, await open(draftOf(file), 'wx', 0o600))
      writer.#push(magic)
      writer.#push(encodeRecord({ is: 'header', header }))
      return writer
    } catch (error) {
      throw unwritable(file, error)
    }
  }

  /** Rows and removals so far, and bytes. */
  get progress(): { readonly records: number; readonly bytes: number } {
    return { records: this.#records, bytes: this.#bytes }
  }

  append(record: Extract<BackupRecord, { is: 'put' | 'remove' }>): void {
    this.#records++
    this.#push(encodeRecord(record))
  }

  /** Resolves when not much waits for the disk. @throws ParleyError `home` when the file cannot be written */
  async room(): Promise<void> {
    while (this.#pending > limits.backupAhead && !this.#failure) await this.#writing
    if (this.#failure) throw this.#failure
  }

  /** Writes the end, and gives the file its name once all of it is on disk. Never over another file. */
  async finish(ended: number): Promise<void> {
    this.#push(encodeRecord({ is: 'end', end: { ended, records: this.#records } }))
    const trailer = this.#hash.digest()
    this.#pending += trailer.length
    this.#bytes += trailer.length
    this.#waiting.push(trailer)
    this.#writing ??= this.#write()
    while (this.#writing) await this.#writing
    if (this.#failure) throw this.#failure
    try {
      await this.#handle.sync()
      await this.#handle.close()
      await moveInto(draftOf(this.file), this.file)
    } catch (error) {
      throw unwritable(this.file, error)
    }
  }

  /** Gives up, and leaves nothing behind. */
  async abandon(): Promise<void> {
    this.#waiting = []
    await this.#writing
    await this.#handle.close().catch(() => {})
    await rm(draftOf(this.file), { force: true }).catch(() => {})
  }

  #push(bytes: Buffer): void {
    this.#hash.update(bytes)
    this.#pending += bytes.length
    this.#bytes += bytes.length
    if (this.#failure) return
    this.#waiting.push(bytes)
    this.#writing ??= this.#write()
  }

  async #write(): Promise<void> {
    // First what else comes in this moment: it goes out together.
    await undefined
    while (this.#waiting.length > 0) {
      const bytes = Buffer.concat(this.#waiting)
      this.#waiting = []
      try {
        await this.#handle.appendFile(bytes)
      } catch (error) {
        this.#failure = unwritable(this.file, error)
        this.#waiting = []
      }
      this.#pending -= bytes.length
    }
    this.#writing = undefined
  }
}

/** Where a backup is written until it is whole. */
export function draftOf(file: string): string {
  return `${file}.part`
}

function refuseExisting(file: string): void {
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) return
  throw new ParleyError('usage', `${file} is there already, and nothing is overwritten. Give another name.`)
}

/** A link fails where the name is taken, which a rename would not; some file systems have no links. */
async function moveInto(draft: string, file: string): Promise<void> {
  try {
    await link(draft, file)
    await rm(draft)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error
    refuseExisting(file)
    await rename(draft, file)
  }
  await syncFolder(dirname(file))
}

function unwritable(file: string, cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ParleyError(
    'home',
    `The backup ${file} cannot be written: ${reason}. Give a place with room that the registry may write.`,
    { cause },
  )
}
