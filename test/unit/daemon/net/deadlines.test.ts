import assert from 'node:assert/strict'
import { Deadlines } from '../../../../daemon/src/net/deadlines.ts'
import { within } from '../../../support/links.ts'

describe('deadlines', () => {
  it('expire in the order in which they were added, each once', async () => {
    const expired: number[] = []
    const all = Promise.withResolvers<void>()
    const deadlines = new Deadlines<number>(20, item => {
      expired.push(item)
      if (item === 3) all.resolve()
    })
    for (const item of [1, 2, 3]) deadlines.add(item)
    await within('three deadlines', keepingAlive(all.promise))
    assert.deepEqual(expired, [1, 2, 3])
    assert.equal(deadlines.size, 0)
  })

  it('do not expire before their time, also when the one before was deleted', async () => {
    const start = performance.now()
    const done = Promise.withResolvers<number>()
    const deadlines = new Deadlines<string>(60, () => done.resolve(performance.now() - start))
    deadlines.add('gone')
    await new Promise(resolve => setImmediate(resolve))
    deadlines.add('stays')
    deadlines.delete('gone')
    const took = await within('the deadline', keepingAlive(done.promise))
    assert.ok(took >= 60, `expired after ${took} ms`)
  })

  it('start anew when added again', async () => {
    const expired: string[] = []
    const done = Promise.withResolvers<void>()
    const deadlines = new Deadlines<string>(30, item => {
      expired.push(item)
      if (expired.length === 2) done.resolve()
    })
    deadlines.add('a')
    deadlines.add('b')
    deadlines.add('a')
    await within('both', keepingAlive(done.promise))
    assert.deepEqual(expired, ['b', 'a'])
  })
})

/** Deadlines keep no process alive; in a test nothing else does. */
async function keepingAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1_000)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}
