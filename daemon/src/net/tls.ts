import type tls from 'node:tls'
import { ParleyError } from '../errors.ts'
import { idOfKey } from '../protocol/keys.ts'
import type { Identity } from './identity.ts'

/** What TLS has proved about the other side: its key, and the id that is the key's hash. */
export interface PeerKey {
  /** 91-byte DER SPKI. */
  readonly key: Uint8Array
  /** 32 bytes: SHA-256 of `key`. */
  readonly id: Uint8Array
}

/** The TLS of every link, for both sides: 1.3, AES-GCM, P-256 signatures, nothing to resume a session by. */
export function linkTls(identity: Identity): tls.SecureContextOptions {
  return {
    key: identity.keyPem,
    cert: identity.certificate,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256',
    sigalgs: 'ecdsa_secp256r1_sha256',
    // A resumed session shows the client no certificate and yet calls the server authorized.
    secureOptions: noTicket,
  }
}

/** `SSL_OP_NO_TICKET`, which is the same in OpenSSL and in the BoringSSL of VS Code's runtime. */
const noTicket = 1 << 14

/**
 * The key that the other side of `socket` proved to hold. To be called once, when the handshake is done: on the client
 * OpenSSL gives the certificate away with the first call. Throws `wrong-key` when there is none to go by: no
 * certificate, a resumed session, a key that is not P-256.
 */
export function provenKey(socket: tls.TLSSocket): PeerKey {
  if (socket.isSessionReused()) {
    throw new ParleyError('wrong-key', 'The other side resumed an old session, which proves no key.')
  }
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) throw new ParleyError('wrong-key', 'The other side showed no certificate.')
  try {
    // A copy: a view of Node's buffer pool would keep 8 KiB alive for 91 bytes.
    const key = new Uint8Array(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    return { key, id: idOfKey(key) }
  } catch (cause) {
    throw new ParleyError('wrong-key', 'The other side showed a certificate whose key is not P-256.', { cause })
  }
}
