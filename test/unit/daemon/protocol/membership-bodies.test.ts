import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { deviceId, fromText, messageId, registryId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey } from '../../../../daemon/src/protocol/keys.ts'
import { type ActBody, encodeAct, kindOf, readAct } from '../../../../daemon/src/protocol/membership-bodies.ts'
import { BodySchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { place } from '../../../support/acts.ts'

const act = messageId(new Uint8Array(16).fill(1))
const user = userId(new Uint8Array(16).fill(2))
const { spki } = generateKeyPair()
const device = deviceId(idOfKey(spki))
const cut = [place('phone', 4), place('desk', 9)]
const bodies: ActBody[] = [
  {
    is: 'founding',
    registry: registryId(new Uint8Array(32).fill(7)),
    user,
    name: 'Tea & biscuits',
    topic: '',
    history: 'from-invitation',
    nonce: new Uint8Array(16),
  },
  { is: 'invitation', user, from: cut },
  { is: 'joining' },
  { is: 'leaving', cut },
  { is: 'removal', user, cut },
  { is: 'role', user, role: 'admin' },
  { is: 'change', topic: '' },
  { is: 'change', name: 'Coffee', topic: 'Black', history: 'all' },
  { is: 'revocation', device, key: spki, cut: [{ device, seq: 1, hash: new Uint8Array(32) }] },
]

describe('the body of a membership entry', () => {
  for (const [index, body] of bodies.entries()) {
    it(`says the same after it was written and read: ${body.is} ${index}`, () => {
      const read = readAct(encodeAct(body, act, 1), kindOf(body) ?? 0)
      assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(body)))
    })
  }

  it('of a kind that is not known has no effect', () => {
    const bytes = toBinary(BodySchema, create(BodySchema, { message: fromText(act) }))
    assert.deepEqual(readAct(bytes, 47), { is: 'unknown' })
  })

  it('is refused where it says something else than its kind', () => {
    const bytes = encodeAct({ is: 'joining' }, act, 1)
    assert.throws(() => readAct(bytes, 36), { code: 'bad-message' })
  })

  const bad: [string, ActBody][] = [
    ['an empty name', { is: 'change', name: '' }],
    ['a name of 81 characters', { is: 'change', name: 'n'.repeat(81) }],
    ['a name that turns the direction of text', { is: 'change', name: 'abc\u202edef' }],
    ['a name that is not NFC', { is: 'change', name: 'e\u0301' }],
    ['a topic with a line break', { is: 'change', topic: 'a\nb' }],
    ['a topic of 501 characters', { is: 'change', topic: 't'.repeat(501) }],
    ['a cut at number 0', { is: 'leaving', cut: [{ ...place('phone', 1), seq: 0 }] }],
    ['a cut with a short hash', { is: 'leaving', cut: [{ ...place('phone', 1), hash: new Uint8Array(8) }] }],
    ['too many places', { is: 'leaving', cut: Array.from({ length: 1025 }, (_, index) => place('phone', index + 1)) }],
    ['the log of another device than it revokes', { is: 'revocation', device, key: spki, cut: [place('phone', 1)] }],
  ]
  for (const [what, body] of bad) {
    it(`is refused with ${what}`, () => assert.throws(() => encodeAct(body, act, 1), ParleyError))
  }

  it('throws nothing but what is expected for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 32, max: 47 }), (bytes, kind) => {
        const prefix = toBinary(BodySchema, create(BodySchema, { message: new Uint8Array(randomBytes(16)) }))
        for (const each of [bytes, Buffer.concat([prefix, bytes])]) {
          try {
            readAct(each, kind)
          } catch (error) {
            assert.ok(error instanceof ParleyError)
          }
        }
      }),
    )
  })
})
