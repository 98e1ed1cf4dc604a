import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import { decoder } from '../../../../daemon/src/protocol/codec.ts'
import {
  hasSignedBody,
  isSigned,
  isStripped,
  type ReadEntry,
  readHeader,
  sealEntry,
} from '../../../../daemon/src/protocol/entries.ts'
import { conversationId, deviceId, toText } from '../../../../daemon/src/protocol/ids.ts'
import { idOfKey } from '../../../../daemon/src/protocol/keys.ts'
import { type Entry, EntrySchema, type Header, HeaderSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { signatureOf } from '../../../../daemon/src/protocol/signed.ts'
import { orRefused, refusal } from '../../../support/errors.ts'
import { makeKey } from '../../../support/statements.ts'

const key = makeKey()
const conversation = conversationId(new Uint8Array(32).fill(1))
const device = deviceId(idOfKey(key.spki))

type Seal = Parameters<typeof sealEntry>[0]

function seal(changes: Partial<Seal> = {}): Entry {
  const body = Buffer.from(`body ${changes.seq ?? 1}`)
  const base = { conversation, device, seq: 1, prev: [], time: 1n, kind: 16, body, privateKey: key.privateKey }
  return sealEntry({ ...base, ...changes }).entry
}

const decodeEntry = decoder(EntrySchema)

/** Everything that an entry must hold before it is stored and shown. */
function accept(entry: Entry, publicKey = key.publicKey): ReadEntry | undefined {
  const read = readHeader(entry)
  return isSigned(entry, publicKey) && hasSignedBody(read) ? read : undefined
}

const hash = (entry: Entry) => readHeader(entry).hash

/** An entry that its author signed, but whose header no honest program writes. */
function forge(changes: Partial<Omit<Header, '$typeName'>>): Entry {
  const honest = seal()
  const header = toBinary(
    HeaderSchema,
    create(HeaderSchema, { ...fromBinary(HeaderSchema, honest.header), ...changes }),
  )
  return { ...honest, header, signature: signatureOf('entry', header, key.privateKey) }
}

describe('an entry', () => {
  it('is signed by its device, and its identity is the hash of its header', () => {
    const { entry, hash } = sealEntry({
      conversation,
      device,
      seq: 1,
      prev: [],
      time: 77n,
      kind: 16,
      body: Buffer.from('x'),
      privateKey: key.privateKey,
    })
    const read = accept(entry)
    assert.ok(read)
    assert.deepEqual(read.hash, hash)
    assert.equal(
      Buffer.from(hash).toString('hex'),
      createHash('sha256').update('parley/entry/1\0').update(entry.header).digest('hex'),
    )
    const { bodyHash, ...header } = read.header
    assert.deepEqual(header, { conversation, device, seq: 1, prev: [], time: 77n, rights: [], kind: 16, bodySize: 1 })
    assert.equal(
      Buffer.from(bodyHash).toString('hex'),
      createHash('sha256').update(entry.salt).update('x').digest('hex'),
    )
  })

  it('salts its body, so that a deleted one cannot be guessed from its header', () => {
    assert.notDeepEqual(seal().salt, seal().salt)
    assert.equal(seal().salt.length, 16)
  })

  it('mauled in any byte is refused', () => {
    const bytes = toBinary(EntrySchema, seal())
    const flips = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(flips, ([at, flip]) => {
        const bad = new Uint8Array(bytes)
        bad[at] = (bad[at] ?? 0) ^ flip
        const entry = orRefused(() => decodeEntry(bad))
        if (entry === undefined) return
        assert.equal(
          orRefused(() => accept(entry)),
          undefined,
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('by another device is refused, as is one without a signature', () => {
    assert.ok(accept(seal()))
    assert.ok(!accept(seal(), makeKey().publicKey))
    assert.ok(!accept({ ...seal(), signature: new Uint8Array(0), alg: 0 }))
    assert.ok(!accept({ ...seal(), alg: 2 }))
  })

  it('is refused when its body is not the one that was signed', () => {
    assert.ok(!accept({ ...seal(), body: Buffer.from('body 2') }))
    assert.ok(!accept({ ...seal(), body: Buffer.from('body 1 and more') }))
    assert.ok(!accept({ ...seal(), salt: new Uint8Array(16) }))
    assert.ok(!accept({ ...seal(), salt: new Uint8Array(15) }))
  })

  it('still links when salt and body were dropped', () => {
    const stripped = { ...seal(), salt: new Uint8Array(0), body: new Uint8Array(0) }
    assert.ok(isStripped(stripped) && isSigned(stripped, key.publicKey))
    assert.deepEqual(readHeader(stripped).hash.length, 32)
    assert.ok(!isStripped(seal({ body: new Uint8Array(0) })))
  })

  it('may be followed and numbered only as a log can be', () => {
    const hashes = (count: number) => Array.from({ length: count }, (_, index) => new Uint8Array(32).fill(index))
    const wrong = [
      { seq: 0n },
      { seq: 2n },
      { seq: 1n, prev: hashes(1) },
      { seq: 2n ** 44n, prev: hashes(1) },
      { seq: 2n ** 64n - 1n, prev: hashes(1) },
      { seq: 2n, prev: hashes(9) },
      { seq: 2n, prev: [...hashes(1), ...hashes(1)] },
      { seq: 2n, prev: [new Uint8Array(31)] },
      { rights: hashes(33) },
      { rights: [new Uint8Array(33)] },
      { kind: 15 },
      { kind: 2 ** 29 },
      { bodyHash: new Uint8Array(20) },
      { bodySize: limits.body + 1 },
    ]
    for (const changes of wrong) refusal(() => readHeader(forge(changes)), 'forged')
    for (const changes of [{ device: new Uint8Array(16) }, { conversation: new Uint8Array(31) }]) {
      refusal(() => readHeader(forge(changes)), 'bad-frame')
    }
    assert.equal(readHeader(forge({ seq: 2n ** 44n - 1n, prev: hashes(8) })).header.seq, 2 ** 44 - 1)
  })

  it('with a header over 4 KiB is refused before it is read', () => {
    refusal(() => readHeader({ ...seal(), header: new Uint8Array(limits.header + 1) }), 'forged')
  })

  it('with a body over 112 KiB is not sealed', () => {
    assert.equal(accept(seal({ body: new Uint8Array(limits.body) }))?.header.bodySize, limits.body)
    assert.match(refusal(() => seal({ body: new Uint8Array(limits.body + 1) }), 'bad-message').message, /Shorten/)
  })

  it('that founds a room names no conversation: the room is its hash', () => {
    const founding = forge({ conversation: new Uint8Array(0) })
    assert.equal(readHeader(founding).header.conversation, toText(hash(founding)))
    refusal(
      () => readHeader(forge({ conversation: new Uint8Array(0), seq: 2n, prev: [new Uint8Array(32)] })),
      'bad-frame',
    )
  })

  it('keeps what a later version added to it', () => {
    const later = Buffer.concat([toBinary(EntrySchema, seal()), Buffer.of(0x7a, 2, 1, 2)])
    const read = accept(decodeEntry(later))
    assert.ok(read)
    assert.deepEqual(Buffer.from(toBinary(EntrySchema, read.entry)), later)
  })
})
