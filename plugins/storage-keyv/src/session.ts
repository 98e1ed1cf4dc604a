import { type Log, StorageError } from '@parley/kit'
import { Applier } from './applier.ts'
import type { Calls } from './calls.ts'
import { unanswered } from './errors.ts'
import { limits } from './limits.ts'
import { loadRows } from './loading.ts'
import type { Names } from './names.ts'
import { Owner } from './owner.ts'
import { Reader } from './reader.ts'
import type { Rows } from './rows.ts'
import { Writer } from './writer.ts'

interface SessionOptions {
  readonly calls: Calls
  readonly names: Names
  readonly me: string
  readonly log: Log
  readonly signal: AbortSignal
}

/** The store from one opening to its first fault: as long as it lives, memory and store are one. */
export class Session {
  readonly rows: Rows
  readonly reader: Reader
  readonly writer: Writer
  readonly #owner: Owner
  readonly #applier: Applier
  readonly #timer: NodeJS.Timeout

  /** @throws StorageError */
  static async open(options: SessionOptions): Promise<Session> {
    try {
      const owner = await Owner.take(options)
      return new Session(options, owner, await loadRows({ ...options, owner }))
    } catch (error) {
      throw error instanceof StorageError ? error : unanswered(options.calls.store, String(error), error)
    }
  }

  private constructor({ calls, names }: SessionOptions, owner: Owner, rows: Rows) {
    this.rows = rows
    this.reader = new Reader(calls, names, rows)
    this.#owner = owner
    this.#applier = new Applier(calls, names, rows)
    this.writer = new Writer({ calls, names, rows, owner, reader: this.reader, applier: this.#applier })
    this.#timer = setInterval(() => void this.#beat(), limits.beat).unref()
  }

  /** Nothing is answered any more. */
  end(error: StorageError): void {
    clearInterval(this.#timer)
    this.writer.end(error)
    this.#applier.end()
    this.#owner.end(error)
  }

  /** Finishes what waits and leaves the store to whoever comes next. */
  async close(): Promise<void> {
    await this.writer.drained()
    await this.#applier.drained()
    clearInterval(this.#timer)
    const { applied } = this.#applier
    await this.#owner.release(applied)
    this.#applier.known(applied)
    await this.#applier.drained()
  }

  async #beat(): Promise<void> {
    const { applied } = this.#applier
    // A fault of it has ended the session already.
    await this.#owner.beat(applied).then(
      () => this.#applier.known(applied),
      () => {},
    )
  }
}
