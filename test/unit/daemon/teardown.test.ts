import assert from 'node:assert/strict'
import { Teardown } from '../../../daemon/src/teardown.ts'

describe('a teardown', () => {
  it('takes its steps in reverse, each after the one before has ended, and once', async () => {
    const seen: string[] = []
    const teardown = new Teardown()
    teardown.defer(() => seen.push('first'))
    teardown.defer(async () => {
      await new Promise(resolve => setImmediate(resolve))
      seen.push('second')
    })
    await teardown.run()
    await teardown.run()
    assert.deepEqual(seen, ['second', 'first'])
  })

  it('goes on after a step that failed, and says so at the end', async () => {
    const seen: string[] = []
    const teardown = new Teardown()
    teardown.defer(() => seen.push('first'))
    teardown.defer(() => Promise.reject(new Error('stuck')))
    await assert.rejects(teardown.run(), { message: 'stuck' })
    assert.deepEqual(seen, ['first'])
  })

  it('names every failure when there are several', async () => {
    const teardown = new Teardown()
    for (const name of ['one', 'two']) teardown.defer(() => Promise.reject(new Error(name)))
    await assert.rejects(
      teardown.run(),
      error => error instanceof AggregateError && error.errors.map(({ message }) => message).join() === 'two,one',
    )
  })
})
