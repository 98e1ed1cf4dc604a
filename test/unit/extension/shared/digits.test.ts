import assert from 'node:assert/strict'
import { digitGroups, digitRows } from '../../../../extension/src/shared/digits.ts'

describe('the digits that people compare', () => {
  it('are shown in groups of five, three to a row, however they came', () => {
    assert.deepEqual(digitRows('12345 67890 11111 22222 33333 44444'), ['12345  67890  11111', '22222  33333  44444'])
    assert.deepEqual(digitRows('12345-67890'), ['12345  67890'])
    assert.equal(digitRows('1'.repeat(60)).length, 4)
    assert.deepEqual(digitGroups(''), [])
  })
})
