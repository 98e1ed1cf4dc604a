import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  classicConversationId,
  conversationId,
  directConversationId,
  fromText,
  registryId,
  toText,
  userId,
} from '../../../../daemon/src/protocol/ids.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

describe('ids', () => {
  it('are base32 of RFC 4648, lower-case, without padding', () => {
    const vectors = {
      '': '',
      f: 'my',
      fo: 'mzxq',
      foo: 'mzxw6',
      foob: 'mzxw6yq',
      fooba: 'mzxw6ytb',
      foobar: 'mzxw6ytboi',
    }
    for (const [bytes, text] of Object.entries(vectors)) assert.equal(toText(Buffer.from(bytes)), text)
  })

  it('come back from their text unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        assert.deepEqual(fromText(toText(bytes)), bytes)
      }),
    )
  })

  it('have one text each: whatever text is accepted is the one that the bytes give', () => {
    const character = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567A0189=- é')
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), text => {
        const bytes = orRefused(() => fromText(text))
        if (bytes !== undefined) assert.equal(toText(bytes), text)
      }),
    )
  })

  it('refuse other sizes, with a code that tells wire from typing', () => {
    refusal(() => userId(new Uint8Array(15)), 'bad-frame')
    refusal(() => userId(toText(new Uint8Array(17))), 'bad-address')
    refusal(() => registryId(''), 'bad-address')
    refusal(() => conversationId(new Uint8Array(16)), 'bad-frame')
  })

  it('of a direct conversation do not depend on who asks, and differ by registry and pair', () => {
    const registry = registryId(new Uint8Array(32).fill(1))
    const [a, b] = [userId(new Uint8Array(16).fill(0)), userId(new Uint8Array(16).fill(0xff))]
    assert.equal(directConversationId(registry, a, b), directConversationId(registry, b, a))
    assert.notEqual(directConversationId(registry, a, b), directConversationId(registry, a, a))
    const other = registryId(new Uint8Array(32).fill(2))
    assert.notEqual(directConversationId(registry, a, b), directConversationId(other, a, b))
  })

  it('of a classic conversation differ by address and by name', () => {
    const all = [
      classicConversationId('10.0.0.1', 'bob'),
      classicConversationId('10.0.0.1', 'ann'),
      classicConversationId('10.0.0.2', 'bob'),
    ]
    assert.equal(new Set(all).size, 3)
    assert.equal(classicConversationId('10.0.0.1', 'bob'), all[0])
  })
})
