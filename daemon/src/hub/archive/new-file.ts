import { lstatSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { fileDraftOf } from '../../locations.ts'
import { syncFolder } from '../../sync-folder.ts'
import { fileWords, noSpace, systemCode } from '../files/errors.ts'

/** A text file that is written bit by bit and gets its name once it is whole; readable by its owner alone. */
export class NewFile {
  readonly file: string
  readonly #handle: FileHandle
  #waiting: string[] = []
  #waitingLength = 0
  #bytes = 0

  private constructor(file: string, handle: FileHandle) {
    this.file = file
    this.#handle = handle
  }

  /** @throws ParleyError `usage` when there is such a file already or no such folder, `home`, `no-space` when none can be made */
  static async create(file: string): Promise<NewFile> {
    if (!isAbsolute(file))
      throw new ParleyError('usage', `${file} is no whole path. Say where the file is to be, from the top.`)
    refuseExisting(file)
    try {
      // One that a killed process has left.
      await rm(fileDraftOf(file), { force: true })
      return new NewFile(file, await open(fileDraftOf(file), 'wx', 0o600))
    } catch (error) {
      throw unwritable(file, error)
    }
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws ParleyError `home`, `no-space` when the file cannot be written */
  async append(text: string): Promise<void> {
    this.#waiting.push(text)
    this.#waitingLength += text.length
    if (this.#waitingLength >= limits.exportChunk) await this.#flush()
  }

  /** Gives the file its name once all of it is on the disk. Never over another file. */
  async finish(): Promise<void> {
    await this.#flush()
    try {
      await this.#handle.sync()
      await this.#handle.close()
      await moveInto(fileDraftOf(this.file), this.file)
    } catch (error) {
      throw unwritable(this.file, error)
    }
  }

  /** Gives up, and leaves nothing behind. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await rm(fileDraftOf(this.file), { force: true }).catch(() => {})
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#waitingLength = 0
    try {
      await this.#handle.appendFile(bytes)
    } catch (error) {
      throw unwritable(this.file, error)
    }
    this.#bytes += bytes.length
  }
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
  const code = systemCode(cause)
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    const words = `The folder ${dirname(file)} does not exist. Make it first, or choose another place.`
    return new ParleyError('usage', words, { cause })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return noSpace()
  return new ParleyError('home', `${file} ${fileWords(cause)}.`, { cause })
}
