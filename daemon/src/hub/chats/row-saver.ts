import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { Batch } from '../conversations/batch.ts'

/**
 * Writes rows of which only the last state counts. The first save goes out at once; those that follow within
 * `limits.savePause` go together, so that somebody who types costs a few flushes a second in all, however many windows
 * save how often.
 */
export class RowSaver {
  readonly #storage: Storage
  readonly #pause: number
  /** By key; undefined: the row goes. What could not be written stays for the next try. */
  readonly #waiting = new Map<string, Uint8Array | undefined>()
  #savers: PromiseWithResolvers<void>[] = []
  #written = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isClosed = false

  constructor(storage: Storage, pause: number = limits.savePause) {
    this.#storage = storage
    this.#pause = pause
  }

  /** Resolves once the row, or a later state of it, is committed. Rejects with ParleyError `storage` or `closed`. */
  save(key: string, value: Uint8Array | undefined): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ParleyError('closed', 'The hub is stopping; this was not kept.'))
    this.#waiting.set(key, value)
    const saver = Promise.withResolvers<void>()
    this.#savers.push(saver)
    this.#arm()
    return saver.promise
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#running
    if (this.#waiting.size > 0) await this.#write()
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#running !== undefined || this.#isClosed) return
    const wait = this.#written + this.#pause - performance.now()
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        this.#running = this.#write().finally(() => {
          this.#running = undefined
          if (this.#savers.length > 0) this.#arm()
        })
      },
      Math.max(0, wait),
    )
  }

  /** Never rejects: who saves is told. */
  async #write(): Promise<void> {
    const savers = this.#savers
    this.#savers = []
    const rows = [...this.#waiting]
    this.#waiting.clear()
    try {
      for (const changes of batchesOf(rows)) await this.#storage.write(changes)
      for (const { resolve } of savers) resolve()
    } catch (cause) {
      for (const [key, value] of rows) if (!this.#waiting.has(key)) this.#waiting.set(key, value)
      const words = `The draft or setting could not be stored: ${cause instanceof Error ? cause.message : String(cause)}`
      for (const { reject } of savers) reject(new ParleyError('storage', words, { cause }))
    } finally {
      this.#written = performance.now()
    }
  }
}

/** Rows as batches that a storage takes at once. */
function* batchesOf(rows: readonly (readonly [string, Uint8Array | undefined])[]): Generator<readonly Change[]> {
  let batch = new Batch()
  for (const [key, value] of rows) {
    if (!batch.hasRoom(1, value?.length ?? 0)) {
      yield batch.changes
      batch = new Batch()
    }
    if (value === undefined) batch.remove(key)
    else batch.put(key, value)
  }
  if (!batch.isEmpty) yield batch.changes
}
