// Floor: a bare mutual-TLS server with the same certificates and settings, and nothing above TLS.
import { createServer } from 'node:tls'
import { createIdentity } from '../../../daemon/src/net/identity.ts'
import { linkTls } from '../../../daemon/src/net/tls.ts'

const identity = await createIdentity()
const server = createServer(
  {
    ...linkTls(identity),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['floor'],
  },
  socket => {
    socket.on('error', () => socket.destroy())
    socket.on('data', chunk => socket.write(chunk))
  },
)
server.on('tlsClientError', () => {})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ address: server.address() })))
process.on('SIGTERM', () => process.exit(0))
