import { type FileHandle, open } from 'node:fs/promises'
import { limits } from '../../limits.ts'

interface Opened {
  readonly handle: FileHandle
  users: number
  /** Whether it is to be closed by whoever uses it last. */
  isOut: boolean
  timer: NodeJS.Timeout | undefined
}

/** Files that are read chunk by chunk stay open for a moment, a few at a time. */
export class OpenFiles {
  readonly #files = new Map<string, Opened>()

  /** Reads an open file; it must not be kept. */
  async use<Result>(path: string, read: (handle: FileHandle) => Promise<Result>): Promise<Result> {
    const file = this.#files.get(path) ?? this.#keep(path, await open(path))
    file.users++
    clearTimeout(file.timer)
    try {
      return await read(file.handle)
    } finally {
      file.users--
      if (file.isOut) this.#closeUnused(file)
      else if (file.users === 0) file.timer = setTimeout(() => this.forget(path), limits.fileOpen).unref()
    }
  }

  /** The file is another one from now on, or not there any more. */
  forget(path: string): void {
    const file = this.#files.get(path)
    if (file === undefined) return
    this.#files.delete(path)
    file.isOut = true
    this.#closeUnused(file)
  }

  close(): void {
    for (const path of [...this.#files.keys()]) this.forget(path)
  }

  #keep(path: string, handle: FileHandle): Opened {
    const other = this.#files.get(path)
    if (other) {
      // Somebody else has opened it meanwhile.
      void handle.close().catch(() => {})
      return other
    }
    const [oldest] = this.#files.keys()
    if (oldest !== undefined && this.#files.size >= limits.filesOpen) this.forget(oldest)
    const file = { handle, users: 0, isOut: false, timer: undefined }
    this.#files.set(path, file)
    return file
  }

  #closeUnused(file: Opened): void {
    clearTimeout(file.timer)
    if (file.users === 0) void file.handle.close().catch(() => {})
  }
}
