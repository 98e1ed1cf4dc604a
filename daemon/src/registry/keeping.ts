import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Change, ListPage, ListRange, Log, Storage } from '@parley/kit'
import { type BackupSize, writeBackup } from '../backup/backup.ts'
import { backUpBeforeUpgrade } from '../backup/before-upgrade.ts'
import { Journal } from '../backup/journal.ts'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Locations } from '../locations.ts'
import { bringToFormat, type DataFormat, formatOf, formatRow, migratingRow } from '../plugins/format.ts'
import { version } from '../version.ts'
import { registryFormat } from './format.ts'
import { type Lease, type LeaseOptions, leaseRows, takeLease } from './lease.ts'
import { Histogram, type Metrics } from './metrics.ts'

/** When the last backup was written: not part of one. */
const backupRow = 'backup'

/** Rows that belong to a storage rather than to the team in it: no backup has them. */
export function isOfStorage(key: string): boolean {
  return ownRows.includes(key)
}

const ownRows: readonly string[] = [leaseRows.lease, leaseRows.fence, formatRow, migratingRow, backupRow]

export interface KeepingOptions {
  readonly where: Locations
  readonly log: Log
  readonly now: () => number
  /** Ends the waiting for another registry's lease. */
  readonly signal: AbortSignal
  readonly format?: DataFormat
  readonly waits?: LeaseOptions['waits']
}

/** What is done with the storage of a registry beside serving from it: lease, format, backups, measures. */
export class Keeping {
  readonly #writes = new Histogram(limits.latencyBounds)
  readonly #options: KeepingOptions
  readonly #lost = Promise.withResolvers<ParleyError>()
  #lease: Lease | undefined
  #journal: Journal | undefined
  #backedUp: number | undefined
  #isBackingUp = false

  constructor(options: KeepingOptions) {
    this.#options = options
  }

  /** Resolves when another registry has taken the storage: this one must end. */
  get lost(): Promise<ParleyError> {
    return this.#lost.promise
  }

  /**
   * Takes `storage`, brings it to this program's format, and gives it as the registry uses it.
   * @throws ParleyError `already-running`, `newer-data`, `damaged-data`, `home`
   */
  async open(storage: Storage): Promise<Storage> {
    const { where, log, now, format = registryFormat } = this.#options
    const journal = await this.take(storage)
    const backUp = (found: number) => backUpBeforeUpgrade(journal, found, { where, skips: isOfStorage, now })
    await bringToFormat(journal, format, async found => {
      log.warn({ from: found, to: format.number }, 'An upgrade of what is in storage: writing a backup first')
      return backUp(found)
    })
    const [row] = await journal.get([backupRow])
    if (row) this.#backedUp = Number(Buffer.from(row).toString('latin1'))
    return new MeasuredStorage(journal, this.#writes)
  }

  /**
   * Takes `storage` as it is, for what must not change its format.
   * @throws ParleyError `already-running`
   */
  async take(storage: Storage): Promise<Journal> {
    const { where, log, signal, waits } = this.#options
    this.#lease = await takeLease({
      storage,
      holder: holderOf(where),
      place: `process ${process.pid} on ${hostname()}, home ${where.home}`,
      log,
      signal,
      ...(waits && { waits }),
    })
    void this.#lease.lost.then(this.#lost.resolve)
    const journal = new Journal(this.#lease.storage)
    this.#journal = journal
    return journal
  }

  /**
   * Writes a backup while the registry runs.
   * @throws ParleyError `usage`, `home`, `busy`, `storage`, `timeout`
   */
  async backup(
    file: string,
    about: { registry?: string; team?: string },
    progress?: (size: BackupSize) => void,
  ): Promise<BackupSize> {
    const journal = this.#journal
    if (!journal) throw new ParleyError('internal', 'There is no storage yet.')
    // Two of one name would take each other's draft away.
    if (this.#isBackingUp) throw new ParleyError('busy', 'A backup is being written already. Wait until it has ended.')
    this.#isBackingUp = true
    try {
      return await this.#backup(journal, file, about, progress)
    } finally {
      this.#isBackingUp = false
    }
  }

  async #backup(
    journal: Journal,
    file: string,
    about: { registry?: string; team?: string },
    progress: ((size: BackupSize) => void) | undefined,
  ): Promise<BackupSize> {
    const { now, log } = this.#options
    const format = await formatOf(journal)
    if (typeof format !== 'number') throw new ParleyError('damaged-data', 'There is no registry in this storage.')
    const header = { format, program: version, ...about }
    const size = await writeBackup({ journal, file, header, skips: isOfStorage, now, ...(progress && { progress }) })
    this.#backedUp = now()
    log.info({ file, ...size }, 'A backup was written')
    await journal.write([{ put: backupRow, value: Buffer.from(String(this.#backedUp)) }])
    return size
  }

  async close(): Promise<void> {
    const lease = this.#lease
    this.#lease = undefined
    await lease?.close()
  }

  measure(metrics: Metrics): void {
    metrics.show('parley_storage_write_seconds', 'From a batch to its commit, the flush included.', this.#writes)
    metrics.gauge('parley_backup_age_seconds', 'Since the last backup, of which there is one.', () =>
      this.#backedUp === undefined ? undefined : Math.max(0, (this.#options.now() - this.#backedUp) / 1000),
    )
  }
}

class MeasuredStorage implements Storage {
  readonly durable: boolean
  readonly #inner: Storage
  readonly #writes: Histogram

  constructor(inner: Storage, writes: Histogram) {
    this.durable = inner.durable
    this.#inner = inner
    this.#writes = writes
  }

  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#inner.get(keys)
  }

  list(prefix: string, range: ListRange): Promise<ListPage> {
    return this.#inner.list(prefix, range)
  }

  async write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    const began = performance.now()
    try {
      return await this.#inner.write(changes)
    } finally {
      this.#writes.observe((performance.now() - began) / 1000)
    }
  }
}

/**
 * What tells this home from others: 16 random bytes in a file. Its lock is held, so whoever has taken a lease under the same
 * is gone.
 */
function holderOf({ holder }: Locations): string {
  try {
    const known = existsSync(holder) ? readFileSync(holder, 'utf8') : ''
    if (/^[0-9a-f]{32}$/.test(known)) return known
    // One that a crash has cut is made anew: it is only waited for longer.
    const made = randomBytes(16).toString('hex')
    writeFileSync(holder, made, { mode: 0o600 })
    return made
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ParleyError('home', `The file ${holder} cannot be made: ${reason}.`, { cause: error })
  }
}
