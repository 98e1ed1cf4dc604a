import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import {
  checkEntry,
  checkRun,
  decodeEntry,
  isStripped,
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

function log(length: number): Entry[] {
  const entries: Entry[] = []
  for (let seq = 1; seq <= length; seq++)
    entries.push(seal({ seq, prev: entries.slice(-1).map(hash), time: BigInt(seq) }))
  return entries
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
    const read = checkEntry(entry, key.publicKey)
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
        // Flipping a field's number makes it unknown: then something that was signed is missing, or nothing is.
        const read = orRefused(() => checkEntry(entry, key.publicKey))
        if (read !== undefined) assert.ok(isStripped(entry))
      }),
      { numRuns: 1000 },
    )
  })

  it('by another device is refused, as is one without a signature', () => {
    refusal(() => checkEntry(seal(), makeKey().publicKey), 'bad-signature')
    refusal(() => checkEntry({ ...seal(), signature: new Uint8Array(0), alg: 0 }, key.publicKey), 'bad-signature')
    refusal(() => checkEntry({ ...seal(), alg: 2 }, key.publicKey), 'bad-signature')
  })

  it('is refused when its body is not the one that was signed', () => {
    refusal(() => checkEntry({ ...seal(), body: Buffer.from('body 2') }, key.publicKey), 'forged')
    refusal(() => checkEntry({ ...seal(), body: Buffer.from('body 1 and more') }, key.publicKey), 'forged')
    refusal(() => checkEntry({ ...seal(), salt: new Uint8Array(16) }, key.publicKey), 'forged')
    refusal(() => checkEntry({ ...seal(), salt: new Uint8Array(15) }, key.publicKey), 'forged')
  })

  it('still links when salt and body were dropped', () => {
    const stripped = { ...seal(), salt: new Uint8Array(0), body: new Uint8Array(0) }
    assert.ok(isStripped(checkEntry(stripped, key.publicKey).entry))
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
    for (const changes of wrong) refusal(() => checkEntry(forge(changes), key.publicKey), 'forged')
    for (const changes of [{ device: new Uint8Array(16) }, { conversation: new Uint8Array(31) }]) {
      refusal(() => checkEntry(forge(changes), key.publicKey), 'bad-frame')
    }
    assert.equal(readHeader(forge({ seq: 2n ** 44n - 1n, prev: hashes(8) })).header.seq, 2 ** 44 - 1)
  })

  it('with a header over 4 KiB is refused before it is read', () => {
    refusal(() => readHeader({ ...seal(), header: new Uint8Array(limits.header + 1) }), 'forged')
  })

  it('with a body over 112 KiB is not sealed', () => {
    assert.equal(checkEntry(seal({ body: new Uint8Array(limits.body) }), key.publicKey).header.bodySize, limits.body)
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
    const { entry } = checkEntry(decodeEntry(later), key.publicKey)
    assert.deepEqual(Buffer.from(toBinary(EntrySchema, entry)), later)
  })
})

describe('a run of entries', () => {
  const entries = log(5)

  it('is vouched for by its last signature alone', () => {
    const bare = entries.map((entry, index) => (index < 4 ? { ...entry, signature: new Uint8Array(0), alg: 0 } : entry))
    assert.deepEqual(
      checkRun(bare, key.publicKey, null).map(({ header }) => header.seq),
      [1, 2, 3, 4, 5],
    )
    refusal(() => checkRun(bare.slice(0, 4), key.publicKey), 'bad-signature')
  })

  it('gives no signature back that it did not check, and keeps the rest as it came', () => {
    const dirty = entries.map((entry, index) =>
      index < 4 ? { ...entry, signature: new Uint8Array(64).fill(index) } : entry,
    )
    const checked = checkRun(dirty, key.publicKey, null)
    assert.deepEqual(
      checked.map(({ entry }) => entry.signature.length),
      [0, 0, 0, 0, 64],
    )
    const again = checked.map(({ entry }) => decodeEntry(toBinary(EntrySchema, entry)))
    assert.ok(
      again.every(
        (entry, index) =>
          entries[index] &&
          equals(EntrySchema, { ...entry, signature: entries[index].signature, alg: 1 }, entries[index]),
      ),
    )
    checkRun(again, key.publicKey, null)
  })

  it('must follow the head that is known, or begin the log', () => {
    const [first, second, third] = entries
    assert.ok(first && second && third)
    checkRun([second, third], key.publicKey, { hash: hash(first), seq: 1 })
    refusal(() => checkRun([third], key.publicKey, { hash: hash(first), seq: 1 }), 'forged')
    refusal(() => checkRun([second], key.publicKey, { hash: hash(first), seq: 5 }), 'forged')
    refusal(() => checkRun([second], key.publicKey, null), 'forged')
    checkRun([second], key.publicKey)
  })

  it('cannot skip, repeat, swap or mix logs', () => {
    const [a, b, c] = entries
    assert.ok(a && b && c)
    const other = makeKey()
    const foreign = seal({ device: deviceId(idOfKey(other.spki)), privateKey: other.privateKey })
    const elsewhere = seal({ conversation: conversationId(new Uint8Array(32)), seq: 2, prev: [hash(a)] })
    for (const run of [
      [a, c],
      [a, a],
      [b, a],
      [foreign, b],
      [a, elsewhere],
    ]) {
      refusal(() => checkRun(run, key.publicKey), 'forged')
    }
    refusal(() => checkRun([], key.publicKey), 'forged')
  })

  it('numbers each entry one above the one before', () => {
    const [a] = entries
    assert.ok(a)
    refusal(() => checkRun([a, seal({ seq: 3, prev: [hash(a)] })], key.publicKey), 'forged')
    const merge = seal({ seq: 9, prev: [hash(a), new Uint8Array(32)] })
    assert.equal(checkRun([a, merge], key.publicKey).length, 2)
  })

  it('with one body changed anywhere is refused whole', () => {
    fc.assert(
      fc.property(fc.nat(4), at => {
        const run = entries.map((entry, index) => (index === at ? { ...entry, body: Buffer.from('body X') } : entry))
        refusal(() => checkRun(run, key.publicKey), 'forged')
      }),
    )
  })
})
