import { limits } from '../../limits.ts'
import type { FileProgress } from '../../protocol/control.ts'
import type { FileHash } from '../../protocol/ids.ts'

/** Tells how far files are, each at most every `limits.fileNews` ms, with what holds when it is told. */
export class FileNews {
  readonly #tell: (progress: FileProgress) => void
  /** What is told next, and since when nothing was told. */
  readonly #waiting = new Map<FileHash, () => FileProgress | undefined>()
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (progress: FileProgress) => void) {
    this.#tell = tell
  }

  /** `look`: gives what holds then; undefined: nothing is to be told after all. */
  later(hash: FileHash, look: () => FileProgress | undefined): void {
    this.#waiting.set(hash, look)
    this.#timer ??= setTimeout(() => this.#flush(), limits.fileNews).unref()
  }

  /** At once, in the place of what was waiting. */
  now(hash: FileHash, progress: FileProgress): void {
    this.#waiting.delete(hash)
    this.#tell(progress)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#waiting.clear()
  }

  #flush(): void {
    this.#timer = undefined
    const looks = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const look of looks) {
      const progress = look()
      if (progress) this.#tell(progress)
    }
  }
}
