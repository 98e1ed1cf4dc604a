import type { Log, Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { FileHash } from '../../protocol/ids.ts'
import type { Fetching } from './fetching.ts'
import { fileKeys } from './rows.ts'
import type { FileStore } from './store.ts'

export interface SweepParts {
  readonly store: FileStore
  readonly storage: Storage
  readonly fetching: Fetching
  /** ms since 1970 */
  readonly now: () => number
  readonly log: Log
}

/** Drops, now and then, the files that no message names: nobody sent them, or the messages were deleted. */
export class Sweep {
  readonly #parts: SweepParts
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(parts: SweepParts) {
    this.#parts = parts
  }

  begin(): void {
    this.#timer ??= setInterval(() => void this.run(), limits.filesSweep).unref()
    void this.run()
  }

  /** Never rejects: what could not be looked at is looked at the next time. */
  run(): Promise<void> {
    this.#running ??= this.#run()
      .catch(error => this.#parts.log.warn({ error }, 'Files that nobody needs could not be dropped.'))
      .finally(() => {
        this.#running = undefined
      })
    return this.#running
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }

  async #run(): Promise<void> {
    const { store, storage, fetching, log } = this.#parts
    for (const hash of fetching.hashes) if (!(await this.#isNamed(hash))) await fetching.drop(hash)
    for (const [hash, { since }] of [...store.files]) {
      if (!this.#isOld(since) || (await this.#isNamed(hash))) continue
      // Meanwhile somebody may have begun to send it.
      if (!this.#isOld(store.files.get(hash)?.since ?? 0)) continue
      await store.remove(hash)
      await storage.write([{ remove: fileKeys.added(hash) }])
      log.info({ file: hash }, 'A file that no message names was dropped.')
    }
    for (const [hash, since] of await store.parts()) {
      if (this.#isOld(since) && !fetching.get(hash)) await store.removePart(hash)
    }
  }

  #isOld(since: number): boolean {
    return since < this.#parts.now() - limits.fileUnsent
  }

  async #isNamed(hash: FileHash): Promise<boolean> {
    const { rows } = await this.#parts.storage.list(fileKeys.namesOf(hash), { limit: 1 })
    return rows.length > 0
  }
}
