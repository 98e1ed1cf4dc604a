import assert from 'node:assert/strict'
import { createPrivateKey, createSecretKey, ECDH, generateKeyPairSync, hash } from 'node:crypto'
import fc from 'fast-check'
import { generateKeyPair, idOfKey, publicKeyOf, spkiOf } from '../../../../daemon/src/protocol/keys.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

describe('keys', () => {
  it('are 91 bytes, and their id is the SHA-256 of these', () => {
    const { privateKey, spki } = generateKeyPair()
    assert.equal(spki.length, 91)
    assert.deepEqual(spkiOf(privateKey), spki)
    assert.deepEqual(spkiOf(publicKeyOf(spki)), spki)
    assert.equal(Buffer.from(idOfKey(spki)).toString('hex'), hash('sha256', spki))
  })

  it('are refused in any other encoding of the same key', () => {
    const { spki } = generateKeyPair()
    const point = spki.subarray(26)
    const compressed = Buffer.from(
      ECDH.convertKey(Buffer.from(point), 'prime256v1', undefined, undefined, 'compressed') as Buffer,
    )
    const head = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex')
    for (const other of [
      Buffer.concat([head, compressed]),
      point,
      Buffer.concat([spki, Buffer.of(0)]),
      spki.subarray(1),
    ]) {
      refusal(() => publicKeyOf(other), 'bad-frame')
      refusal(() => idOfKey(other), 'bad-frame')
    }
  })

  it('are refused when they are of another curve or kind', () => {
    const others = [
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey,
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      generateKeyPairSync('ed25519').publicKey,
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
    ]
    for (const key of others) {
      refusal(() => spkiOf(key), 'bad-frame')
      refusal(() => publicKeyOf(key.export({ format: 'der', type: 'spki' })), 'bad-frame')
    }
    refusal(() => spkiOf(createSecretKey(Buffer.alloc(32))), 'bad-frame')
  })

  it('are refused when the point is not on the curve', () => {
    const spki = new Uint8Array(generateKeyPair().spki)
    spki[90] = (spki[90] ?? 0) ^ 1
    refusal(() => publicKeyOf(spki), 'bad-frame')
    refusal(() => publicKeyOf(new Uint8Array(spki).fill(0, 27)), 'bad-frame')
  })

  it('mauled in any byte are refused or another key', () => {
    const { spki, privateKey } = generateKeyPair()
    assert.equal(createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })).type, 'private')
    fc.assert(
      fc.property(fc.nat(90), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const mauled = new Uint8Array(spki)
        mauled[at] = (mauled[at] ?? 0) ^ flip
        const key = orRefused(() => publicKeyOf(mauled))
        if (key !== undefined) assert.notDeepEqual(idOfKey(mauled), idOfKey(spki))
        if (at < 27) assert.equal(key, undefined)
      }),
    )
  })
})
