import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Backoff } from '../../../../daemon/src/hub/backoff.ts'
import { limits } from '../../../../daemon/src/limits.ts'

describe('hub: backoff', () => {
  const at = (random: number) => {
    const time = { now: 0 }
    return { time, backoff: new Backoff({ monotonic: () => time.now, random: () => random }) }
  }

  it('waits at most 4 s within the first minute, and at most 30 s afterwards', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), random => {
        const { time, backoff } = at(random)
        while (time.now < 180_000) {
          const wait = backoff.next()
          assert.ok(wait > 0 && wait <= (time.now < 60_000 ? 4_000 : 30_000), `${wait} ms at ${time.now}`)
          time.now += wait
        }
      }),
    )
  })

  it('begins soon, doubles, and varies', () => {
    const { backoff } = at(1)
    assert.deepEqual([backoff.next(), backoff.next(), backoff.next(), backoff.next()], [500, 1000, 2000, 4000])
    assert.equal(at(0).backoff.next(), 250)
  })

  it('begins anew once all was well', () => {
    const { time, backoff } = at(1)
    backoff.next()
    time.now = 100_000
    assert.equal(backoff.next(), limits.reconnect.slow)
    backoff.reset()
    assert.equal(backoff.next(), limits.reconnect.first)
  })

  it('never asks somebody who refused more often than the slowest', () => {
    assert.ok(at(0).backoff.afterRefusal() >= limits.reconnect.slow / 2)
  })
})
