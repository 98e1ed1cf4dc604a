import assert from 'node:assert/strict'
import { createDecipheriv, createECDH, createHash, createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import {
  isInUse,
  isMailSize,
  type MailboxKey,
  makeMailKeys,
  openMail,
  readEnvelope,
  readMailboxKey,
  sealMail,
  signMailboxKey,
} from '../../../../daemon/src/protocol/mailbox.ts'
import { EntriesSchema, EntrySchema, SignedSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { sign } from '../../../../daemon/src/protocol/signed.ts'
import { mailExample, makeMailVectors } from '../../../support/mail-vectors.ts'
import { annDevice, bobDevice, vectorTime } from '../../../support/vectors.ts'

const day = 24 * 3600_000

/** Entries whose bytes are about that many in all. */
function entriesOf(size: number) {
  const body = new Uint8Array(randomBytes(size))
  return create(EntriesSchema, { conversation: new Uint8Array(32), entries: [create(EntrySchema, { body })] })
}

describe('a mailbox key', () => {
  const { key } = mailExample()
  const by = { device: bobDevice.device, deviceKey: bobDevice.spki }

  it('is read as it was signed by its device', () => {
    assert.deepEqual(readMailboxKey(signMailboxKey(key, bobDevice.privateKey), by), key)
  })

  it('is refused when another device, or nobody, has signed it', () => {
    const other = signMailboxKey(key, annDevice.privateKey)
    assert.throws(() => readMailboxKey(other, by), { code: 'bad-signature' })
    assert.throws(() => readMailboxKey(undefined, by), { code: 'bad-signature' })
    const altered = signMailboxKey(key, bobDevice.privateKey)
    altered.payload = altered.payload.slice()
    altered.payload[40] = (altered.payload[40] ?? 0) ^ 1
    assert.throws(() => readMailboxKey(altered, by), { code: 'bad-signature' })
  })

  it('is refused when it speaks of another device, lives too long or is no key', () => {
    const signed = (changes: Partial<MailboxKey>) => signMailboxKey({ ...key, ...changes }, bobDevice.privateKey)
    assert.throws(() => readMailboxKey(signed({ device: annDevice.device }), by), { code: 'forged' })
    const tooLong = { expires: key.issued + limits.mailboxKeyLife + 1 }
    assert.throws(() => signed(tooLong), { code: 'forged' })
    assert.throws(() => signed({ expires: key.issued }), { code: 'forged' })
    assert.throws(() => signed({ id: new Uint8Array(7) }), { code: 'forged' })
    assert.throws(() => signed({ key: new Uint8Array(65).fill(4) }), { code: 'bad-frame' })
    assert.throws(() => signed({ key: key.key.subarray(1) }), { code: 'bad-frame' })
    const nonsense = sign('mailbox-key', new Uint8Array([8]), bobDevice.privateKey)
    assert.throws(() => readMailboxKey(nonsense, by), { code: 'bad-frame' })
  })

  it('is no signature of another kind', () => {
    const { payload } = signMailboxKey(key, bobDevice.privateKey)
    assert.throws(() => readMailboxKey(sign('mark', payload, bobDevice.privateKey), by), { code: 'bad-signature' })
  })

  it('is used from its first day to its last, by synchronised time', () => {
    const { issued, expires } = key
    assert.ok(isInUse(key, issued) && isInUse(key, issued - limits.clockSkew) && isInUse(key, expires - 1))
    assert.ok(!isInUse(key, expires) && !isInUse(key, issued - limits.clockSkew - 1))
    assert.ok(isInUse(key, issued + 60 * day))
  })
})

describe('an item of mail', () => {
  const { from, device } = mailExample()

  async function route() {
    const keys = await makeMailKeys()
    return { from, device, keys, key: { id: new Uint8Array(randomBytes(8)), key: keys.publicKey } }
  }

  it('of any size comes out as it went in, and has one of a few sizes', async () => {
    const to = await route()
    const sizes = fc.oneof(fc.nat(600), fc.nat(115 * 1024))
    await fc.assert(
      fc.asyncProperty(sizes, async size => {
        const entries = entriesOf(size)
        const { sealed } = await sealMail(entries, to)
        assert.ok(isMailSize(sealed.length), `${sealed.length} bytes`)
        assert.ok(sealed.length <= 512 || sealed.length < 2 * (size + 250))
        assert.deepEqual(
          toBinary(EntriesSchema, await openMail(readEnvelope(sealed), to)),
          toBinary(EntriesSchema, entries),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('takes the largest message there is, and nothing larger', async () => {
    const to = await route()
    const largest = create(EntriesSchema, {
      conversation: new Uint8Array(32),
      entries: [
        create(EntrySchema, {
          header: new Uint8Array(limits.header),
          salt: new Uint8Array(16),
          body: new Uint8Array(limits.body),
          signature: new Uint8Array(64),
          alg: 1,
        }),
      ],
    })
    const { sealed } = await sealMail(largest, to)
    assert.equal(sealed.length, limits.mailItem)
    assert.deepEqual(await openMail(readEnvelope(sealed), to), largest)
    await assert.rejects(sealMail(entriesOf(limits.mailEntries), to), { code: 'bad-message' })
  })

  it('has the same id again for the same entries and device, and another one for others', async () => {
    const to = await route()
    const entries = entriesOf(100)
    const { id, sealed } = await sealMail(entries, to)
    const again = await sealMail(entries, to)
    assert.deepEqual(again.id, id)
    assert.notDeepEqual(again.sealed, sealed)
    assert.notDeepEqual((await sealMail(entries, { ...to, device: from })).id, id)
    assert.notDeepEqual((await sealMail(entriesOf(100), to)).id, id)
  })

  it('does not open with another key, for another device, or as from another sender', async () => {
    const to = await route()
    const { sealed } = await sealMail(entriesOf(100), to)
    const envelope = readEnvelope(sealed)
    await assert.rejects(openMail(envelope, { ...to, keys: await makeMailKeys() }), { code: 'forged' })
    await assert.rejects(openMail(envelope, { ...to, from: device }), { code: 'forged' })
    await assert.rejects(openMail(envelope, { ...to, device: from }), { code: 'forged' })
    await assert.rejects(openMail({ ...envelope, keyId: new Uint8Array(8) }, to), { code: 'forged' })
  })

  it('is refused in words whatever is done to its bytes', async () => {
    const to = await route()
    const { sealed } = await sealMail(entriesOf(300), to)
    const change = fc.record({ at: fc.nat(sealed.length - 1), by: fc.integer({ min: 1, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, by }) => {
        const mauled = sealed.slice()
        mauled[at] = (mauled[at] ?? 0) ^ by
        await assert.rejects(
          async () => openMail(readEnvelope(mauled), to),
          error => error instanceof ParleyError && ['forged', 'unsupported'].includes(error.code),
        )
      }),
      { numRuns: 150 },
    )
  })

  it('is refused in words when it is anything else', async () => {
    const to = await route()
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 700 }),
      fc.constantFrom(256, 512, 1024).chain(size => fc.uint8Array({ minLength: size, maxLength: size })),
    )
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (some, isFramed) => {
        const head = isFramed ? Buffer.from('01001000010002', 'hex') : Buffer.alloc(0)
        await assert.rejects(
          async () => openMail(readEnvelope(Buffer.concat([head, some.subarray(head.length)])), to),
          error => error instanceof ParleyError && ['bad-frame', 'forged', 'unsupported'].includes(error.code),
        )
      }),
      { numRuns: 150 },
    )
  })
})

interface Vectors {
  readonly mailboxKey: { alg: number; payload: string; signature: string }
  readonly private: string
  readonly aad: string
  readonly info: string
  readonly content: string
  readonly id: string
  readonly sealed: string
}

describe('golden vectors of the mailbox', () => {
  const file = new URL('../../../vectors/mailbox.json', import.meta.url)
  const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
  const { keys, key, entries, from, device } = mailExample()

  it('are what this program makes, but for what is random', async () => {
    const fixed = (from: object) =>
      JSON.stringify(from, (name, value) => {
        if (name === 'signature') return value.length
        return name === 'sealed' ? [value.slice(0, 30), value.length] : value
      })
    assert.equal(fixed(await makeMailVectors()), fixed(vectors))
  })

  it('hold: the key is signed, the item opens', async () => {
    const { alg, payload, signature } = vectors.mailboxKey
    const signed = create(SignedSchema, { alg, payload: bytes(payload), signature: bytes(signature) })
    assert.deepEqual(readMailboxKey(signed, { device, deviceKey: bobDevice.spki }), key)
    assert.ok(isInUse(key, vectorTime))
    assert.deepEqual(await openMail(readEnvelope(bytes(vectors.sealed)), { from, device, keys }), entries)
  })

  it('open by RFC 9180 and the words of the reference alone', () => {
    const sealed = bytes(vectors.sealed)
    const encapsulated = sealed.subarray(15, 80)
    const ciphertext = sealed.subarray(80)
    const ecdh = createECDH('prime256v1')
    ecdh.setPrivateKey(bytes(vectors.private))
    const kem = Buffer.concat([Buffer.from('KEM'), bytes('0010')])
    const suite = Buffer.concat([Buffer.from('HPKE'), bytes('001000010002')])
    const context = Buffer.concat([encapsulated, ecdh.getPublicKey()])
    const dh = ecdh.computeSecret(encapsulated)
    const shared = expand(kem, extract(kem, '', 'eae_prk', dh), 'shared_secret', context, 32)
    const schedule = Buffer.concat([
      Buffer.from([0]),
      extract(suite, '', 'psk_id_hash', Buffer.alloc(0)),
      extract(suite, '', 'info_hash', bytes(vectors.info)),
    ])
    const secret = extract(suite, shared, 'secret', Buffer.alloc(0))
    const decipher = createDecipheriv(
      'aes-256-gcm',
      expand(suite, secret, 'key', schedule, 32),
      expand(suite, secret, 'base_nonce', schedule, 12),
    )
    decipher.setAAD(bytes(vectors.aad)).setAuthTag(ciphertext.subarray(-16))
    const plain = Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()])
    const size = plain.readUInt32BE()
    assert.equal(plain.subarray(4, 4 + size).toString('hex'), vectors.content)
    assert.ok(plain.subarray(4 + size).every(byte => byte === 0))
    const id = Buffer.concat([
      Buffer.from('parley/mail/1\0'),
      bytes(vectors.aad).subarray(32, 64),
      bytes(vectors.content),
    ])
    assert.equal(createHash('sha256').update(id).digest('hex').slice(0, 32), vectors.id)
  })
})

/** LabeledExtract and LabeledExpand of RFC 9180, section 4. */
function extract(suite: Uint8Array, salt: Uint8Array | string, label: string, ikm: Uint8Array): Buffer {
  const labeled = Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), ikm])
  return createHmac('sha256', salt).update(labeled).digest()
}

function expand(suite: Uint8Array, prk: Uint8Array, label: string, about: Uint8Array, size: number): Buffer {
  const labeled = Buffer.concat([Buffer.from([0, size]), Buffer.from('HPKE-v1'), suite, Buffer.from(label), about])
  // One block of HKDF-Expand is enough for at most 32 bytes.
  return createHmac('sha256', prk)
    .update(Buffer.concat([labeled, Buffer.from([1])]))
    .digest()
    .subarray(0, size)
}
