// Floor: one signed message to many, each of whom verifies and commits it, and nothing else. Two processes: `DIR COUNT` holds
// the receivers, each with a connection and a database of its own; `DIR COUNT PORT` signs, commits and sends to all, commits
// who has acknowledged how many, since what was once delivered may not be less after a crash, and for each line `WINDOW MS` on
// stdin prints the rate at which all have. Commits are grouped: one transaction for all that has gathered. Both answer to
// `cost` what it has cost since.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createIdentity } from '../../../daemon/src/net/identity.ts'
import { linkTls } from '../../../daemon/src/net/tls.ts'
import { startGauge } from '../gauge.ts'
import { measureRate } from '../measure.ts'

const payloadSize = 200
const recordSize = payloadSize + 64

const [dir = '', receivers = '', port] = process.argv.slice(2)
const count = Number(receivers)
const tls = { ...linkTls(await createIdentity()), rejectUnauthorized: false }
let onLine: (line: string) => void = () => {}
let stop = startGauge()
createInterface({ input: process.stdin }).on('line', line => {
  if (line !== 'cost') return onLine(line)
  console.log(JSON.stringify(stop()))
  stop = startGauge()
})
process.on('SIGTERM', () => process.exit(0))
if (port === undefined) receive()
else send(Number(port))

function openLog(name: string): DatabaseSync {
  const database = new DatabaseSync(join(dir, name))
  database.exec(`
    PRAGMA journal_mode=WAL;
    PRAGMA synchronous=FULL;
    CREATE TABLE log (key INTEGER PRIMARY KEY, value BLOB);
    CREATE TABLE acknowledged (peer INTEGER PRIMARY KEY, count INTEGER);
  `)
  return database
}

/** Commits what gathers while the loop is busy in one transaction, then calls `done` with it. */
function grouped<T>(database: DatabaseSync, write: (one: T) => void, done: (group: T[]) => void): (one: T) => void {
  let waiting: T[] = []
  return one => {
    if (waiting.push(one) > 1) return
    setImmediate(() => {
      const group = waiting
      waiting = []
      database.exec('BEGIN')
      for (const each of group) write(each)
      database.exec('COMMIT')
      done(group)
    })
  }
}

function groupedRecords(database: DatabaseSync, done: (group: Buffer[]) => void): (record: Buffer) => void {
  const insert = database.prepare('INSERT INTO log (value) VALUES (?)')
  return grouped<Buffer>(database, record => insert.run(record), done)
}

function receive(): void {
  let number = 0
  const server = createServer({ ...tls, requestCert: true }, socket => {
    const database = openLog(`receiver-${number++}.db`)
    const take = groupedRecords(database, group => socket.write(Buffer.alloc(group.length, 6)))
    let rest: Buffer = Buffer.alloc(0)
    socket.once('data', key => {
      const publicKey = { key, format: 'der', type: 'spki', dsaEncoding: 'ieee-p1363' } as const
      socket.on('data', chunk => {
        rest = Buffer.concat([rest, chunk])
        let at = 0
        for (; at + recordSize <= rest.length; at += recordSize) {
          const record = Buffer.from(rest.subarray(at, at + recordSize))
          const ok = verify('sha256', record.subarray(0, payloadSize), publicKey, record.subarray(payloadSize))
          if (ok) take(record)
        }
        rest = rest.subarray(at)
      })
      socket.write('k')
    })
    socket.on('error', () => process.exit(1))
  })
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: server.address() })))
}

async function send(port: number): Promise<void> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' })
  /** Messages that have left, and by how many each was acknowledged. */
  const out: { missing: number; resolve: () => void }[] = []
  const sockets = await Promise.all(Array.from({ length: count }, () => dial(port, spki)))
  const database = openLog('sender.db')
  const acknowledge = database.prepare('INSERT OR REPLACE INTO acknowledged VALUES (?, ?)')
  /** By receiver: how many are committed as acknowledged. */
  const acknowledged = sockets.map(() => 0)
  const heard = grouped<{ peer: number; count: number }>(
    database,
    ({ peer, count }) => acknowledge.run(peer, count),
    group => {
      for (const { peer, count } of group) {
        for (let at = acknowledged[peer] ?? 0; at < count; at++) {
          const message = out[at]
          if (message && --message.missing === 0) message.resolve()
        }
        acknowledged[peer] = count
      }
    },
  )
  for (const [peer, socket] of sockets.entries()) {
    let count = 0
    socket.on('data', chunk => {
      count += chunk.length
      heard({ peer, count })
    })
  }
  const push = groupedRecords(database, group => {
    const bytes = Buffer.concat(group)
    for (const socket of sockets) socket.write(bytes)
  })
  const deliver = () =>
    new Promise<void>(resolve => {
      out.push({ missing: count, resolve })
      const payload = randomBytes(payloadSize)
      push(Buffer.concat([payload, sign('sha256', payload, key)]))
    })
  onLine = async line => {
    const [window = 1, duration = 1000] = line.split(' ').map(Number)
    console.log(JSON.stringify(await measureRate(window, duration, deliver)))
  }
  console.log(JSON.stringify({ ready: true }))
}

function dial(port: number, spki: Buffer): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...tls, port, host: '127.0.0.1' }, () => socket.write(spki))
    socket.once('error', reject)
    socket.once('data', () => resolve(socket))
  })
}
