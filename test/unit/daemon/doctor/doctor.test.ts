import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import { examine, failed, ok } from '../../../../daemon/src/doctor/doctor.ts'
import { spaceCheck, storageCheck, versionCheck } from '../../../../daemon/src/doctor/machine.ts'
import { ParleyError } from '../../../../daemon/src/errors.ts'

describe('the doctor', () => {
  it('looks at everything at once and keeps the order', async () => {
    const slow = Promise.withResolvers<void>()
    const told = (tell: () => void) => {
      tell()
      return failed('No.', 'Do this.')
    }
    const checks = [
      { about: 'slow', look: () => slow.promise.then(() => ok('In the end.')) },
      { about: 'quick', look: () => told(slow.resolve) },
      { about: 'none', look: () => undefined },
    ]
    assert.deepEqual(await examine(checks), [
      { about: 'slow', state: 'ok', words: 'In the end.' },
      { about: 'quick', state: 'failed', words: 'No.', advice: 'Do this.' },
    ])
  })

  it('takes a throw for a failure in its words, and waits for nobody for ever', async () => {
    const checks = [
      { about: 'thrown', look: () => Promise.reject(new ParleyError('unreachable', 'Nobody is there.')) },
      { about: 'at once', look: () => assert.fail('broken') },
      { about: 'never', look: () => new Promise<undefined>(() => {}) },
    ]
    const found = await examine(checks, { timeout: 20 })
    assert.deepEqual(
      found.map(({ state, words }) => [state, words]),
      [
        ['failed', 'Nobody is there.'],
        ['failed', 'Something unexpected went wrong: broken'],
        ['failed', 'No answer came within 0.02 s.'],
      ],
    )
  })

  it('stops looking when who asked has gone', async () => {
    const gone = new AbortController()
    const looking = examine([{ about: 'never', look: () => new Promise<undefined>(() => {}) }], { signal: gone.signal })
    gone.abort()
    assert.equal((await looking)[0]?.words, 'It was interrupted.')
  })

  it('finds storage that is slow, forgetful or not durable, and leaves nothing in it', async () => {
    const storage = openMemoryStorage()
    const look = async (given: typeof storage) => (await examine([storageCheck(given, Date.now)]))[0]
    assert.match((await look(storage))?.words ?? '', /does not survive a power cut/)
    assert.deepEqual((await storage.list('', { limit: 10 })).rows, [])
    const forgetful = Object.assign(Object.create(storage), { get: async () => [undefined] })
    assert.equal((await look(forgetful))?.state, 'failed')
    const broken = Object.assign(Object.create(storage), { write: () => Promise.reject(new Error('disk gone')) })
    assert.match((await look(broken))?.words ?? '', /disk gone/)
  })

  it('tells how much room is left', async () => {
    const left = async (bytes: number) => {
      const stat = (async () => ({ bavail: bytes / 4096, bsize: 4096 })) as unknown as Parameters<typeof spaceCheck>[1]
      return (await examine([spaceCheck('/', stat)]))[0]
    }
    assert.deepEqual(
      [(await left(5e9))?.state, (await left(5e8))?.state, (await left(1e6))?.state],
      ['ok', 'warning', 'failed'],
    )
    assert.equal((await left(5e9))?.words, '5.0 GB are free where the home is.')
  })

  it('names the Node that lacks post-quantum links', async () => {
    const state = async (node: string) => (await examine([versionCheck({ ...process.versions, node })]))[0]?.state
    assert.deepEqual([await state('24.1.0'), await state('22.19.0')], ['ok', 'warning'])
  })
})
