// Floor: a bare Node TCP server that answers every 27 bytes with the same 18.
import { createServer } from 'node:net'

const answer = Buffer.alloc(18, 22)
const requestSize = 27

const server = createServer(socket => {
  socket.setNoDelay()
  let pending = 0
  socket.on('data', chunk => {
    pending += chunk.length
    while (pending >= requestSize) {
      pending -= requestSize
      socket.write(answer)
    }
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: server.address() })))
process.on('SIGTERM', () => process.exit(0))
