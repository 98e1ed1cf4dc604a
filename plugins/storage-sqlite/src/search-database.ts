import { hash, randomUUID } from 'node:crypto'
import { closeSync, constants, openSync, rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { type SearchDocument, type SearchPage, type SearchQuery, wordsOf } from '@parley/kit'
import { limits } from './limits.ts'
import type { SearchData } from './search-messages.ts'
import { matchOf } from './search-query.ts'

/** 'PRLS' in the file's header tells an index from any other database. */
const applicationId = 0x50524c53

/** The layout that this program writes, and the way in which it takes words: another one is made anew. */
const layout = 2

/**
 * FTS5 without the texts themselves: they are in storage. The words come from the kit, separated by spaces, so `ascii`
 * (everything beyond ASCII is part of a word) only has to split there. Beginnings of up to three characters have an index
 * of their own: without it a search for one letter among a million messages takes a fifth of a second, with it none
 * (measured), for twice the disk. Without its text FTS5 only notes that a document is gone: its words stay until the parts
 * of the index that hold them are merged, see `tidy`.
 */
const schema = `
  CREATE VIRTUAL TABLE words USING fts5(about, text, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3');
  CREATE TABLE documents (number INTEGER NOT NULL PRIMARY KEY, id TEXT NOT NULL, short INTEGER NOT NULL) STRICT;
  CREATE INDEX documents_by_id ON documents (short);
  CREATE TABLE about (identity TEXT NOT NULL, untidy INTEGER NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${layout};
`

/** Documents of the very same time, in 1024ths of a ms, are told apart by this many bits behind it. */
const slotBits = 6n
const slots = 1n << slotBits
/** Times beyond do not fit before them: the year 6429. */
const latest = 2 ** 47 - 1

/** The index in its file. A document's number is its time, so that the newest come first without sorting. */
export class SearchDatabase {
  readonly identity: string
  readonly #database: DatabaseSync
  readonly #statements
  /** Whether words of what was removed may still be in the file. */
  #isUntidy: boolean
  /** A run of tidying is under way. */
  #isTidying = false

  /** Opens the index, a new one where there is none or where it is no good. `lost` is told why it is no good. */
  static open({ file, fullCheck }: SearchData, lost: (why: string) => void): SearchDatabase {
    const isThere = statSync(file, { throwIfNoEntry: false }) !== undefined
    if (!isThere) return SearchDatabase.make(file)
    let database: DatabaseSync | undefined
    try {
      database = connect(file)
      inspect(database, file, fullCheck)
      return new SearchDatabase(database)
    } catch (error) {
      database?.close()
      lost(error instanceof Error ? error.message : String(error))
      return SearchDatabase.make(file)
    }
  }

  /** An empty index in the place of whatever is there. */
  static make(file: string): SearchDatabase {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${ending}`, { force: true })
    const { O_CREAT, O_EXCL, O_WRONLY } = constants
    closeSync(openSync(file, O_CREAT | O_EXCL | O_WRONLY, 0o600))
    const database = connect(file)
    try {
      database.exec(`BEGIN; ${schema} COMMIT;`)
      database.prepare('INSERT INTO about VALUES (?, 0)').run(randomUUID())
      return new SearchDatabase(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  private constructor(database: DatabaseSync) {
    this.#database = database
    const { identity, untidy } = database.prepare('SELECT identity, untidy FROM about').get() ?? {}
    this.identity = String(identity)
    this.#isUntidy = untidy !== 0
    const numbers = (sql: string) => {
      const statement = database.prepare(sql)
      statement.setReadBigInts(true)
      return statement
    }
    this.#statements = {
      find: numbers('SELECT number FROM documents WHERE short = ? AND id = ?'),
      last: numbers('SELECT max(number) AS number FROM documents WHERE number >= ? AND number < ?'),
      insert: database.prepare('INSERT INTO documents VALUES (?, ?, ?)'),
      remove: database.prepare('DELETE FROM documents WHERE number = ?'),
      insertWords: database.prepare('INSERT INTO words (rowid, about, text) VALUES (?, ?, ?)'),
      removeWords: database.prepare('DELETE FROM words WHERE rowid = ?'),
      untidy: database.prepare('UPDATE about SET untidy = ? WHERE untidy <> ?1'),
      merge: database.prepare("INSERT INTO words (words, rank) VALUES ('merge', ?)"),
      changes: database.prepare('SELECT total_changes() AS count'),
      empty: database.prepare('PRAGMA wal_checkpoint(TRUNCATE)'),
      id: database.prepare('SELECT id FROM documents WHERE number = ?'),
      all: numbers('SELECT number FROM documents WHERE number >= ? AND number < ? ORDER BY number DESC LIMIT ?'),
      matching: numbers(
        'SELECT rowid AS number FROM words WHERE words MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?',
      ),
    }
  }

  put(documents: readonly SearchDocument[]): void {
    this.#together(() => {
      for (const document of documents) {
        this.#forget(document.id)
        this.#add(document)
      }
    })
  }

  remove(ids: readonly string[]): void {
    this.#together(() => {
      for (const id of ids) this.#forget(id)
    })
  }

  search(query: SearchQuery): SearchPage {
    const { from = 0, to = latest, next, limit } = query
    const below = next === undefined ? numberAt(to) : smaller(BigInt(next), numberAt(to))
    const match = matchOf(query)
    const { all, matching, id } = this.#statements
    const range = [numberAt(from), below, limit + 1] as const
    const found = match === undefined ? all.all(...range) : matching.all(match, ...range)
    const numbers = found.slice(0, limit).map(({ number }) => number as bigint)
    const last = numbers.at(-1)
    return {
      ids: numbers.map(number => String(id.get(number)?.id)),
      ...(found.length > limit && last !== undefined ? { next: String(last) } : {}),
    }
  }

  get isUntidy(): boolean {
    return this.#isUntidy || this.#isTidying
  }

  /**
   * One short step of taking the words of what was removed out of the file; gives whether there are more. The parts of the
   * index are merged into one (https://www.sqlite.org/fts5.html, section 6.8), then the write-ahead log is emptied.
   */
  tidy(): boolean {
    const { merge, changes, untidy, empty } = this.#statements
    const isBegun = this.#isTidying
    this.#isTidying = true
    if (!isBegun) this.#isUntidy = false
    const before = Number(changes.get()?.count)
    merge.run(isBegun ? limits.tidyPages : -limits.tidyPages)
    if (Number(changes.get()?.count) - before >= 2) return true
    this.#isTidying = false
    if (!this.#isUntidy) untidy.run(0)
    empty.get()
    return false
  }

  close(): void {
    this.#database.close()
  }

  #add({ id, conversation, user, time, text, hasFile }: SearchDocument): void {
    const { last, id: isTaken, insert, insertWords } = this.#statements
    const first = numberAt(time)
    const taken = last.get(first, first + slots)?.number
    let number = typeof taken === 'bigint' ? taken + 1n : first
    while (isTaken.get(number) !== undefined) number++
    insert.run(number, id, shortOf(id))
    const about = `c${conversation} u${user}${hasFile ? ' f' : ''}`
    insertWords.run(
      number,
      about,
      wordsOf(text)
        .map(({ word }) => word)
        .join(' '),
    )
  }

  #forget(id: string): void {
    const number = this.#statements.find.get(shortOf(id), id)?.number
    if (typeof number !== 'bigint') return
    this.#statements.remove.run(number)
    this.#statements.removeWords.run(number)
    this.#statements.untidy.run(1)
    this.#isUntidy = true
  }

  #together(change: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      change()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

/** Whether a page of an index may have given it as its `next`: the number of a document. */
export function isPlace(next: string): boolean {
  return /^\d{1,19}$/.test(next)
}

function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: limits.busy })
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${limits.logKept};
      PRAGMA cache_size = -${limits.searchCache / 1024};
      PRAGMA secure_delete = 1;
    `)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** @throws Error why this index is no good */
function inspect(database: DatabaseSync, file: string, fullCheck: number): void {
  if (numberOf(database, 'application_id') !== applicationId) throw new Error('it is no index of Parley')
  if (numberOf(database, 'user_version') !== layout) throw new Error('it was made by another version')
  if (database.prepare('SELECT identity FROM about').get() === undefined) throw new Error('it has no name')
  if (statSync(file).size > fullCheck) return
  const finding = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0]
  if (finding !== 'ok') throw new Error(String(finding).replace(/\s+/g, ' '))
}

function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
}

/** The number of the first document of a time. */
function numberAt(time: number): bigint {
  return BigInt(Math.trunc(Math.min(Math.max(time, 0), latest) * 1024)) << slotBits
}

/** 48 bits of a hash, which an index holds in a fraction of an id's room; the id itself is compared as well. */
function shortOf(id: string): number {
  return hash('sha1', id, 'buffer').readUIntBE(0, 6)
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
