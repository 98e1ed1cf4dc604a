import assert from 'node:assert/strict'
import fc from 'fast-check'
import { harmless } from '../../../../daemon/src/hub/words.ts'

describe('hub: words of others', () => {
  it('cannot forge lines, drive a terminal or turn text round, and are not endless', () => {
    assert.equal(harmless('No.\r\n\u001b[2JFake: \u202eyes'), 'No. [2JFake:  yes')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), text => {
        const shown = harmless(text, 100)
        assert.ok(shown.length <= 100 && shown.isWellFormed())
        assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
      }),
    )
  })
})
