// Floor: what no way of delivering a signed message can leave out, and nothing else. Two processes: `receive` verifies and
// commits, `send PORT WINDOW MS` signs, commits and sends with WINDOW messages in flight, until acknowledged after the
// other side's commit. Commits are grouped: one transaction for all that has gathered.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createIdentity } from '../../../daemon/src/net/identity.ts'
import { rateOf } from '../measure.ts'

const payloadSize = 200
const signatureSize = 64
const recordSize = payloadSize + signatureSize

const folder = mkdtempSync(join(tmpdir(), 'parley-floor-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('SIGTERM', () => process.exit(0))
const database = new DatabaseSync(join(folder, 'floor.db'))
database.exec(
  'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (key INTEGER PRIMARY KEY, value BLOB)',
)
const insert = database.prepare('INSERT INTO log VALUES (?, ?)')
let rows = 0

/** Commits what gathers while the loop is busy in one transaction, then calls `done` with it. */
function grouped(done: (records: Buffer[]) => void): (record: Buffer) => void {
  let waiting: Buffer[] = []
  return record => {
    if (waiting.push(record) > 1) return
    setImmediate(() => {
      const group = waiting
      waiting = []
      database.exec('BEGIN')
      for (const one of group) insert.run(rows++, one)
      database.exec('COMMIT')
      done(group)
    })
  }
}

function records(socket: TLSSocket, size: number, each: (record: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let at = 0
    for (; at + size <= rest.length; at += size) each(Buffer.from(rest.subarray(at, at + size)))
    rest = rest.subarray(at)
  })
}

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const identity = await createIdentity()
const [role, port, window, duration] = process.argv.slice(2)
if (role === 'receive') receive()
else send(Number(port), Number(window), Number(duration))

function receive(): void {
  const server = createServer({ key: identity.keyPem, cert: identity.certificate, minVersion: 'TLSv1.3' }, socket => {
    const acknowledge = grouped(group => socket.write(Buffer.alloc(group.length, 6)))
    socket.once('data', key => {
      const publicKey = { key, format: 'der', type: 'spki', dsaEncoding: 'ieee-p1363' } as const
      records(socket, recordSize, record => {
        const ok = verify('sha256', record.subarray(0, payloadSize), publicKey, record.subarray(payloadSize))
        if (ok) acknowledge(record)
      })
      socket.write('k')
    })
    socket.on('error', () => process.exit(1))
  })
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: server.address() })))
}

function send(port: number, window: number, duration: number): void {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  const starts: number[] = []
  const times: number[] = []
  const key = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
  const push = grouped(group => {
    socket.write(Buffer.concat(group))
  })
  const one = () => {
    starts.push(performance.now())
    const payload = randomBytes(payloadSize)
    push(Buffer.concat([payload, sign('sha256', payload, key)]))
  }
  const begin = performance.now() + duration / 10
  const end = begin + duration
  socket.once('secureConnect', () => {
    socket.write(pair.publicKey.export({ format: 'der', type: 'spki' }))
    socket.once('data', () => {
      let acknowledged = 0
      socket.on('data', chunk => {
        const now = performance.now()
        for (let n = 0; n < chunk.length; n++) {
          const started = starts[acknowledged++] ?? now
          if (started >= begin && now <= end) times.push(now - started)
          if (now < end) one()
        }
        if (now >= end) {
          console.log(JSON.stringify(rateOf(times, duration)))
          process.exit(0)
        }
      })
      for (let n = 0; n < window; n++) one()
    })
  })
}
