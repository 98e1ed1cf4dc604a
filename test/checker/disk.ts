import { setImmediate } from 'node:timers/promises'
import { type Change, type ListedRow, type ListPage, type ListRange, type Storage, StorageError } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'

/** What a disk does that lies about its flushes: so many writes are lost when the power goes. */
export interface Lie {
  readonly unflushed: number
}

/** A disk: what was committed outlives the processes that use it, and copies of it can be taken and put back. */
export class Disk {
  readonly #storage: Storage
  /** What would be undone by a power cut, the oldest first; empty for an honest disk. */
  #unflushed: (readonly Change[])[] = []
  readonly #lie: Lie | undefined

  private constructor(storage: Storage, lie: Lie | undefined) {
    this.#storage = storage
    this.#lie = lie
  }

  static empty(lie?: Lie): Disk {
    return new Disk(openMemoryStorage(), lie)
  }

  async copy(): Promise<Disk> {
    const storage = openMemoryStorage()
    const rows = await this.rows('')
    for (let from = 0; from < rows.length; from += pageOfRows) {
      await storage.write(rows.slice(from, from + pageOfRows).map(([put, value]) => ({ put, value })))
    }
    return new Disk(storage, this.#lie)
  }

  /** All that lies on it under a prefix. */
  async rows(prefix: string): Promise<ListedRow[]> {
    const rows: ListedRow[] = []
    for (let after: string | undefined; ; after = rows.at(-1)?.[0]) {
      const range = { limit: pageOfRows, ...(after === undefined ? {} : { after }) }
      const page = await this.#storage.list(prefix, range)
      rows.push(...page.rows)
      if (!page.more) return rows
    }
  }

  /** The disk as one process sees it. */
  mount(): Mount {
    return new Mount(this.#storage, this.#lie && (changes => this.#remember(changes)), () => this.#lose())
  }

  async #remember(changes: readonly Change[]): Promise<void> {
    const undo: Change[] = []
    for (const change of changes) {
      const key = 'put' in change ? change.put : 'remove' in change ? change.remove : undefined
      if (key === undefined) continue
      const [value] = await this.#storage.get([key])
      undo.push(value === undefined ? { remove: key } : { put: key, value })
    }
    this.#unflushed.push(undo)
    if (this.#unflushed.length > (this.#lie?.unflushed ?? 0)) this.#unflushed.shift()
  }

  async #lose(): Promise<void> {
    for (const undo of this.#unflushed.toReversed()) await this.#storage.write(undo)
    this.#unflushed = []
  }
}

/** A disk in use by one process, which may end in the middle of a write, and which may be full for a while. */
export class Mount implements Storage {
  readonly durable = true
  isFull = false
  readonly #storage: Storage
  readonly #remember: ((changes: readonly Change[]) => Promise<void>) | undefined
  readonly #lose: () => Promise<void>
  readonly #died = Promise.withResolvers<void>()
  #dies: 'before' | 'after' | undefined
  #isDead = false
  #writing: Promise<unknown> = Promise.resolve()

  constructor(
    storage: Storage,
    remember: ((changes: readonly Change[]) => Promise<void>) | undefined,
    lose: () => Promise<void>,
  ) {
    this.#storage = storage
    this.#remember = remember
    this.#lose = lose
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** The process ends at its next write, before or after that is on the disk. */
  dieAtWrite(at: 'before' | 'after'): void {
    this.#dies = at
  }

  /** Resolves when it has ended in a write. */
  get died(): Promise<void> {
    return this.#died.promise
  }

  /** The process ends now: no call that waits is ever answered. Resolves once the disk stands still. */
  async die(): Promise<void> {
    if (this.#isDead) return
    this.#isDead = true
    await this.#writing
    await this.#lose()
    this.#died.resolve()
  }

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const values = await this.#storage.get(keys)
    return this.#answer(values)
  }

  async list(prefix: string, range: ListRange): Promise<ListPage> {
    const page = await this.#storage.list(prefix, range)
    return this.#answer(page)
  }

  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    const written = this.#writing.then(() => this.#write(changes))
    this.#writing = written.catch(() => undefined)
    return this.#answer(await written)
  }

  async #write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    await setImmediate()
    if (this.#isDead) return 'conflict' // nobody hears it
    if (this.isFull) throw new StorageError('storage', 'The disk is full. Free some space.')
    if (this.#dies === 'before') void this.die()
    if (this.#isDead) return 'conflict'
    await this.#remember?.(changes)
    const outcome = await this.#storage.write(changes)
    if (this.#dies === 'after') void this.die()
    return outcome
  }

  /** A process that has ended hears nothing any more. */
  #answer<T>(value: T): T | Promise<T> {
    return this.#isDead ? new Promise<T>(() => {}) : value
  }
}

const pageOfRows = 500
