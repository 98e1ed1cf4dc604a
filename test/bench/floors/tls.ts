// Floor: a bare mutual-TLS server with the same certificates and settings, and nothing above TLS.
import { createServer } from 'node:tls'
import { createIdentity } from '../../../daemon/src/net/identity.ts'

const identity = await createIdentity()
const server = createServer(
  {
    key: identity.keyPem,
    cert: identity.certificate,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
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
