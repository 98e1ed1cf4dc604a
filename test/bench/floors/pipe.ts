// Floor: connections that name the same pair are piped into each other by Node, and nothing else. With `tls` each has
// TLS to this process, which hands on what is inside: a router that reads along.
import net from 'node:net'
import tls from 'node:tls'
import { createIdentity } from '../../../daemon/src/net/identity.ts'
import { linkTls } from '../../../daemon/src/net/tls.ts'

const waiting = new Map<number, net.Socket>()
const take = (socket: net.Socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.once('data', first => {
    socket.pause()
    const pair = first.readUInt32BE(0)
    const other = waiting.get(pair)
    if (!other) {
      waiting.set(pair, socket)
      return
    }
    waiting.delete(pair)
    for (const end of [socket, other]) end.write('P')
    socket.pipe(other).pipe(socket)
  })
}
const server = process.argv.includes('tls')
  ? tls.createServer({ ...linkTls(await createIdentity()), requestCert: true, rejectUnauthorized: false }, take)
  : net.createServer(take)
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: server.address() })))
process.on('SIGTERM', () => process.exit(0))
