import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { Coalesced } from '../../../../extension/src/shared/coalesce.ts'
import { until } from '../../../support/wait.ts'

describe('what is done at most every so often', () => {
  it('is done at once, and once more for all that was asked for meanwhile', async () => {
    let done = 0
    const coalesced = new Coalesced(() => done++, 50)
    for (let asked = 0; asked < 10; asked++) coalesced.ask()
    assert.equal(done, 1)
    await until('the second time', () => done === 2)
    coalesced.ask()
    assert.equal(done, 2)
    await until('the third time', () => done === 3)
    coalesced.dispose()
  })

  it('is done no more once it is let go', async () => {
    let done = 0
    const coalesced = new Coalesced(() => done++, 1)
    coalesced.ask()
    coalesced.ask()
    coalesced.dispose()
    // Longer than the time after which it would have been done again: both are timers of one queue.
    await setTimeout(5)
    assert.equal(done, 1)
  })
})
