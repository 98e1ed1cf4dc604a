import assert from 'node:assert/strict'
import { percentOf } from '../../../../daemon/src/cli/percent.ts'

describe('a percentage', () => {
  it('is 100 only of all', () => {
    assert.deepEqual([percentOf(0, 3), percentOf(999, 1000), percentOf(3, 3), percentOf(0, 0)], [0, 99, 100, 100])
  })
})
