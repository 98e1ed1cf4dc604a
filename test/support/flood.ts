/**
 * Opens many connections from many addresses of 127.0.0.0/8 that stay silent or drip, and tells on stdout, as JSON: first
 * how many are open, and once all are closed how long the longest lived, in ms. A process of its own, so that a test that
 * measures does not measure itself. Arguments: port, connections, ms between two dripped bytes.
 */
import { connect, type Socket } from 'node:net'

const [port = 0, count = 0, every = 1_000] = process.argv.slice(2).map(Number)
/** The beginning of a TLS handshake, byte by byte. */
const hello = Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3, ...new Array<number>(64).fill(7)])
const open = new Set<Socket>()
let opened = 0
let failed = 0
let longest = 0

function dial(index: number): Promise<void> {
  const localAddress = `127.0.${1 + (index % 50)}.${1 + (Math.floor(index / 50) % 250)}`
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  socket.resume()
  return new Promise(resolve => {
    let since = 0
    socket.on('connect', () => {
      since = performance.now()
      open.add(socket)
      opened++
      if (index % 2 === 0) drip(socket)
      resolve()
    })
    socket.on('close', () => {
      if (since === 0) failed++
      else longest = Math.max(longest, performance.now() - since)
      open.delete(socket)
      resolve()
    })
  })
}

function drip(socket: Socket): void {
  let at = 0
  const timer = setInterval(() => {
    if (socket.writable) socket.write(hello.subarray(at % hello.length, (at++ % hello.length) + 1))
  }, every)
  socket.on('close', () => clearInterval(timer))
}

const atOnce = 250
for (let index = 0; index < count; index += atOnce) {
  await Promise.all(Array.from({ length: Math.min(atOnce, count - index) }, (_, n) => dial(index + n)))
}
console.log(JSON.stringify({ opened, failed }))
while (open.size > 0) await new Promise(resolve => [...open].at(-1)?.once('close', resolve))
console.log(JSON.stringify({ longest }))
