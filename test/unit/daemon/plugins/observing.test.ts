import assert from 'node:assert/strict'
import type { Log, Observers } from '@parley/kit'
import { limits } from '../../../../daemon/src/limits.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { Telling } from '../../../../daemon/src/plugins/observing.ts'

describe('observers of plugins', () => {
  const event = (message: string) => ({ conversation: 'c', message, from: 'ann', text: 'hi', written: 1 })
  const stopping = () => new AbortController()

  it('are told in order, after whoever tells has gone on', async () => {
    const seen: string[] = []
    const telling = tell([{ sent: ({ message }) => void seen.push(message) }])
    telling.tell('sent', event('1'))
    telling.tell('received', event('not asked for'))
    telling.tell('sent', event('2'))
    assert.deepEqual(seen, [])
    await telling.settled()
    assert.deepEqual(seen, ['1', '2'])
    assert.equal(telling.has('received'), false)
  })

  it('that throw or hang are named in the log, and delay nobody else', async () => {
    const seen: string[] = []
    const lines: string[] = []
    const log: Log = { ...silentLog, error: (_, text) => lines.push(text) }
    const throws = () => {
      throw new Error('broken')
    }
    const telling = tell(
      [{ sent: throws }, { sent: () => new Promise(() => {}) }, { sent: ({ message }) => void seen.push(message) }],
      { log, deadline: 20 },
    )
    telling.tell('sent', event('1'))
    await telling.settled()
    assert.deepEqual(seen, ['1'])
    assert.deepEqual(lines, ['The observer has failed', 'The observer has failed'])
  })

  it('that are too slow lose what is beyond the queue, and the log counts it', async () => {
    const told: object[] = []
    const log: Log = { ...silentLog, warn: about => told.push(about) }
    let seen = 0
    const telling = tell([{ sent: () => void seen++ }], { log })
    for (let i = 0; i < limits.observerQueue + 7; i++) telling.tell('sent', event(String(i)))
    await telling.settled()
    assert.equal(seen, limits.observerQueue)
    assert.deepEqual(told, [{ waiting: limits.observerQueue }, { dropped: 7 }])
  })

  it('are left alone once the daemon stops', async () => {
    const stop = stopping()
    const telling = tell([{ sent: () => new Promise(() => {}) }], { signal: stop.signal })
    telling.tell('sent', event('1'))
    stop.abort()
    await telling.settled()
  })

  function tell(
    all: readonly Observers[],
    options: { log?: Log; deadline?: number; signal?: AbortSignal } = {},
  ): Telling {
    const { log = silentLog, deadline, signal = stopping().signal } = options
    return new Telling(
      all.map(observers => ({ observers, log })),
      signal,
      deadline,
    )
  }
})
