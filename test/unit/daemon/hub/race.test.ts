import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { race } from '../../../../daemon/src/hub/race.ts'
import { within } from '../../../support/links.ts'

describe('hub: race', () => {
  const signal = new AbortController().signal
  const never = (_: unknown, signal: AbortSignal) =>
    new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  it('tries the next at once when one fails, and gives the first success', async () => {
    const tried: string[] = []
    const attempt = async (name: string) => {
      tried.push(name)
      if (name !== 'c') throw new ParleyError('unreachable', `Nothing listens at ${name}.`)
      return name
    }
    const won = race(['a', 'b', 'c', 'd'], attempt, { signal, letGo: () => {}, stagger: 60_000 })
    assert.equal(await within('the race', won), 'c')
    assert.deepEqual(tried, ['a', 'b', 'c'])
  })

  it('does not wait for one that hangs, and aborts it', async () => {
    const aborted: string[] = []
    const attempt = (name: string, signal: AbortSignal) => {
      if (name === 'quick') return Promise.resolve(name)
      signal.addEventListener('abort', () => aborted.push(name))
      return never(name, signal)
    }
    assert.equal(await race(['slow', 'quick'], attempt, { signal, letGo: () => {}, stagger: 1 }), 'quick')
    assert.deepEqual(aborted, ['slow'])
  })

  it('lets go of a success that comes too late', async () => {
    const late = Promise.withResolvers<string>()
    const gone = Promise.withResolvers<string>()
    const attempt = (name: string) => (name === 'late' ? late.promise : Promise.resolve(name))
    await race(['late', 'quick'], attempt, { signal, letGo: gone.resolve, stagger: 1 })
    late.resolve('late')
    assert.equal(await within('the late one', gone.promise), 'late')
  })

  it('fails with what says most when all fail', async () => {
    const attempt = async (code: 'unreachable' | 'wrong-key') => {
      throw new ParleyError(code, `It was ${code}.`)
    }
    const options = { signal, letGo: () => {}, stagger: 1 }
    await assert.rejects(race(['unreachable', 'wrong-key', 'unreachable'], attempt, options), { code: 'wrong-key' })
    await assert.rejects(race([], attempt, options), { code: 'unreachable' })
  })

  it('ends when it is aborted', async () => {
    const stop = new AbortController()
    const racing = race(['a', 'b'], never, { signal: stop.signal, letGo: () => {}, stagger: 60_000 })
    stop.abort(new ParleyError('closed', 'The hub is stopping.'))
    await assert.rejects(within('the end', racing), { code: 'closed' })
  })
})
