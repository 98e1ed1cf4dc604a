import { hash, type KeyObject, sign as signBytes, verify as verifyBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { type Signed, SignedSchema } from './parley_pb.ts'

/** What a signature may speak of. The kind is part of what is signed, so that no signature passes for another's. */
export const signedKinds = ['entry', 'attestation', 'roster', 'mark', 'mailbox-key', 'notice'] as const
export type SignedKind = (typeof signedKinds)[number]

/** ECDSA P-256 with SHA-256, the signature as 64 bytes r‖s. */
export const ecdsaP256 = 1
const signatureSize = 64

/** `payload` signed as `kind`. The payload is carried as given and must never be encoded anew. */
export function sign(kind: SignedKind, payload: Uint8Array, privateKey: KeyObject): Signed {
  return create(SignedSchema, { alg: ecdsaP256, payload, signature: signatureOf(kind, payload, privateKey) })
}

/** The bare signature: 64 bytes r‖s. ECDSA is randomised, so it differs each time. */
export function signatureOf(kind: SignedKind, payload: Uint8Array, privateKey: KeyObject): Uint8Array<ArrayBuffer> {
  return new Uint8Array(signBytes('sha256', covered(kind, payload), { key: privateKey, dsaEncoding: 'ieee-p1363' }))
}

/** Whether `publicKey` signed exactly these bytes as `kind`. Unknown algorithms and odd signatures are just false. */
export function verify(
  kind: SignedKind,
  signed: { readonly alg: number; readonly payload: Uint8Array; readonly signature: Uint8Array },
  publicKey: KeyObject,
): boolean {
  if (signed.alg !== ecdsaP256 || signed.signature.length !== signatureSize) return false
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return false
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  return verifyBytes('sha256', covered(kind, signed.payload), key, signed.signature)
}

/** The hash of a signed thing, 32 bytes: SHA-256 of all that its signature covers, and never of the signature. */
export function hashOf(kind: SignedKind, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', covered(kind, payload), 'buffer'))
}

const prefixes = Object.fromEntries(signedKinds.map(kind => [kind, Buffer.from(`parley/${kind}/1\0`)]))

function covered(kind: SignedKind, payload: Uint8Array): Uint8Array {
  return Buffer.concat([prefixes[kind] ?? Buffer.from(`parley/${kind}/1\0`), payload])
}
