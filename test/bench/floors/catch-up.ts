// Floor: the entries of a log checked and stored in one process, and nothing else. `DATABASE DIR WRITER` reads the entries
// from the database of a home; for each line NAME on stdin it decodes them, checks them in runs (links, body hashes, the last
// signature) and inserts each into DIR/NAME. `rows`: the three rows of each that the protocol lists. `table`: one row of a table with what a
// chat cannot do without: the log in order, the messages by time, each message once.
import { createPublicKey, hash, verify } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { decoder } from '../../../daemon/src/protocol/codec.ts'
import { NamedRowSchema } from '../../../daemon/src/protocol/hub_rows_pb.ts'
import { BodySchema, EntrySchema, HeaderSchema } from '../../../daemon/src/protocol/parley_pb.ts'
import { actorOf } from '../conversations/cast.ts'
import { startGauge } from '../gauge.ts'

const [file = '', dir = '', role = ''] = process.argv.slice(2)
const key = createPublicKey(actorOf(JSON.parse(role)).account.privateKey)
/** Bytes of a run, as hubs send it. */
const runSize = 256 * 1024
const prefix = Buffer.from('parley/entry/1\0')
const readEntry = decoder(EntrySchema)
const readHeader = decoder(HeaderSchema)
const readBody = decoder(BodySchema)
const readNamed = decoder(NamedRowSchema)
const entries = readEntries()
console.log(JSON.stringify({ entries: entries.length }))

for await (const line of createInterface({ input: process.stdin })) {
  const [shape = 'rows', name = ''] = line.split(' ')
  const place = join(dir, name)
  const database = new DatabaseSync(place)
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;')
  const insert = shape === 'rows' ? rowInserter(database) : tableInserter(database)
  const stop = startGauge()
  const start = performance.now()
  let before: Uint8Array | undefined
  for (let from = 0; from < entries.length; ) {
    let to = from
    for (let bytes = 0; to < entries.length && bytes < runSize; to++) bytes += entries[to]?.bytes.length ?? 0
    const run = entries.slice(from, to).map(read)
    from = to
    before = check(run, before)
    database.exec('BEGIN')
    for (const each of run) insert(each)
    database.exec('COMMIT')
    await new Promise(resolve => setImmediate(resolve))
  }
  console.log(JSON.stringify({ ms: performance.now() - start, ...stop() }))
  database.close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${place}${end}`, { force: true })
}

type Stored = ReturnType<typeof readEntries>[number]
type Read = ReturnType<typeof read>

/** An entry from its bytes. */
function read({ bytes, rows }: Stored) {
  const entry = readEntry(bytes)
  const { time, prev, bodyHash, seq } = readHeader(entry.header)
  const { message } = readBody(entry.body)
  return { ...entry, bytes, time, prev: prev[0], bodyHash, seq: Number(seq), message, rows }
}

/** Checks a run that follows `before`; gives the hash of its last entry. */
function check(run: readonly Read[], before: Uint8Array | undefined): Uint8Array | undefined {
  let last = before
  for (const { header, salt, body, bodyHash, prev } of run) {
    if (last !== undefined && Buffer.compare(last, prev ?? header) !== 0) throw new Error('not linked')
    if (Buffer.compare(hash('sha256', Buffer.concat([salt, body]), 'buffer'), bodyHash) !== 0) throw new Error('body')
    last = hash('sha256', Buffer.concat([prefix, header]), 'buffer')
  }
  const { header = prefix, signature = prefix } = run.at(-1) ?? {}
  const signed = Buffer.concat([prefix, header])
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('forged')
  return last
}

function rowInserter(database: DatabaseSync): (entry: Read) => void {
  database.exec('CREATE TABLE rows (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID')
  const insert = database.prepare('INSERT INTO rows VALUES (?, ?)')
  return ({ rows }) => {
    for (const [at, value] of rows) insert.run(at, value)
  }
}

function tableInserter(database: DatabaseSync): (entry: Read) => void {
  database.exec(`
    CREATE TABLE log (seq INTEGER PRIMARY KEY, time INTEGER, message BLOB, entry BLOB);
    CREATE INDEX by_time ON log (time);
    CREATE UNIQUE INDEX by_message ON log (message);
  `)
  const insert = database.prepare('INSERT INTO log VALUES (?, ?, ?, ?)')
  return ({ seq, time, message, bytes }) => {
    insert.run(seq, time, message, bytes)
  }
}

function readEntries() {
  const source = new DatabaseSync(file, { readOnly: true })
  const list = source.prepare('SELECT key, value FROM rows WHERE key >= ? AND key < ? ORDER BY key')
  const all = (kind: string) =>
    list.all(`${kind}/`, `${kind}0`).map(({ key: at, value }) => [String(at), value as Uint8Array] as const)
  const messages = all('message')
  const named = new Map(all('named').map(row => [readNamed(row[1]).position, row]))
  const found = all('log').map((row, index) => {
    const [, bytes] = row
    const shown = messages[index] ?? row
    const name = named.get(shown[0].split('/').slice(2).join('/')) ?? row
    return { bytes, rows: [row, shown, name] }
  })
  source.close()
  return found
}
