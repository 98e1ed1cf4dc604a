import assert from 'node:assert/strict'
import fc from 'fast-check'
import { harmless, harmlessJson, harmlessLine } from '../../../../daemon/src/cli/harmless.ts'
import { columns, width } from '../../../../daemon/src/cli/layout.ts'
import { readDuration, showTime } from '../../../../daemon/src/cli/moments.ts'
import { refusal } from '../../../support/errors.ts'

describe('printing what other people wrote', () => {
  it('keeps words of any script, emoji, line breaks and tabs', () => {
    const text = 'Grüße, 你好, שלום, 👩‍👩‍👧‍👦\n\ttab'
    assert.equal(harmless(text), text)
  })

  it('shows controls, escapes and bidi controls instead of obeying them', () => {
    assert.equal(
      harmless('\u001b[31m\r\u0000\u007f\u009b\u202e\u2066\u200f\u2028\u{e0041}'),
      '␛[31m␍␀␡⟨009b⟩⟨202e⟩⟨2066⟩⟨200f⟩⟨2028⟩⟨e0041⟩',
    )
  })

  it('never lets a control through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        assert.doesNotMatch(harmless(text), /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u)
        assert.ok(harmless(text).isWellFormed())
        assert.doesNotMatch(harmlessLine(text), /[\n\t]/)
      }),
    )
  })

  it('writes JSON that says the same and that a terminal does not obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const json = harmlessJson({ text: `${text}\u009b31m\u202e\u{e0041}` })
        assert.doesNotMatch(json, /[\p{Cc}\p{Bidi_Control}\u{e0041}]/u)
        assert.deepEqual(JSON.parse(json), { text: `${text}\u009b31m\u202e\u{e0041}` })
      }),
    )
  })
})

describe('columns', () => {
  it('align wide characters, emoji and colours as they look', () => {
    const red = '\u001b[31mab\u001b[39m'
    assert.deepEqual(
      columns([
        ['你好', 'x'],
        [red, 'y'],
        ['🎉', 'z'],
      ]),
      ['你好  x', `${red}    y`, '🎉    z'],
    )
    assert.equal(width('e\u0301'), 1)
  })
})

describe('times', () => {
  it('are read with a unit', () => {
    assert.equal(readDuration('90s', '--x'), 90_000)
    assert.equal(readDuration('7d', '--x'), 7 * 86_400_000)
    for (const text of ['', '5', '0s', '1w', '-1s', '9999999s']) refusal(() => readDuration(text, '--x'), 'usage')
  })

  it('show the day only when it is another one', () => {
    const now = new Date(2026, 4, 5, 14, 3).getTime()
    assert.equal(showTime(now, now), '14:03')
    assert.equal(showTime(now - 86_400_000, now), '2026-05-04 14:03')
  })
})
