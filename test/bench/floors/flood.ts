// Writes as much as it can into one end of a pair and throws away what comes out of the other, until it is stopped.
// Arguments: port, and what to say first at either end, in hexadecimal digits.
import net from 'node:net'

const [port = '', ...firsts] = process.argv.slice(2)
const chunk = Buffer.alloc(64 * 1024)
let answers = 0
const ends = firsts.map(first => {
  const socket = net.connect({ host: '127.0.0.1', port: Number(port), noDelay: true })
  socket.on('error', () => process.exit(1))
  socket.write(Buffer.from(first, 'hex'))
  socket.once('data', () => {
    if (++answers === firsts.length) begin()
  })
  return socket
})
function begin(): void {
  console.log(JSON.stringify({ flooding: true }))
  const [near, far] = ends
  far?.on('data', () => {})
  const pump = () => {
    while (near?.write(chunk));
    near?.once('drain', pump)
  }
  pump()
}
process.on('SIGTERM', () => process.exit(0))
