import assert from 'node:assert/strict'
import fc from 'fast-check'
import { receivedText, splitText } from '../../../../daemon/src/protocol/classic-text.ts'
import { classicMessage } from '../../../support/classic-client.ts'

const size = (text: string) => Buffer.byteLength(text)

describe('classic texts', () => {
  it('that fit a packet stay whole', () => {
    assert.deepEqual(splitText('lunch?'), ['lunch?'])
    assert.deepEqual(splitText('x'.repeat(100)), ['x'.repeat(100)])
  })

  it('are cut at white space where there is some', () => {
    const text = `${'word '.repeat(30)}end`
    const parts = splitText(text)
    assert.equal(parts.join(' '), text)
    for (const part of parts) assert.match(part, /^(word ?)+(end)?$/)
  })

  it('are cut inside a word only when it is longer than half a packet', () => {
    assert.deepEqual(splitText('x'.repeat(150)).map(size), [100, 50])
    assert.deepEqual(splitText(`short ${'x'.repeat(120)}`).map(size), [100, 26])
  })

  it('are never cut inside a character, not even one of many code points', () => {
    const family = '👩‍👩‍👧‍👦'
    const parts = splitText(family.repeat(10))
    assert.equal(parts.join(''), family.repeat(10))
    for (const part of parts) assert.equal(part.length % family.length, 0)
    const tower = `a${'\u0301'.repeat(100)}`
    assert.equal(splitText(tower).join(''), tower)
  })

  it('come back whole but for white space, in parts that fit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), text => {
        const parts = splitText(text)
        for (const part of parts) assert.ok(size(part) <= 100 && size(part) > 0, part)
        assert.equal(parts.join('').replaceAll(/\s/g, ''), text.trim().replaceAll(/\s/g, ''))
      }),
    )
  })

  it('are received without controls and without what was cut at the end', () => {
    assert.equal(receivedText(classicMessage('bob', 'one\r\ntwo\rthree\tfour')), 'one\ntwo\nthree\tfour')
    assert.equal(receivedText(classicMessage('bob', '\x1b[31mred\x07 \x9bx')), '[31mred x')
    assert.equal(receivedText(classicMessage('bob', 'ä'.repeat(60))), 'ä'.repeat(50))
    for (const cut of [1, 2, 3]) {
      const bytes = Buffer.concat([Buffer.from('x'.repeat(100 - cut)), Buffer.from('😀').subarray(0, cut)])
      assert.equal(receivedText(classicMessage('bob', bytes)), 'x'.repeat(100 - cut))
    }
    assert.equal(receivedText(classicMessage('bob', Buffer.from([0x61, 0xff, 0x62]))), 'a\ufffdb')
    assert.equal(receivedText(classicMessage('bob', ' \t ')), '')
  })

  it('of any bytes are text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        const text = receivedText(classicMessage('bob', bytes))
        assert.ok(text.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(text))
      }),
    )
  })
})
