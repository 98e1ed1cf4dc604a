import type { DatabaseSync } from 'node:sqlite'
import type { Change } from '@parley/kit'
import { type Failure, failureOf, isFull } from './errors.ts'
import { readGroup } from './group.ts'
import { limits } from './limits.ts'
import type { Result } from './messages.ts'

/** Applies groups of batches to a database. */
export class Committer {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #statements
  /** Set once nothing more may be written: the file is damaged, or a flush has failed. */
  #ended: Failure | undefined
  /** Whether anything was written since the write-ahead log was emptied. */
  #hasWritten = true

  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
      find: database.prepare('SELECT value FROM rows WHERE key = ? AND (expires IS NULL OR expires > ?)'),
      put: database.prepare(`
        INSERT INTO rows (key, value, expires) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
      `),
      remove: database.prepare('DELETE FROM rows WHERE key = ?'),
      sweep: database.prepare(`
        DELETE FROM rows WHERE key IN (SELECT key FROM rows WHERE expires <= ? ORDER BY expires LIMIT ?)
      `),
      empty: database.prepare('PRAGMA wal_checkpoint(TRUNCATE)'),
    }
  }

  /**
   * The result of each batch, all of them flushed to the disk. When the commit of a group fails for want of room, each
   * batch is tried by itself, so that a large one does not take the small ones along.
   */
  commit(group: Uint8Array<ArrayBuffer>): Result[] {
    const batches = [...readGroup(group)]
    try {
      return this.#together(batches)
    } catch (error) {
      if (batches.length === 1 || !isFull(error)) return this.#failed(batches, error)
      return batches.map(batch => this.#alone(batch))
    }
  }

  /** Removes some of the rows that have expired; they are absent already, this only frees their room. */
  sweep(): void {
    if (this.#ended) return
    try {
      const { changes } = this.#statements.sweep.run(Date.now(), limits.sweptAtOnce)
      if (changes > 0) this.#hasWritten = true
    } catch (error) {
      // A full disk lets nothing be removed either; the next sweep tries again.
      this.#failed([], error)
    }
  }

  /**
   * Folds the write-ahead log into the file and empties it. Until then it holds the bytes of what was removed or replaced,
   * which `secure_delete` overwrites in the file alone.
   */
  empty(): void {
    if (this.#ended || !this.#hasWritten) return
    try {
      // Busy while another program reads: then the next time.
      if (this.#statements.empty.get()?.busy === 0) this.#hasWritten = false
    } catch (error) {
      this.#failed([], error)
    }
  }

  #alone(batch: Change[]): Result {
    try {
      return this.#together([batch])[0] ?? 'committed'
    } catch (error) {
      return this.#failed([batch], error)[0] ?? failureOf(error, this.#file)
    }
  }

  #together(batches: readonly Change[][]): Result[] {
    if (this.#ended) return batches.map(() => this.#ended ?? 'conflict')
    const { begin, commit, rollback } = this.#statements
    begin.run()
    try {
      const now = Date.now()
      const results = batches.map(batch => this.#apply(batch, now))
      commit.run()
      this.#hasWritten = true
      return results
    } catch (error) {
      // SQLite itself rolls back after some failures.
      if (this.#database.isTransaction) rollback.run()
      throw error
    }
  }

  #apply(batch: Change[], now: number): Result {
    for (const change of batch) {
      if ('check' in change && !this.#holds(change.check, change.is, now)) return 'conflict'
    }
    for (const change of batch) {
      if ('put' in change) this.#statements.put.run(change.put, change.value, change.expires ?? null)
      else if ('remove' in change) this.#statements.remove.run(change.remove)
    }
    return 'committed'
  }

  #holds(key: string, is: Uint8Array | undefined, now: number): boolean {
    const found = this.#statements.find.get(key, now)?.value
    if (!(found instanceof Uint8Array)) return is === undefined
    return is !== undefined && Buffer.compare(found, is) === 0
  }

  #failed(batches: readonly Change[][], error: unknown): Result[] {
    const failure = failureOf(error, this.#file)
    if (failure.isFinal) this.#ended = failure
    return batches.map(() => failure)
  }
}
