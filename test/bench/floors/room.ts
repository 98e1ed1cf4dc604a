// Floor: one signed message to many, each of whom verifies and commits it, and nothing else. Two processes: `DIR COUNT` holds
// the receivers, each with a connection and a database of its own; `DIR COUNT PORT` signs, commits and sends to all, and
// for each line `WINDOW MS` on stdin prints the rate at which messages were acknowledged by all after their commits. Commits
// are grouped: one transaction for all that has gathered. Both answer to `cost` what it has cost since.
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

/** Commits what gathers while the loop is busy in one transaction, then calls `done` with it. */
function grouped(name: string, done: (records: Buffer[]) => void): (record: Buffer) => void {
  const database = new DatabaseSync(join(dir, name))
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (key INTEGER PRIMARY KEY, value BLOB)',
  )
  const insert = database.prepare('INSERT INTO log (value) VALUES (?)')
  let waiting: Buffer[] = []
  return record => {
    if (waiting.push(record) > 1) return
    setImmediate(() => {
      const group = waiting
      waiting = []
      database.exec('BEGIN')
      for (const one of group) insert.run(one)
      database.exec('COMMIT')
      done(group)
    })
  }
}

function receive(): void {
  let number = 0
  const server = createServer({ ...tls, requestCert: true }, socket => {
    const acknowledge = grouped(`receiver-${number++}.db`, group => socket.write(Buffer.alloc(group.length, 6)))
    let rest: Buffer = Buffer.alloc(0)
    socket.once('data', key => {
      const publicKey = { key, format: 'der', type: 'spki', dsaEncoding: 'ieee-p1363' } as const
      socket.on('data', chunk => {
        rest = Buffer.concat([rest, chunk])
        let at = 0
        for (; at + recordSize <= rest.length; at += recordSize) {
          const record = Buffer.from(rest.subarray(at, at + recordSize))
          const ok = verify('sha256', record.subarray(0, payloadSize), publicKey, record.subarray(payloadSize))
          if (ok) acknowledge(record)
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
  for (const socket of sockets) {
    let acknowledged = 0
    socket.on('data', chunk => {
      for (const end = acknowledged + chunk.length; acknowledged < end; acknowledged++) {
        const message = out[acknowledged]
        if (message && --message.missing === 0) message.resolve()
      }
    })
  }
  const push = grouped('sender.db', group => {
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
