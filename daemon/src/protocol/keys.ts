import { createPublicKey, generateKeyPairSync, hash, KeyObject } from 'node:crypto'
import { ParleyError } from '../errors.ts'

/** Bytes of every public key that Parley accepts. */
const spkiSize = 91

/** DER of SubjectPublicKeyInfo for id-ecPublicKey on prime256v1 with an uncompressed point (RFC 5480). */
const prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')

/**
 * The P-256 key of a 91-byte DER SPKI with an uncompressed point. Throws `bad-frame` for anything else, other encodings
 * of the same key included: an id is the hash of these bytes, so each key must have only one encoding.
 */
export function publicKeyOf(spki: Uint8Array): KeyObject {
  checkShape(spki)
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new ParleyError('bad-frame', 'A public key is not a point of the curve P-256.', { cause })
  }
}

/** The id of a device or registry: SHA-256 of its SPKI, 32 bytes. Throws `bad-frame` for a wrong encoding. */
export function idOfKey(spki: Uint8Array): Uint8Array<ArrayBuffer> {
  checkShape(spki)
  return new Uint8Array(hash('sha256', spki, 'buffer'))
}

/** The 91-byte SPKI of a P-256 key, private or public. Throws `bad-frame` for any other key. */
export function spkiOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  if (publicKey.type !== 'public') throw new ParleyError('bad-frame', 'A P-256 key was expected, not a secret.')
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
  checkShape(spki)
  return spki
}

/** The SPKI of an uncompressed point, 65 bytes. Throws `bad-frame` for what is none. */
export function spkiOfPoint(point: Uint8Array): Uint8Array<ArrayBuffer> {
  const spki = new Uint8Array(Buffer.concat([prefix.subarray(0, -1), point]))
  publicKeyOf(spki)
  return spki
}

/** A new P-256 key pair. */
export function generateKeyPair(): { privateKey: KeyObject; spki: Uint8Array<ArrayBuffer> } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, spki: spkiOf(publicKey) }
}

/** `key` as a KeyObject, whichever way it is given. */
export function asPublicKey(key: KeyObject | Uint8Array): KeyObject {
  return key instanceof KeyObject ? key : publicKeyOf(key)
}

function checkShape(spki: Uint8Array): void {
  if (spki.length === spkiSize && prefix.equals(spki.subarray(0, prefix.length))) return
  throw new ParleyError('bad-frame', `A public key is ${spkiSize} bytes: the SPKI of an uncompressed P-256 point.`)
}
