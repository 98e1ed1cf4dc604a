import assert from 'node:assert/strict'
import { conversationOf } from '../support/surface/messages.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

const count = 50_000

describe('a chat of 50,000 messages', () => {
  const surfaces = useSurfaces()
  const history = conversationOf(count)

  it('opens in at most twice the time of an empty one', async function () {
    this.timeout(120_000)
    const times: Record<'empty' | 'full', number[]> = { empty: [], full: [] }
    // The first of each pays for what the browser keeps from then on; then in turns, so that both have the same weather.
    for (let round = 0; round < 12; round++) {
      for (const [name, messages] of [
        ['empty', []],
        ['full', history],
      ] as const) {
        const surface = await surfaces.loaded({ isTimed: true, script: host => (host.messages = [...messages]) })
        const ms = await until('content', () => surface.paintedAfter(name === 'empty' ? '.empty h2' : 'article'))
        if (round > 1) times[name].push(ms)
        await surface.page.context().close()
      }
    }
    const [empty, full] = [median(times.empty), median(times.full)]
    const ratio = full / empty
    console.log(`empty ${empty.toFixed(0)} ms, ${count} messages ${full.toFixed(0)} ms: ${ratio.toFixed(2)} times`)
    assert.ok(ratio <= 2, `${ratio} times`)
  })
})

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
