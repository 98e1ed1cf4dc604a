import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { hashOf, sign, signedKinds, verify } from '../../../../daemon/src/protocol/signed.ts'
import { makeKey } from '../../../support/statements.ts'

describe('signed payloads', () => {
  const key = makeKey()
  const payload = Buffer.from('hello')

  it('verify under their key, kind and bytes only', () => {
    const signed = sign('entry', payload, key.privateKey)
    assert.equal(signed.alg, 1)
    assert.equal(signed.signature.length, 64)
    assert.ok(verify('entry', signed, key.publicKey))
    assert.ok(!verify('entry', signed, makeKey().publicKey), 'another key')
    assert.ok(!verify('entry', { ...signed, payload: Buffer.from('hellp') }, key.publicKey), 'other bytes')
    for (const kind of signedKinds.slice(1)) assert.ok(!verify(kind, signed, key.publicKey), kind)
  })

  it('are refused with another algorithm, an unknown one included', () => {
    const signed = sign('roster', payload, key.privateKey)
    for (const alg of [0, 2, 0xffffffff]) assert.ok(!verify('roster', { ...signed, alg }, key.publicKey))
  })

  it('are refused under a key that is not P-256', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const signed = sign('roster', payload, other.privateKey)
    assert.ok(!verify('roster', signed, other.publicKey))
    assert.ok(!verify('roster', signed, generateKeyPairSync('ed25519').publicKey))
  })

  it('never verify with a signature that is mauled, cut or made up, and never throw', () => {
    const signed = sign('mark', payload, key.privateKey)
    const odd = [new Uint8Array(0), new Uint8Array(64), new Uint8Array(64).fill(255), signed.signature.subarray(1)]
    for (const signature of odd) assert.ok(!verify('mark', { ...signed, signature }, key.publicKey))
    const anything = fc.uint8Array({ maxLength: 80 })
    fc.assert(fc.property(anything, signature => !verify('mark', { ...signed, signature }, key.publicKey)))
    const flips = fc.tuple(fc.nat(63), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(flips, ([at, flip]) => {
        const signature = new Uint8Array(signed.signature)
        signature[at] = (signature[at] ?? 0) ^ flip
        return !verify('mark', { ...signed, signature }, key.publicKey)
      }),
    )
  })

  it('hash over the prefix and payload, not over the signature', () => {
    const expected = createHash('sha256').update('parley/notice/1\0').update(payload).digest()
    assert.deepEqual(Buffer.from(hashOf('notice', payload)), expected)
  })
})
