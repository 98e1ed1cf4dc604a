import assert from 'node:assert/strict'
import { faults } from '../checker/faults.ts'
import { misfits } from '../checker/faults-copy.ts'
import { type Trial, tryFault } from '../checker/faults-run.ts'
import { runWorld } from '../checker/world.ts'

const steps = 30

/** A short run of what `npm run soak` does for long: most of it is waiting for a silent wire, so all run at once. */
describe('homes that are killed, put back, run twice and cut off', () => {
  const judged = new Map<number, Promise<{ seed: number; failure?: string }>>()
  const fault = faults.find(({ name }) => name === 'acknowledge-before-commit')
  let planted: Promise<Trial> | undefined

  it('lose and double nothing, in a few worlds', async () => {
    const outcomes = Promise.all([1, 2, 3].map(judge))
    planted = fault && tryFault(fault, { first: 1, last: 24, steps, jobs: 4 }, { judge })
    planted?.catch(() => undefined)
    for (const { seed, failure } of await outcomes) {
      assert.equal(failure, undefined, `npm run soak -- worlds --seeds ${seed} --steps ${steps}`)
    }
  })

  it('are caught when they acknowledge before they have committed', async () => {
    const { caught } = (await planted) ?? {}
    assert.match(caught?.said ?? 'nothing was said', fault?.says ?? /there is no such fault/)
  })

  it('can still be given every fault that is planted in the soak', async () => {
    assert.deepEqual((await Promise.all(faults.map(misfits))).flat(), [])
  })

  /** How an honest world goes, run once for each seed. */
  function judge(seed: number): Promise<{ seed: number; failure?: string }> {
    const outcome = judged.get(seed) ?? runHonest(seed)
    judged.set(seed, outcome)
    return outcome
  }
})

async function runHonest(seed: number): Promise<{ seed: number; failure?: string }> {
  try {
    await runWorld({ seed, steps })
    return { seed }
  } catch (error) {
    return { seed, failure: String(error) }
  }
}
