// Floor: what no way of delivering a signed message can leave out, and nothing else. Two processes: `DATABASE` receives,
// verifies, commits and acknowledges; `DATABASE PORT` signs, commits and sends, commits each acknowledgement, since what was
// once delivered may not be less after a crash, and for each line `WINDOW MS` on stdin prints the rate of that; both answer to
// `cost` what it has cost since. Commits are grouped: one transaction for all that has gathered.
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { createIdentity } from '../../../daemon/src/net/identity.ts'
import { linkTls } from '../../../daemon/src/net/tls.ts'
import { startGauge } from '../gauge.ts'
import { measureRate } from '../measure.ts'

const payloadSize = 200
const signatureSize = 64
const recordSize = payloadSize + signatureSize

const [file = '', port] = process.argv.slice(2)
const database = new DatabaseSync(file)
database.exec(
  'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE log (key INTEGER PRIMARY KEY, value BLOB)',
)
database.exec('CREATE TABLE acknowledged (peer INTEGER PRIMARY KEY, count INTEGER)')
const insert = database.prepare('INSERT INTO log VALUES (?, ?)')
const acknowledge = database.prepare('INSERT OR REPLACE INTO acknowledged VALUES (0, ?)')
let rows = 0

/** Commits what gathers while the loop is busy in one transaction, then calls `done` with it. */
function grouped<T>(write: (group: readonly T[]) => void, done: (group: T[]) => void): (one: T) => void {
  let waiting: T[] = []
  return one => {
    if (waiting.push(one) > 1) return
    setImmediate(() => {
      const group = waiting
      waiting = []
      database.exec('BEGIN')
      write(group)
      database.exec('COMMIT')
      done(group)
    })
  }
}

function insertAll(group: readonly Buffer[]): void {
  for (const one of group) insert.run(rows++, one)
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

let onLine: (line: string) => void = () => {}
let stop = startGauge()
createInterface({ input: process.stdin }).on('line', line => {
  if (line !== 'cost') return onLine(line)
  console.log(JSON.stringify(stop()))
  stop = startGauge()
})

const tls = { ...linkTls(await createIdentity()), rejectUnauthorized: false }
if (port === undefined) receive()
else send(Number(port))

function receive(): void {
  const server = createServer({ ...tls, requestCert: true }, socket => {
    const take = grouped(insertAll, group => socket.write(Buffer.alloc(group.length, 6)))
    socket.once('data', key => {
      const publicKey = { key, format: 'der', type: 'spki', dsaEncoding: 'ieee-p1363' } as const
      records(socket, recordSize, record => {
        const ok = verify('sha256', record.subarray(0, payloadSize), publicKey, record.subarray(payloadSize))
        if (ok) take(record)
      })
      socket.write('k')
    })
    socket.on('error', () => process.exit(1))
  })
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: server.address() })))
}

function send(port: number): void {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
  const socket = connect({ ...tls, port, host: '127.0.0.1' })
  const push = grouped(insertAll, group => {
    socket.write(Buffer.concat(group))
  })
  let count = 0
  const heard = grouped<() => void>(
    group => {
      count += group.length
      acknowledge.run(count)
    },
    group => {
      for (const resolve of group) resolve()
    },
  )
  let waiting: (() => void)[] = []
  const deliver = () =>
    new Promise<void>(resolve => {
      waiting.push(resolve)
      const payload = randomBytes(payloadSize)
      push(Buffer.concat([payload, sign('sha256', payload, key)]))
    })
  socket.once('secureConnect', () => {
    socket.write(pair.publicKey.export({ format: 'der', type: 'spki' }))
    socket.once('data', () => {
      socket.on('data', chunk => {
        const acknowledged = waiting.slice(0, chunk.length)
        waiting = waiting.slice(chunk.length)
        for (const resolve of acknowledged) heard(resolve)
      })
      console.log(JSON.stringify({ ready: true }))
    })
  })
  onLine = async line => {
    const [window = 1, duration = 1000] = line.split(' ').map(Number)
    console.log(JSON.stringify(await measureRate(window, duration, deliver)))
  }
}
