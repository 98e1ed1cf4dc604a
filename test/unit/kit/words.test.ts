import assert from 'node:assert/strict'
import { findTerms, readQuery, wordsOf } from '@parley/kit'
import fc from 'fast-check'

const words = (text: string) => wordsOf(text).map(({ word }) => word)

describe('the words of a text', () => {
  it('are without case, accents, width and marks, and split where no letter is', () => {
    assert.deepEqual(words('Grüße, STRASSE straße foo_bar() ﬁne ＡＢＣ'), [
      ...['grusse', 'strasse', 'strasse', 'foo', 'bar', 'fine', 'abc'],
    ])
    assert.deepEqual(words('Σίσυφος ΣΊΣΥΦΟΣ'), ['σισυφος', 'σισυφος'])
    assert.deepEqual(words('e\u0301tude étude'), ['etude', 'etude'])
  })

  it('are pairs of characters where there are no spaces, and pictographs by themselves', () => {
    assert.deepEqual(words('東京都 vs'), ['東京', '京都', '都', 'vs'])
    assert.deepEqual(words('ok👍🏽 ❤️'), ['ok', '👍', '❤'])
  })

  it('stand where they are said to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        let last = 0
        for (const { word, from, to } of wordsOf(text)) {
          assert.ok(word !== '' && last <= from && from < to && to <= text.length)
          last = from
        }
      }),
    )
  })

  it('are found by the whole text as a phrase, and each by itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        for (const { from, to } of wordsOf(text)) {
          const terms = readQuery(text.slice(from, to).replace(/["“”„]/g, ''))
          assert.ok(findTerms(text, terms), JSON.stringify([text.slice(from, to), terms]))
        }
      }),
    )
  })
})

describe('a query', () => {
  it('has its words as terms, phrases in quotation marks, and the last word as a beginning', () => {
    assert.deepEqual(readQuery('Deploy “to Production” fri'), [
      { words: ['deploy'], isPrefix: false },
      { words: ['to', 'production'], isPrefix: false },
      { words: ['fri'], isPrefix: true },
    ])
    assert.deepEqual(readQuery('rel* notes'), [
      { words: ['rel'], isPrefix: true },
      { words: ['notes'], isPrefix: true },
    ])
    assert.deepEqual(readQuery('foo_bar 東京都'), [
      { words: ['foo', 'bar'], isPrefix: false },
      { words: ['東京', '京都'], isPrefix: false },
    ])
    for (const nothing of ['', '  ', '"', '""', '()', '*']) assert.deepEqual(readQuery(nothing), [], nothing)
  })
})
