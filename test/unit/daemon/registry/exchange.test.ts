import assert from 'node:assert/strict'
import type { Exchange, Verdict } from '@parley/kit'
import { silentLog } from '../../../../daemon/src/log.ts'
import { RunningExchange } from '../../../../daemon/src/registry/exchange.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const bytes = (...values: number[]) => Uint8Array.from(values)

describe('a running exchange', () => {
  it('is a conversation: challenges out, answers in, a verdict at the end', async () => {
    const { exchange } = start(async ({ challenge, first }) => {
      const one = await challenge(first)
      const two = await challenge(bytes(...one, 2))
      return { is: 'allow', credential: two }
    })
    assert.deepEqual(await exchange.first(), { is: 'challenge', data: bytes(0) })
    assert.deepEqual(await exchange.answer(bytes(1)), { is: 'challenge', data: bytes(1, 2) })
    const credential = bytes(3)
    assert.deepEqual(await exchange.answer(credential), { is: 'ended', verdict: { is: 'allow', credential } })
  })

  it('denies when the mechanism throws, and logs it', async () => {
    const { exchange, warnings } = start(async () => {
      throw new Error('fault')
    })
    assert.deepEqual(await exchange.first(), denied)
    assert.equal(warnings(), 1)
  })

  it('gives up on a mechanism that says nothing, and tells it', async () => {
    let signal: AbortSignal | undefined
    const { exchange } = start(
      exchange => {
        signal = exchange.signal
        return new Promise(() => {})
      },
      { turn: 10 },
    )
    await assert.rejects(exchange.first(), code('timeout'))
    assert.equal(signal?.aborted, true)
  })

  it('ends after its deadline while the client says nothing; a late answer is no allow', async () => {
    const ended = Promise.withResolvers<unknown>()
    const { exchange, warnings } = start(
      async ({ challenge }) => {
        await challenge(bytes(1)).catch(ended.resolve)
        return { is: 'allow' }
      },
      { whole: 10 },
    )
    await exchange.first()
    await ended.promise
    await assert.rejects(exchange.answer(bytes(1)), code('timeout'))
    assert.equal(warnings(), 0)
  })

  it('ends with the link, whatever the mechanism still says', async () => {
    const link = new AbortController()
    const { exchange } = start(
      async ({ signal }) => {
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        return { is: 'allow' }
      },
      { signal: link.signal },
    )
    const turn = exchange.first()
    link.abort()
    assert.deepEqual(await turn, denied)
  })

  it('allows nothing over a link that is gone already', async () => {
    const { exchange } = start(async () => ({ is: 'allow' }), { signal: AbortSignal.abort() })
    assert.deepEqual(await exchange.first(), denied)
  })

  it('lets a mechanism ask one thing at a time', async () => {
    const { exchange } = start(async ({ challenge }) => {
      challenge(bytes(1)).catch(() => {})
      await challenge(bytes(2))
      return { is: 'allow' }
    })
    // The first challenge is the turn; the second one failed, and with it the exchange.
    assert.deepEqual(await exchange.first(), { is: 'challenge', data: bytes(1) })
    await assert.rejects(exchange.answer(bytes(1)))
  })
})

const denied = { is: 'ended', verdict: { is: 'deny' } }

function start(
  run: (exchange: Exchange) => Promise<Verdict>,
  options: { turn?: number; whole?: number; signal?: AbortSignal } = {},
) {
  let warned = 0
  const exchange = new RunningExchange({
    run,
    about: { name: 'alice', purpose: 'sign-in', binding: bytes(), first: bytes(0), address: '127.0.0.1' },
    signal: new AbortController().signal,
    log: { ...silentLog, warn: () => void warned++ },
    ...options,
  })
  return { exchange, warnings: () => warned }
}
