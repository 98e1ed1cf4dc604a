import assert from 'node:assert/strict'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import { encodeText, readBody, textKind } from '../../../../daemon/src/protocol/bodies.ts'
import { messageId } from '../../../../daemon/src/protocol/ids.ts'
import { BodySchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

const message = messageId(new Uint8Array(16).fill(3))

describe('the body of a text', () => {
  it('comes back as it was written', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter(each => each.trim() !== '' && each.isWellFormed())
    fc.assert(
      fc.property(text, each => {
        assert.deepEqual(readBody(encodeText(message, 123, each)), {
          message,
          written: 123,
          is: { kind: 'text', text: each },
        })
      }),
    )
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

  it('of a kind that is not known here is kept, not shown', () => {
    const later = Buffer.concat([
      toBinary(BodySchema, create(BodySchema, { message: new Uint8Array(16) })),
      Buffer.of(0xca, 1, 0),
    ])
    assert.deepEqual(readBody(later, 25).is, { kind: 'unknown' })
  })

  it('must be what its header says', () => {
    const text = encodeText(message, 0, 'x')
    refusal(() => readBody(text, 17), 'bad-message')
    refusal(
      () => readBody(toBinary(BodySchema, create(BodySchema, { message: new Uint8Array(16) })), textKind),
      'bad-message',
    )
  })

  it('by someone else is held to the same rules', () => {
    const body = (text: string, written = 0n) =>
      toBinary(
        BodySchema,
        create(BodySchema, { message: new Uint8Array(16), written, is: { case: 'text', value: { text } } }),
      )
    refusal(() => readBody(body('')), 'bad-message')
    refusal(() => readBody(body('x'.repeat(limits.text + 1))), 'bad-message')
    refusal(() => readBody(body('x', 2n ** 64n - 1n)), 'bad-message')
    refusal(() => readBody(toBinary(BodySchema, create(BodySchema, { message: new Uint8Array(15) }))), 'bad-frame')
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
