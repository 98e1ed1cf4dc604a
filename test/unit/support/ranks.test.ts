import assert from 'node:assert/strict'
import { median, rankScore } from '../../support/ranks.ts'

describe('the score of ranks', () => {
  const numbers = (count: number, of: (at: number) => number) => Array.from({ length: count }, (_, at) => of(at))

  it('is nothing for two samples that are alike, ties and outliers or not', () => {
    const even = numbers(200, at => 2 * at)
    const odd = numbers(200, at => 2 * at + 1)
    assert.ok(Math.abs(rankScore(even, odd)) < 0.1)
    assert.equal(rankScore(even, even), 0)
    assert.ok(Math.abs(rankScore([...even, 1e9], [...odd, 1e9])) < 0.1)
  })

  it('is what the tables say', () => {
    // Mann and Whitney 1947 by hand: U = 3 of 25, so (3 − 12.5) / √(25 · 11 / 12).
    assert.ok(Math.abs(rankScore([1, 2, 3, 5, 7], [4, 6, 8, 9, 10]) - (3 - 12.5) / Math.sqrt((25 * 11) / 12)) < 1e-9)
  })

  it('tells a shift of a part of the spread', () => {
    const base = numbers(400, at => at % 100)
    const later = base.map(value => value + 20)
    assert.ok(rankScore(base, later) < -6)
    assert.ok(rankScore(later, base) > 6)
    assert.equal(median(later) - median(base), 20)
  })
})
