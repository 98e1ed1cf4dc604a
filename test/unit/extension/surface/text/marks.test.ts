import assert from 'node:assert/strict'
import fc from 'fast-check'
import { markCode, markProse } from '../../../../../extension/surface/text/marks.ts'

const said = (parts: ReturnType<typeof markCode>) => parts.map(({ text }) => text).join('')

describe('characters that cannot be seen', () => {
  it('are seen in code, wherever they stand', () => {
    assert.deepEqual(markCode('a\u202eb\u200bc'), [
      { is: 'text', text: 'a' },
      { is: 'mark', text: '[U+202E]' },
      { is: 'text', text: 'b' },
      { is: 'mark', text: '[U+200B]' },
      { is: 'text', text: 'c' },
    ])
  })

  it('that end a colour of a terminal are seen in prose as well', () => {
    assert.equal(said(markProse('\u001b[31mred\u001b[0m\u0007')), '[ESC][31mred[ESC][0m[BEL]')
  })

  it('are left in prose where languages need them, except those that force a direction', () => {
    assert.equal(said(markProse('\u200fשלום\u200f 👩\u200d💻')), '\u200fשלום\u200f 👩\u200d💻')
    assert.equal(said(markProse('\u202egnp.exe')), '[U+202E]gnp.exe')
  })

  it('say how many they are when they are a crowd, and stop being elements when marks are', () => {
    assert.equal(said(markCode('\u200b'.repeat(5000))), `${'[U+200B]'.repeat(8)}[… 5000]`)
    const many = markCode('a\u200b'.repeat(5000))
    assert.ok(many.length < 300)
    assert.equal(said(many), 'a[U+200B]'.repeat(5000))
  })

  it('never get through to the page, in any code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        assert.doesNotMatch(
          said(markCode(text)),
          /(?![\t\n])[\p{Cc}\p{Bidi_Control}]|[\u200b-\u200f\u2060-\u206f\ufeff]/u,
        )
      }),
    )
  })
})

describe('accents on one letter', () => {
  it('are cut where they would paint over other lines', () => {
    assert.equal(said(markProse(`e${'\u0301'.repeat(80)}!`)), `e${'\u0301'.repeat(6)}!`)
    assert.equal(said(markProse('Việt Nam, ñ, ཨོཾ')), 'Việt Nam, ñ, ཨོཾ')
  })
})
