import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from '@parley/kit'
import { damaged } from './errors.ts'
import { limits } from './limits.ts'

/** 'PRLY' in the file's header tells Parley's data from any other database. */
const applicationId = 0x50524c59

/** The layout that this program writes; `user_version` in the file's header. */
const layout = 1

/** WITHOUT ROWID: one tree, ordered by key. Only rows that expire are in the index. */
const schema = `
  CREATE TABLE rows (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, expires INTEGER) STRICT, WITHOUT ROWID;
  CREATE INDEX expiring ON rows (expires) WHERE expires IS NOT NULL;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${layout};
`

/**
 * Opens `file` for writing, making it where there is none. What is there is first looked at through a read-only
 * connection, so that a file that is damaged, foreign or of a newer program stays as it is, byte for byte.
 *
 * `maxSize` in bytes: the file never grows beyond.
 * @throws StorageError, or SQLite's own error
 */
export function openDatabase(file: string, maxSize?: number): DatabaseSync {
  const there = lstatSync(file, { throwIfNoEntry: false })
  if (there === undefined) createFile(file)
  else if (!there.isFile()) throw new StorageError('storage', `${file} is not a file of its own; move it away.`)
  else inspect(file, there.size)
  const database = new DatabaseSync(file, { timeout: limits.busy })
  try {
    // On macOS only F_FULLFSYNC reaches the disk itself; elsewhere these two change nothing. What is removed is overwritten,
    // for what somebody has deleted must not be in a copy of the file; that takes a tenth more (measured).
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = 1;
      PRAGMA checkpoint_fullfsync = 1;
      PRAGMA journal_size_limit = ${limits.logKept};
      PRAGMA cache_size = -16384;
      PRAGMA secure_delete = 1;
    `)
    if (maxSize !== undefined) limitSize(database, maxSize)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens `file`, which a writer has open, for reading. */
export function openReader(file: string): DatabaseSync {
  return new DatabaseSync(file, { readOnly: true, timeout: limits.busy })
}

/**
 * Makes the file beside its place and then moves it there: where a file is, it is whole, and an empty one is damage.
 */
function createFile(file: string): void {
  const draft = `${file}.new`
  for (const left of [draft, `${draft}-journal`]) rmSync(left, { force: true })
  try {
    const { O_CREAT, O_EXCL, O_WRONLY } = constants
    closeSync(openSync(draft, O_CREAT | O_EXCL | O_WRONLY, 0o600))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StorageError('storage', `No database can be made in ${dirname(file)}: ${why}.`, { cause: error })
  }
  const database = new DatabaseSync(draft)
  try {
    database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = 1;')
    database.exec(`BEGIN; ${schema} COMMIT;`)
  } finally {
    database.close()
  }
  renameSync(draft, file)
  flushFolder(dirname(file))
}

function inspect(file: string, size: number): void {
  if (size === 0) throw new StorageError('damaged-data', damaged(file, 'it is empty'))
  const database = openReader(file)
  try {
    if (numberOf(database, 'application_id') !== applicationId) {
      throw new StorageError('damaged-data', damaged(file, 'it is not a database of Parley'))
    }
    const version = numberOf(database, 'user_version')
    if (version > layout) {
      throw new StorageError(
        'newer-data',
        `${file} was written by a newer Parley (data version ${version}, this one knows ${layout}); update Parley.`,
      )
    }
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'rows'").get()
    if (version < 1 || table === undefined)
      throw new StorageError('damaged-data', damaged(file, 'its table is missing'))
    if (size <= limits.fullCheck) checkWhole(database, file)
  } finally {
    database.close()
  }
}

function checkWhole(database: DatabaseSync, file: string): void {
  const finding = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0]
  if (finding !== 'ok') throw new StorageError('damaged-data', damaged(file, String(finding).replace(/\s+/g, ' ')))
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
}

function limitSize(database: DatabaseSync, maxSize: number): void {
  const pages = Math.max(1, Math.floor(maxSize / numberOf(database, 'page_size')))
  database.exec(`PRAGMA max_page_count = ${pages}`)
}

/** A new name is durable once its folder is; Windows has no such flush and needs none. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
