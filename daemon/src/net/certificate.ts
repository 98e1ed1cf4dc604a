import { type KeyObject, webcrypto, X509Certificate } from 'node:crypto'
import { spkiOf } from '../protocol/keys.ts'

/** A certificate that says nothing but its key: names and dates are the same in all and are ignored by everyone. */
export async function selfSigned(privateKey: KeyObject, spki: Uint8Array): Promise<string> {
  // Loaded only for this: it takes a quarter of a hub's start.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=parley',
    notBefore: new Date('2000-01-01T00:00:00Z'),
    notAfter: new Date('9999-12-31T23:59:59Z'),
    signingAlgorithm: algorithm,
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), algorithm, false, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', new Uint8Array(spki), algorithm, true, ['verify']),
    },
  })
  return certificate.toString('pem')
}

/** The certificate in `pem`, if there is one and it is of this key. */
export function certificateIn(pem: string, spki: Uint8Array): string | undefined {
  const [found] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? []
  if (found === undefined) return undefined
  try {
    return Buffer.compare(spkiOf(new X509Certificate(found).publicKey), spki) === 0 ? found : undefined
  } catch {
    return undefined
  }
}
