import type { Change, ListPage, ListRange, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/** What is told of each batch once it has been committed, in an order in which they can be applied again. */
export interface Recorder {
  /** A promise holds the writer of the batch back. Must not throw. */
  committed(changes: readonly Change[]): Promise<void> | undefined
  /** The outcome of a batch is not known. */
  lost(error: unknown): void
}

/**
 * A storage through which every write of a process goes, so that a backup can record them. While nobody records it only
 * counts what is under way. While somebody does, batches that change one row go one after the other: storages may commit
 * several at once in any order, and tell of them in another.
 */
export class Journal implements Storage {
  readonly durable: boolean
  readonly #inner: Storage
  readonly #underWay = new Set<Promise<unknown>>()
  /** The batch under way that changes a row, while somebody records. */
  readonly #busy = new Map<string, Promise<unknown>>()
  #recorder: Recorder | undefined
  /** Until when new writes wait. */
  #hold: Promise<void> | undefined

  constructor(inner: Storage) {
    this.#inner = inner
    this.durable = inner.durable
  }

  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#inner.get(keys)
  }

  list(prefix: string, range: ListRange): Promise<ListPage> {
    return this.#inner.list(prefix, range)
  }

  write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    if (this.#recorder === undefined && this.#hold === undefined) return this.#track(this.#inner.write(changes))
    // It may have to wait, and what the caller changes meanwhile must change nothing here.
    return this.#inTurn(changes.map(copied))
  }

  /**
   * Tells `recorder` of every batch from a moment on at which none was under way.
   * @throws ParleyError `busy` when somebody records already, `timeout` when the storage does not come to rest
   */
  async record(recorder: Recorder): Promise<void> {
    if (this.#recorder) throw new ParleyError('busy', 'A backup is being written already. Wait until it has ended.')
    await this.#still(() => {
      this.#recorder = recorder
    })
  }

  /** Ends the recording at a moment at which no batch is under way: what was recorded is then all there is. */
  async stop(): Promise<void> {
    await this.#still(() => this.abandon())
  }

  /** Ends it at once. */
  abandon(): void {
    this.#recorder = undefined
  }

  async #inTurn(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    const rows = changes.flatMap(change => ('put' in change ? change.put : 'remove' in change ? change.remove : []))
    for (let turn = this.#turn(rows); turn !== undefined; turn = this.#turn(rows)) await turn
    const recorder = this.#recorder
    if (!recorder) return this.#track(this.#inner.write(changes))
    const recording = this.#track(this.#recorded(changes, recorder))
    for (const row of rows) this.#busy.set(row, recording)
    try {
      const { outcome, room } = await recording
      await room
      return outcome
    } finally {
      for (const row of rows) if (this.#busy.get(row) === recording) this.#busy.delete(row)
    }
  }

  /** What a batch must wait for that changes `rows`. */
  #turn(rows: readonly string[]): Promise<unknown> | undefined {
    if (this.#hold) return this.#hold
    for (const row of rows) {
      const other = this.#busy.get(row)
      if (other) return other.catch(() => {})
    }
    return undefined
  }

  async #recorded(changes: readonly Change[], recorder: Recorder) {
    try {
      const outcome = await this.#inner.write(changes)
      return { outcome, room: outcome === 'committed' ? recorder.committed(changes) : undefined }
    } catch (error) {
      // Nothing was applied of what breaks the limits of storage.
      if (!(error instanceof Error && error.name === 'StorageLimitError')) recorder.lost(error)
      throw error
    }
  }

  #track<T>(writing: Promise<T>): Promise<T> {
    this.#underWay.add(writing)
    const over = () => void this.#underWay.delete(writing)
    writing.then(over, over)
    return writing
  }

  /** Does something while no write is under way; those that come meanwhile wait. */
  async #still(act: () => void): Promise<void> {
    while (this.#hold) await this.#hold
    const held = Promise.withResolvers<void>()
    this.#hold = held.promise
    try {
      await withTimeout(Promise.allSettled([...this.#underWay]))
      act()
    } finally {
      this.#hold = undefined
      held.resolve()
    }
  }
}

async function withTimeout(resting: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const words =
    'The storage did not answer for a while, so the backup was given up. Look at the storage, then try again.'
  const timer = setTimeout(() => late.reject(new ParleyError('timeout', words)), limits.backupStill)
  try {
    await Promise.race([resting, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function copied(change: Change): Change {
  if ('put' in change) return { ...change, value: Uint8Array.from(change.value) }
  if ('check' in change) return { ...change, is: change.is && Uint8Array.from(change.is) }
  return change
}
