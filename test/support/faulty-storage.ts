import type { Change, ListRange, Storage } from '@parley/kit'

/** What happens to a write: done, refused before it is applied, or applied with an answer that is lost. */
export type WriteFate = 'commit' | 'fail' | 'unknown'

/** A storage whose writes can be held back, fail, or come out unknown. */
export class FaultyStorage implements Storage {
  readonly durable: boolean
  /** Decides over each write; a promise holds it back. */
  fate: (changes: readonly Change[], number: number) => WriteFate | Promise<WriteFate> = () => 'commit'
  canRead = true
  writes = 0
  reads = 0
  readonly #inner: Storage

  constructor(inner: Storage) {
    this.#inner = inner
    this.durable = inner.durable
  }

  async get(keys: readonly string[]) {
    this.reads++
    if (!this.canRead) throw new Error('the disk cannot be read')
    return this.#inner.get(keys)
  }

  async list(prefix: string, range: ListRange) {
    this.reads++
    if (!this.canRead) throw new Error('the disk cannot be read')
    return this.#inner.list(prefix, range)
  }

  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    const fate = await this.fate(changes, ++this.writes)
    if (fate === 'fail') throw new Error('the disk is full')
    const outcome = await this.#inner.write(changes)
    if (fate === 'unknown') throw new Error('the answer was lost')
    return outcome
  }
}
