import assert from 'node:assert/strict'
import { findTerms, readQuery } from '@parley/kit'
import fc from 'fast-check'
import { excerptOf } from '../../../../../daemon/src/hub/archive/excerpt.ts'
import { limits } from '../../../../../daemon/src/limits.ts'

describe('the excerpt of what was found', () => {
  it('is a short text as it is, with every place that matches', () => {
    assert.deepEqual(excerptOf('Deploy it.\nThen deploy again', readQuery('deploy')), {
      excerpt: 'Deploy it. Then deploy again',
      marks: [
        [0, 6],
        [16, 22],
      ],
    })
  })

  it('is the part around the first place of a long one', () => {
    const text = `${'before '.repeat(100)}needle${' behind'.repeat(100)}`
    const found = excerptOf(text, readQuery('needle'))
    assert.ok(found)
    const [mark] = found.marks
    assert.equal(found.excerpt.slice(...(mark ?? [0, 0])), 'needle')
    assert.match(found.excerpt, /^….*…$/)
    assert.ok(found.excerpt.length <= limits.excerpt)
  })

  it('marks only what was typed of a longer word, and each place once', () => {
    assert.deepEqual(excerptOf('deployment', readQuery('depl'))?.marks, [[0, 4]])
    assert.deepEqual(excerptOf('a a', readQuery('a "a a"'))?.marks, [[0, 3]])
  })

  it('is nothing of a text that does not say all of it', () => {
    assert.equal(excerptOf('deploy', readQuery('deploy friday')), undefined)
  })

  it('parts no character, wherever it cuts', () => {
    const piece = fc.constantFrom('x', ' ', '👩‍👩‍👧', 'e\u0301', '🇩🇪', '東', 'needle ', '\n', '…')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 300 }), pieces => {
        const text = `${pieces.join('')} needle ${pieces.toReversed().join('')}`
        const terms = readQuery('needle')
        const found = excerptOf(text, terms)
        assert.ok(found && findTerms(text, terms))
        assert.ok(found.excerpt.length <= limits.excerpt, `${found.excerpt.length}`)
        const borders = bordersOf(found.excerpt)
        for (const [from, to] of found.marks) {
          assert.ok(from < to && borders.has(from) && borders.has(to))
          assert.equal(found.excerpt.slice(from, to).toLowerCase(), 'needle')
        }
        const inner = found.excerpt.replace(/^…|…$/g, '')
        assert.ok(text.replace(/\s/g, ' ').includes(inner))
        assert.ok(inner.isWellFormed())
      }),
    )
  })
})

function bordersOf(text: string): Set<number> {
  const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)
  return new Set([...Array.from(segments, ({ index }) => index), text.length])
}
