import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Haystack } from '../../../../daemon/src/registry/haystack.ts'

describe('a haystack', () => {
  it('finds what a plain filter finds, each once, in order', () => {
    const text = fc.stringMatching(/^[ab]{0,4}$/)
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), text, (texts, part) => {
        const haystack = new Haystack<number>()
        for (const [index, one] of texts.entries()) haystack.add(index, one)
        const expected = texts.flatMap((one, index) => (one.includes(part) ? [index] : []))
        assert.deepEqual([...haystack.having(part)], expected)
      }),
    )
  })

  it('finds in every block, and never across two items', () => {
    const haystack = new Haystack<number>()
    for (let index = 0; index < 10_000; index++) haystack.add(index, `item ${index}`)
    assert.equal([...haystack.having('item')].length, 10_000)
    assert.deepEqual([...haystack.having('9999')], [9999])
    assert.deepEqual([...haystack.having('\n')], [])
    assert.deepEqual([...haystack.having('1item')], [])
  })
})
