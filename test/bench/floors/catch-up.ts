// Floor: the entries of a log checked and stored in one process, and nothing else. `DATABASE DIR` reads the entries from the
// database of a home; for each line NAME on stdin it checks them in runs (links, body hashes, the last signature) and inserts
// each into DIR/NAME, which has what a chat cannot do without: the log in order, the messages by time, each message once.
import { createPublicKey, hash, verify } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fromBinary } from '@bufbuild/protobuf'
import { BodySchema, EntrySchema, HeaderSchema } from '../../../daemon/src/protocol/parley_pb.ts'
import { actorOf } from '../conversations/cast.ts'
import { startGauge } from '../gauge.ts'

const [file = '', dir = '', role = ''] = process.argv.slice(2)
const key = createPublicKey(actorOf(JSON.parse(role)).account.privateKey)
const prefix = Buffer.from('parley/entry/1\0')
const source = new DatabaseSync(file, { readOnly: true })
const stored = source.prepare("SELECT value FROM rows WHERE key >= 'log/' AND key < 'log0' ORDER BY key").all()
const entries = stored.map(({ value }) => {
  const bytes = value as Uint8Array
  const entry = fromBinary(EntrySchema, bytes)
  const { time, prev, bodyHash, seq } = fromBinary(HeaderSchema, entry.header)
  const { message } = fromBinary(BodySchema, entry.body)
  return { ...entry, bytes, time, prev: prev[0], bodyHash, seq: Number(seq), message }
})
source.close()
console.log(JSON.stringify({ entries: entries.length }))

for await (const name of createInterface({ input: process.stdin })) {
  const place = join(dir, name)
  const database = new DatabaseSync(place)
  database.exec(`
    PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;
    CREATE TABLE log (seq INTEGER PRIMARY KEY, time INTEGER, message BLOB, entry BLOB);
    CREATE INDEX by_time ON log (time);
    CREATE UNIQUE INDEX by_message ON log (message);
  `)
  const insert = database.prepare('INSERT INTO log VALUES (?, ?, ?, ?)')
  const stop = startGauge()
  const start = performance.now()
  let before: Uint8Array | undefined
  for (let from = 0; from < entries.length; ) {
    let to = from
    for (let bytes = 0; to < entries.length && bytes < 256 * 1024; to++) bytes += entries[to]?.bytes.length ?? 0
    const run = entries.slice(from, to)
    from = to
    for (const { header, salt, body, bodyHash, prev } of run) {
      if (before !== undefined && Buffer.compare(before, prev ?? header) !== 0) throw new Error('not linked')
      if (Buffer.compare(hash('sha256', Buffer.concat([salt, body]), 'buffer'), bodyHash) !== 0) throw new Error('body')
      before = hash('sha256', Buffer.concat([prefix, header]), 'buffer')
    }
    const last = run.at(-1)
    const signed = Buffer.concat([prefix, last?.header ?? prefix])
    if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, last?.signature ?? prefix))
      throw new Error('forged')
    database.exec('BEGIN')
    for (const { seq, time, message, bytes } of run) insert.run(seq, time, message, bytes)
    database.exec('COMMIT')
    await new Promise(resolve => setImmediate(resolve))
  }
  console.log(JSON.stringify({ ms: performance.now() - start, ...stop() }))
  database.close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${place}${end}`, { force: true })
}
