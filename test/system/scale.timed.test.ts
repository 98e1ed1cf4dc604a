import assert from 'node:assert/strict'
import { limits } from '../../daemon/src/limits.ts'
import { measureScale } from '../scale/scale.ts'

/** `npm run scale` does the same with a hundred times as many. */
describe('a registry with many people', () => {
  it('tells of them, finds them, and has all of them back after it was killed', async function () {
    this.timeout(120_000)
    const told: string[] = []
    const plan = { devices: 210, accounts: 1500, processes: 1, duration: 2500, cycles: 1, tell: told.push.bind(told) }
    const found = await measureScale(plan)
    const words = told.join('\n')
    assert.equal(found.cut, 0, words)
    assert.ok(found.slowest < limits.request, words)
    assert.ok(found.latency.longest < 5_000, words)
    assert.ok(found.search.p99 < 1_000, words)
    const [rest = 0, ...later] = found.memory
    assert.ok(
      later.every(bytes => bytes < 2 * rest),
      words,
    )
  })
})
