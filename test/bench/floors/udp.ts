// Floor: a bare Node UDP server that sends every datagram of 32 bytes back as it came.
import { createSocket } from 'node:dgram'

const socket = createSocket('udp4')
socket.on('message', (datagram, { port, address }) => {
  if (datagram.length === 32) socket.send(datagram, port, address, () => {})
})
socket.on('error', () => {})
socket.bind(0, '127.0.0.1', () => console.log(JSON.stringify({ address: socket.address() })))
process.on('SIGTERM', () => process.exit(0))
