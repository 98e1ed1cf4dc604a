import { closeSync, constants, existsSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/**
 * A log file that is put aside as `name.1`, `name.2` when it has grown to `size` bytes, so that at most `files` are
 * kept. Lines are written at once: a hub logs little, and what it said before a crash is what one wants to read.
 */
export class RotatingFile {
  readonly #file: string
  readonly #limit: { readonly size: number; readonly files: number }
  #handle: number | undefined
  #size = 0

  /** @throws what opening the file throws */
  constructor(file: string, limit: { readonly size: number; readonly files: number }) {
    this.#file = file
    this.#limit = limit
    this.#handle = this.#open()
  }

  write(line: string): void {
    try {
      const bytes = Buffer.from(line)
      if (this.#size > 0 && this.#size + bytes.length > this.#limit.size) this.#rotate()
      this.#handle ??= this.#open()
      this.#size += writeSync(this.#handle, bytes)
    } catch {
      // A full disk or a removed folder must not stop the daemon; the next line tries again.
      this.#close()
    }
  }

  /** Lines are written as they come: only the file is left to be let go. */
  flushSync(): void {
    this.#close()
  }

  #rotate(): void {
    this.#close()
    const aside = (number: number) => (number === 0 ? this.#file : `${this.#file}.${number}`)
    rmSync(aside(this.#limit.files - 1), { force: true })
    for (let number = this.#limit.files - 2; number >= 0; number--) {
      if (existsSync(aside(number))) renameSync(aside(number), aside(number + 1))
    }
  }

  #open(): number {
    const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants
    const handle = openSync(this.#file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600)
    this.#size = fstatSync(handle).size
    return handle
  }

  #close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle)
    this.#handle = undefined
  }
}
