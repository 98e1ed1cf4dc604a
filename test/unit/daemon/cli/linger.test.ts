import assert from 'node:assert/strict'
import { lingerOf } from '../../../../daemon/src/cli/linger.ts'

describe('how long a hub stays after its last front end', () => {
  it('is 10 minutes, and 10 seconds on an editor’s own runtime', () => {
    assert.equal(lingerOf(undefined, false), 600_000)
    assert.equal(lingerOf(undefined, true), 10_000)
  })

  it('is what the configuration says, on any runtime', () => {
    for (const isElectron of [true, false]) {
      assert.equal(lingerOf('always', isElectron), undefined)
      assert.equal(lingerOf(30_000, isElectron), 30_000)
    }
  })
})
