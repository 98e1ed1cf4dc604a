import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import type { Identity } from '../../daemon/src/net/identity.ts'
import { linkTls } from '../../daemon/src/net/tls.ts'
import { type Process, type StartOptions, startProcess } from '../support/processes.ts'

/** The floor's server: mutual TLS, and every byte back. */
export function startBareTls(options: StartOptions = {}): Promise<Process<{ address: { port: number } }>> {
  return startProcess(`${import.meta.dirname}/floors/tls.ts`, [], options)
}

export function bareContext(identity: Identity): SecureContext {
  return createSecureContext(linkTls(identity))
}

/**
 * Dials the floor. A byte goes there and back, because in TLS 1.3 the client is done before the server has judged its
 * certificate.
 */
export function dialBare(port: number, secureContext: SecureContext, localAddress: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', localAddress, secureContext, rejectUnauthorized: false }
    const socket = connect({ ...options, ALPNProtocols: ['floor'] }, () => socket.write('?'))
    socket.once('data', () => resolve(socket))
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the floor closed the connection')))
  })
}
