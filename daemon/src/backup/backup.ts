import { setImmediate } from 'node:timers/promises'
import type { Change, ListedRow } from '@parley/kit'
import { asParleyError, ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { BackupHeader } from './format.ts'
import type { Journal, Recorder } from './journal.ts'
import { BackupWriter } from './writer.ts'

/** How much a backup holds. */
export interface BackupSize {
  readonly rows: number
  readonly bytes: number
}

/**
 * Writes every row of a storage to a new file while the storage is used, whatever it is: pages of it, and between them the
 * batches that were committed meanwhile. Read in order, that gives the state of the moment at which the last one was
 * appended. Memory does not grow with the storage.
 *
 * A row of a page is from some moment of the call that gave the page. A batch that was committed before the call is in it or
 * was overridden since; one that was committed during it is appended behind the page. So no page overrides a later batch.
 *
 * @throws ParleyError `usage`, `home`, `busy`, `storage`, `timeout`; then there is no such file
 */
export async function writeBackup({
  journal,
  file,
  header,
  skips,
  now,
  progress,
}: {
  readonly journal: Journal
  readonly file: string
  readonly header: Omit<BackupHeader, 'began'>
  /** Rows that belong to the storage rather than to what is kept in it. */
  readonly skips: (key: string) => boolean
  readonly now: () => number
  readonly progress?: (size: BackupSize) => void
}): Promise<BackupSize> {
  const writer = await BackupWriter.create(file, { ...header, began: now() })
  const recording = new Recording(writer, skips)
  try {
    await journal.record(recording)
    try {
      await copyPages(journal, recording, writer, progress)
      await journal.stop()
    } catch (error) {
      journal.abandon()
      throw error
    }
    recording.check()
    await writer.finish(now())
    const { records, bytes } = writer.progress
    return { rows: records, bytes }
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

async function copyPages(
  journal: Journal,
  recording: Recording,
  writer: BackupWriter,
  progress: ((size: BackupSize) => void) | undefined,
): Promise<void> {
  let limit = firstPage
  for (let after: string | undefined; ; ) {
    recording.pageBegins()
    const { rows, more } = await journal.list('', { limit, ...(after === undefined ? {} : { after }) })
    const size = recording.pageEnds(rows)
    recording.check()
    await writer.room()
    // Reading and writing may both be done at once: whoever else is served goes between two pages.
    await setImmediate()
    const { records, bytes } = writer.progress
    progress?.({ rows: records, bytes })
    after = rows.at(-1)?.[0]
    if (!more || after === undefined) return
    // As many rows as fit into the bytes of a page, by the size of those before.
    limit = Math.max(1, Math.min(limits.backupRows, Math.floor((limits.backupPage * rows.length) / Math.max(1, size))))
  }
}

/** Rows of the first page: nothing is known of their size. */
const firstPage = 16

/** Puts pages and batches into the file in an order that is right. */
class Recording implements Recorder {
  readonly #writer: BackupWriter
  readonly #skips: (key: string) => boolean
  /** Batches that were committed while a page was asked for. */
  #behindPage: (readonly Change[])[] | undefined
  #failure: unknown

  constructor(writer: BackupWriter, skips: (key: string) => boolean) {
    this.#writer = writer
    this.#skips = skips
  }

  committed(changes: readonly Change[]): Promise<void> | undefined {
    if (this.#behindPage) this.#behindPage.push(changes)
    else this.#append(changes)
    // A file that cannot be written is for the backup to tell, not for who signs up meanwhile.
    return this.#writer.room().catch(() => {})
  }

  lost(error: unknown): void {
    this.#failure ??= error
  }

  /** @throws ParleyError when something was not recorded */
  check(): void {
    if (this.#failure === undefined) return
    const why = asParleyError(this.#failure).message
    const words = `The storage failed while the backup was written, so the backup was given up: ${why}`
    throw new ParleyError('storage', words, { cause: this.#failure })
  }

  pageBegins(): void {
    this.#behindPage = []
  }

  /** Appends a page, then what was committed meanwhile; gives the bytes of the page. */
  pageEnds(rows: readonly ListedRow[]): number {
    let size = 0
    for (const [key, value, expires] of rows) {
      size += key.length + value.length
      if (this.#skips(key)) continue
      this.#writer.append({ is: 'put', key, value, ...(expires === undefined ? {} : { expires }) })
    }
    const behind = this.#behindPage ?? []
    this.#behindPage = undefined
    for (const changes of behind) this.#append(changes)
    return size
  }

  #append(changes: readonly Change[]): void {
    for (const change of changes) {
      if ('put' in change) {
        const { put: key, value, expires } = change
        if (!this.#skips(key))
          this.#writer.append({ is: 'put', key, value, ...(expires === undefined ? {} : { expires }) })
      } else if ('remove' in change && !this.#skips(change.remove))
        this.#writer.append({ is: 'remove', key: change.remove })
    }
  }
}
