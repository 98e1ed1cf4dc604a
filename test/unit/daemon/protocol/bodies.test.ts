import assert from 'node:assert/strict'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import {
  type Content,
  checkContent,
  type Deed,
  deletionKind,
  editKind,
  encodeSaid,
  encodeText,
  reactionKind,
  readBody,
  targetOf,
  textKind,
} from '../../../../daemon/src/protocol/bodies.ts'
import { deviceId, fileHash, messageId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { BodySchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

const message = messageId(new Uint8Array(16).fill(3))
const user = userId(new Uint8Array(16).fill(4))
const device = deviceId(new Uint8Array(32).fill(5))
const name = { user, message }
const raw = new Uint8Array(16)

describe('the body of a text', () => {
  it('comes back as it was written', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter(each => each.trim() !== '' && each.isWellFormed())
    fc.assert(
      fc.property(text, each => {
        assert.deepEqual(readBody(encodeText(message, 123, each)), { message, written: 123, text: each })
      }),
    )
  })

  it('comes back with what it answers, whom it names and its files', () => {
    const file = { hash: fileHash(new Uint8Array(32).fill(6)), name: 'plan.pdf', size: 12, type: 'application/pdf' }
    const content: Content = {
      ...{ message, written: 1, text: '' },
      replyTo: name,
      mentions: [user],
      mentionsAll: true,
      files: [file],
    }
    const { kind, body } = encodeSaid(content)
    assert.equal(kind, textKind)
    assert.deepEqual(readBody(body), content)
  })

  it('is neither empty nor over 100 KiB of UTF-8', () => {
    for (const empty of ['', ' ', '\n\t'])
      assert.match(refusal(() => encodeText(message, 0, empty), 'bad-message').message, /empty/)
    assert.match(
      refusal(() => encodeText(message, 0, 'é'.repeat(limits.text / 2 + 1)), 'bad-message').message,
      /in parts/,
    )
    assert.ok(encodeText(message, 0, 'é'.repeat(limits.text / 2)).length <= limits.body)
  })

  it('names no more people and files than it may', () => {
    const mentions = Array.from({ length: limits.mentions + 1 }, (_, index) => userId(new Uint8Array(16).fill(index)))
    refusal(() => checkContent({ text: 'x', mentions }), 'bad-message')
    const files = Array.from({ length: limits.filesOfMessage + 1 }, () => ({ hash: new Uint8Array(32), size: 1n }))
    refusal(() => readBody(bodyOf({ case: 'text', value: { text: 'x', files } })), 'bad-message')
    refusal(
      () => readBody(bodyOf({ case: 'text', value: { text: 'x', mentions: Array(limits.mentions + 1).fill(raw) } })),
      'bad-message',
    )
  })

  it('of a kind that is not known here is kept, not shown', () => {
    const later = Buffer.concat([toBinary(BodySchema, create(BodySchema, { message: raw })), Buffer.of(0xca, 1, 0)])
    assert.equal(readBody(later, 25), undefined)
  })

  it('must be what its header says', () => {
    const text = encodeText(message, 0, 'x')
    refusal(() => readBody(text, editKind), 'bad-message')
    refusal(() => readBody(text, 25), 'bad-message')
    refusal(() => readBody(bodyOf({ case: undefined }), textKind), 'bad-message')
  })

  it('by someone else is held to the same rules', () => {
    const body = (text: string, written = 0n) => bodyOf({ case: 'text', value: { text } }, written)
    refusal(() => readBody(body('')), 'bad-message')
    refusal(() => readBody(body('x'.repeat(limits.text + 1))), 'bad-message')
    refusal(() => readBody(body('x', 2n ** 64n - 1n)), 'bad-message')
    refusal(() => readBody(toBinary(BodySchema, create(BodySchema, { message: new Uint8Array(15) }))), 'bad-frame')
    refusal(
      () =>
        readBody(bodyOf({ case: 'text', value: { text: 'x', replyTo: { user: raw, message: new Uint8Array(3) } } })),
      'bad-frame',
    )
  })

  it('of any bytes is read or refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(40),
        (bytes, kind) => void orRefused(() => readBody(bytes, kind)),
      ),
    )
  })
})

describe('the body of an act', () => {
  const deeds: readonly [number, Deed][] = [
    [editKind, { is: 'edit', target: message, text: 'better', mentions: [user] }],
    [deletionKind, { is: 'deletion', target: name, entries: [{ device, seq: 7, hash: '0102030405060708' }] }],
    [reactionKind, { is: 'reaction', target: name, emoji: '👍🏽', isOff: true }],
  ]

  it('comes back as it was done', () => {
    for (const [kind, act] of deeds) {
      const said = { message, written: 9, act }
      const encoded = encodeSaid(said)
      assert.equal(encoded.kind, kind)
      assert.deepEqual(readBody(encoded.body, kind), said)
    }
  })

  it('is about a message of its author, or of the one that it names', () => {
    const other = userId(new Uint8Array(16).fill(8))
    const targets = deeds.map(([, act]) => targetOf({ message, written: 0, act }, other))
    assert.deepEqual(
      targets.map(target => target.user),
      [other, user, user],
    )
  })

  it('must name a message, and places that can be', () => {
    refusal(() => readBody(bodyOf({ case: 'deletion', value: {} }), deletionKind), 'bad-message')
    refusal(() => readBody(bodyOf({ case: 'edit', value: { text: 'x' } }), editKind), 'bad-frame')
    const target = { user: raw, message: raw }
    for (const entry of [
      { device: new Uint8Array(32), seq: 0n, hash: new Uint8Array(8) },
      { device: new Uint8Array(32), seq: 2n ** 44n, hash: new Uint8Array(8) },
      { device: new Uint8Array(32), seq: 1n, hash: new Uint8Array(7) },
    ]) {
      refusal(
        () => readBody(bodyOf({ case: 'deletion', value: { target, entries: [entry] } }), deletionKind),
        'bad-message',
      )
    }
    const entries = Array(limits.branches + 1).fill({ device: new Uint8Array(32), seq: 1n, hash: new Uint8Array(8) })
    refusal(() => readBody(bodyOf({ case: 'deletion', value: { target, entries } }), deletionKind), 'bad-message')
  })

  it('of any bytes is read or refused, whatever they are taken for', () => {
    const whole = deeds.map(([kind, act]) => ({ kind, body: encodeSaid({ message, written: 0, act }).body }))
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(200), fc.nat(255), fc.nat(50), ({ kind, body }, at, value, cut) => {
        const changed = Uint8Array.from(body.subarray(0, body.length - (cut > 40 ? cut - 40 : 0)))
        if (at < changed.length) changed[at] = value
        orRefused(() => readBody(changed, kind))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('an emoji', () => {
  const react = (emoji: string) =>
    encodeSaid({ message, written: 0, act: { is: 'reaction', target: name, emoji, isOff: false } })

  it('is one character as people count them', () => {
    for (const one of ['👍', '👩‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '❤️', '5️⃣', 'é', 'k']) react(one)
    for (const none of ['', ' ', '👍👍', 'ok', '\u202e', '\n', '\u200b', '\ud800'])
      refusal(() => react(none), 'bad-message')
  })

  it('of somebody else is short and obeys no line', () => {
    const read = (emoji: string) =>
      readBody(bodyOf({ case: 'reaction', value: { target: { user: raw, message: raw }, emoji } }), reactionKind)
    assert.ok(read('👍'))
    // A grapheme of a later Unicode may be several here.
    assert.ok(read('👍👍'))
    for (const none of ['', 'x'.repeat(limits.emoji + 1), 'a\nb', '\u2066x']) refusal(() => read(none), 'bad-message')
  })
})

function bodyOf(is: NonNullable<MessageInitShape<typeof BodySchema>['is']>, written = 0n): Uint8Array {
  return toBinary(BodySchema, create(BodySchema, { message: raw, written, is }))
}
