import { join } from 'node:path'
import {
  type Change,
  checkChanges,
  checkKeys,
  type ListPage,
  type ListRange,
  type Log,
  listBounds,
  type Storage,
} from '@parley/kit'
import { limits } from './limits.ts'
import { Reader } from './reader.ts'
import { closed, WriterClient } from './writer-client.ts'

export interface SqliteOptions {
  /** The folder of the database; it must exist. */
  readonly dir: string
  readonly log: Log
  /** Gives up the opening. */
  readonly signal?: AbortSignal
  /** The file never grows beyond this many bytes: writes that need more are refused, reads and removals go on. */
  readonly maxSize?: number
  /** How often expired rows are cleared away, and what was removed leaves the write-ahead log, in ms. */
  readonly sweepEvery?: number
}

/**
 * Opens the database `data.db` in a folder, making it where there is none. One writer thread commits what waits
 * together with one flush; reads run here.
 * @throws StorageError `newer-data`, `damaged-data` (the file stays as it is) or `storage`
 */
export async function openSqliteStorage(options: SqliteOptions): Promise<Storage & { close(): Promise<void> }> {
  const file = join(options.dir, 'data.db')
  const { maxSize, sweepEvery = limits.sweepEvery } = options
  const writer = await WriterClient.start(writerScript(), { file, maxSize, sweepEvery }, options.log, options.signal)
  try {
    return new SqliteStorage(file, writer, new Reader(file))
  } catch (error) {
    await writer.close()
    throw error
  }
}

/** The thread's file beside this one: source, or built JavaScript. */
function writerScript(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('./writer.ts', import.meta.url)
    : new URL('./writer.js', import.meta.url)
}

class SqliteStorage implements Storage {
  readonly durable = true
  readonly #file: string
  readonly #writer: WriterClient
  readonly #reader: Reader
  #closing: Promise<void> | undefined

  constructor(file: string, writer: WriterClient, reader: Reader) {
    this.#file = file
    this.#writer = writer
    this.#reader = reader
  }

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    checkKeys(keys)
    this.#refuseClosed()
    return this.#reader.get(keys)
  }

  async list(prefix: string, range: ListRange): Promise<ListPage> {
    const { from, below } = listBounds(prefix, range)
    this.#refuseClosed()
    return this.#reader.list(from, below, range)
  }

  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    checkChanges(changes)
    this.#refuseClosed()
    return this.#writer.write(changes)
  }

  /** Refuses what comes from now on, finishes what waits, and lets go of the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // The writer goes last: the last connection folds the write-ahead log into the file.
    this.#reader.close()
    await this.#writer.close()
  }

  #refuseClosed(): void {
    if (this.#closing) throw closed(this.#file)
  }
}
