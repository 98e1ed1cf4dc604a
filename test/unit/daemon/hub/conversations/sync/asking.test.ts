import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Asking } from '../../../../../../daemon/src/hub/conversations/sync/asking.ts'
import { limits } from '../../../../../../daemon/src/limits.ts'
import { person } from '../../../../../support/conversations.ts'

describe('asking for logs again', () => {
  it('ends after a few times in vain, for each log by itself', () => {
    const [one, other] = [person('ann').account.device, person('bob').account.device]
    const asking = new Asking()
    const timesOf = () => {
      let times = 0
      while (asking.again([one]).length > 0) assert.ok(++times < 10)
      return times
    }
    assert.equal(timesOf(), limits.asksInVain)
    assert.deepEqual(asking.again([one, other]), [other])
    asking.progressed([one])
    assert.equal(timesOf(), limits.asksInVain)
    assert.equal(asking.size, 2)
  })
})
