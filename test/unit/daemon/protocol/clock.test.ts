import assert from 'node:assert/strict'
import fc from 'fast-check'
import { limits } from '../../../../daemon/src/limits.ts'
import { counterOf, HybridClock, msOf, timeOf } from '../../../../daemon/src/protocol/clock.ts'
import { refusal } from '../../../support/errors.ts'

function makeClock(wall = 1_000_000) {
  const state = { wall, monotonic: 0 }
  const clock = new HybridClock({ now: () => state.wall, monotonic: () => state.monotonic })
  return { clock, state }
}

describe('a hybrid clock', () => {
  it('gives ms in the upper 48 bits and counts below them', () => {
    const { clock } = makeClock()
    const [first, second] = [clock.next(), clock.next()]
    assert.deepEqual([msOf(first), counterOf(first)], [1_000_000, 0])
    assert.deepEqual([msOf(second), counterOf(second)], [1_000_000, 1])
    assert.equal(timeOf(1_000_000, 1), second)
  })

  it('follows elapsed time, not a wall clock that someone sets', () => {
    const { clock, state } = makeClock()
    state.wall += 365 * 24 * 3600_000
    state.monotonic += 5
    assert.equal(clock.physical(), 1_000_005)
    state.wall = 0
    assert.equal(msOf(clock.next()), 1_000_005)
  })

  it('takes over the time of the registry and goes on from there', () => {
    const { clock, state } = makeClock()
    clock.setTime(5_000_000)
    state.monotonic += 250
    assert.equal(clock.physical(), 5_000_250)
  })

  it('never goes back, whatever the registry says, and stays above the last of a log', () => {
    const act = fc.oneof(
      fc.record({ is: fc.constant('set' as const), ms: fc.nat(2_000_000) }),
      fc.record({ is: fc.constant('wait' as const), ms: fc.nat(1000) }),
      fc.record({ is: fc.constant('hear' as const), ms: fc.nat(3_000_000) }),
      fc.record({ is: fc.constant('next' as const), ms: fc.nat(3_000_000) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), acts => {
        const { clock, state } = makeClock()
        let last = 0n
        for (const { is, ms } of acts) {
          if (is === 'set') clock.setTime(ms)
          if (is === 'wait') state.monotonic += ms
          if (is === 'hear') clock.observe(timeOf(ms, 7))
          if (is !== 'next') continue
          const time = clock.next(timeOf(ms))
          assert.ok(time > last && time > timeOf(ms))
          last = time
        }
      }),
    )
  })

  it('is moved by others by 10 minutes at most', () => {
    const { clock } = makeClock()
    const near = timeOf(1_000_000 + limits.clockSkew, 3)
    assert.ok(clock.observe(near))
    assert.equal(clock.next(), near + 1n)
    assert.ok(!clock.observe(timeOf(1_000_001 + limits.clockSkew)))
    assert.equal(clock.next(), near + 2n)
    assert.ok(!clock.observe(2n ** 64n - 1n))
  })

  it('carries a full counter into the next ms', () => {
    const { clock } = makeClock()
    assert.equal(clock.next(timeOf(1_000_000, 0xffff)), timeOf(1_000_001))
  })

  it('refuses times that do not exist, and ends rather than wrapping round', () => {
    const { clock } = makeClock()
    for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 48]) refusal(() => clock.setTime(ms), 'clock')
    refusal(() => clock.next(2n ** 64n - 1n), 'clock')
  })
})
