import assert from 'node:assert/strict'
import type { Guards, Log } from '@parley/kit'
import { limits } from '../../../../daemon/src/limits.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { Guard } from '../../../../daemon/src/plugins/guarding.ts'

describe('guards of plugins', () => {
  const words = { conversation: 'c', text: 'hello' }
  const signal = new AbortController().signal
  const guard = (...all: Guards[]) =>
    new Guard(
      all.map((guards, index) => ({ as: `guard-${index + 1}`, guards, log: silentLog })),
      signal,
      { deadline: 20 },
    )

  it('let pass what all allow, and what none of them guards', async () => {
    const judged = guard({ send: () => ({ is: 'allow' }) }, { receive: () => ({ is: 'refuse', why: 'No.' }) })
    assert.equal(await judged.refuses('send', words), undefined)
    assert.equal(await judged.refuses('signUp', { name: 'a', address: '::1', mechanism: 'opaque' }), undefined)
    assert.equal(judged.has('signIn'), false)
  })

  it('refuse with the plugin’s name and sentence; what nobody may override comes first', async () => {
    const soft = { is: 'refuse', why: 'A key.', mayOverride: true } as const
    const hard = { is: 'refuse', why: 'Never.' } as const
    const refusal = await guard({ send: () => soft }, { send: async () => hard }).refuses('send', words)
    assert.deepEqual(refusal, { plugin: 'guard-2', why: 'Never.', mayOverride: false })
    const alone = await guard({ send: () => soft, receive: () => soft }).refuses('send', words)
    assert.deepEqual(alone, { plugin: 'guard-1', why: 'A key.', mayOverride: true })
  })

  it('that throw, hang or answer nonsense let nothing be sent, but hide nothing that came', async () => {
    const faults: NonNullable<Guards['send']>[] = [
      () => {
        throw new Error('broken')
      },
      () => new Promise(() => {}),
      () => ({ is: 'perhaps' }) as never,
    ]
    for (const send of faults) {
      const faulty = guard({ send, receive: send })
      assert.equal((await faulty.refuses('send', words))?.mayOverride, false)
      assert.equal(await faulty.refuses('receive', words), undefined)
    }
  })

  it('are asked at once, so that only the slowest is waited for, and told when nobody waits any more', async () => {
    const asked: string[] = []
    const both = Promise.withResolvers<{ is: 'allow' }>()
    let given: AbortSignal | undefined
    const one = (name: string): Guards => ({
      send: (_, end) => {
        given = end
        asked.push(name)
        if (asked.length === 2) both.resolve({ is: 'allow' })
        return both.promise
      },
    })
    assert.equal(await guard(one('a'), one('b')).refuses('send', words), undefined)
    assert.deepEqual(asked, ['a', 'b'])
    assert.equal(given?.aborted, true)
  })

  it('rest after several faults in a row, named in the log, and are asked again later', async () => {
    let now = 0
    let asked = 0
    const lines: string[] = []
    const log: Log = { ...silentLog, error: (_, text) => lines.push(text) }
    const send = () => {
      asked++
      throw new Error('broken')
    }
    const faulty = new Guard([{ as: 'faulty', guards: { send }, log }], signal, { now: () => now })
    for (let i = 0; i < limits.guardFaults + 2; i++) assert.ok(await faulty.refuses('send', words))
    assert.equal(asked, limits.guardFaults)
    assert.equal(lines.at(-1), 'The guard has failed again, and rests a while')
    now += limits.guardRest
    await faulty.refuses('send', words)
    assert.equal(asked, limits.guardFaults + 1)
  })
})
