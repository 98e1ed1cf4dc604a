import assert from 'node:assert/strict'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { deviceId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { Guesses } from '../../../../daemon/src/registry/throttle.ts'

const hour = 3600_000
const hours = 3
const many = 100
const device = deviceId(new Uint8Array(32).fill(1))
const user = userId(new Uint8Array(16).fill(1))

/** The ms that somebody must wait; 0: it was counted. */
function waited(count: () => unknown): number {
  try {
    count()
    return 0
  } catch (error) {
    assert.ok(error instanceof ParleyError && error.code === 'throttled' && error.retryAfter)
    return error.retryAfter
  }
}

const addresses = (count: number) => Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}`)
const names = (count: number) => Array.from({ length: count }, (_, n) => `name${n}`)

/** Somebody who guesses whenever and wherever it is allowed. Gives the guesses of each hour. */
function attack(
  guesses: Guesses,
  clock: { now: number },
  from: readonly string[],
  accounts: readonly string[],
): number[] {
  const begun = clock.now
  const counts = new Array<number>(hours).fill(0)
  while (clock.now < begun + hours * hour) {
    let soonest = Number.POSITIVE_INFINITY
    for (const source of from) {
      for (const name of accounts) {
        const wait = waited(() => guesses.count(name, source))
        const at = Math.floor((clock.now - begun) / hour)
        if (wait === 0) counts[at] = (counts[at] ?? 0) + 1
        soonest = Math.min(soonest, wait || 1)
      }
    }
    clock.now += soonest
  }
  return counts
}

describe('guesses that a registry allows', () => {
  for (const { what, from, at, first, later } of [
    { what: 'from one address at one account', from: 1, at: 1, first: 75, later: 60 },
    { what: `from one address at ${many} accounts`, from: 1, at: many, first: 120, later: 60 },
    { what: `from ${many} addresses at one account`, from: many, at: 1, first: 75, later: 60 },
    { what: 'from 10 addresses at 10 accounts', from: 10, at: 10, first: 10 * 75, later: 10 * 60 },
  ]) {
    it(`${what}: at most ${first} in the first hour and ${later} in each after`, function () {
      this.timeout(20_000)
      const clock = { now: 1_790_000_000_000 }
      const counts = attack(new Guesses(() => clock.now), clock, addresses(from), names(at))
      const [begin = 0, ...rest] = counts
      console.log(`      ${begin} in the first hour, then ${Math.max(...rest)} an hour`)
      assert.ok(begin <= first, `${begin} in the first hour`)
      assert.ok(Math.max(...rest) <= later, `${rest.join(', ')} an hour`)
      assert.ok(Math.min(...rest) > 0, 'it is no lock-out')
    })
  }

  it('do not grow for somebody who waits until the ones before are forgotten', () => {
    const clock = { now: 1_790_000_000_000 }
    const guesses = new Guesses(() => clock.now)
    let count = 0
    for (const end = clock.now + hours * hour; clock.now < end; clock.now += limits.guessMemory) {
      while (waited(() => guesses.count('name', '10.0.0.1')) === 0) count++
    }
    console.log(`      ${count / hours} an hour`)
    assert.ok(count / hours <= 60)
  })

  it('are shared by a whole IPv6 network of one customer, in the key that is given', async () => {
    const { sourceOf } = await import('../../../../daemon/src/net/source.ts')
    const clock = { now: 0 }
    const guesses = new Guesses(() => clock.now)
    const sources = Array.from({ length: limits.guessesPerAddress }, (_, n) =>
      sourceOf(`2001:db8:1:2::${n.toString(16)}`),
    )
    for (const [n, source] of sources.entries())
      assert.equal(
        waited(() => guesses.count(`name${n}`, source)),
        0,
      )
    assert.ok(waited(() => guesses.count('another', sourceOf('2001:db8:1:2:ffff::1'))) > 0)
    assert.equal(
      waited(() => guesses.count('another', sourceOf('2001:db8:1:3::1'))),
      0,
    )
  })
})

describe('an owner under attack', () => {
  /** An account at which somebody has guessed from everywhere for an hour. */
  function besieged() {
    const clock = { now: 1_790_000_000_000 }
    const guesses = new Guesses(() => clock.now)
    guesses.right('name0', '192.0.2.7')
    attack(guesses, clock, addresses(5), ['name0'])
    while (waited(() => guesses.count('name0', '10.9.9.9')) === 0);
    return { guesses, clock }
  }

  it('waits for nobody on a known device', () => {
    const { guesses } = besieged()
    for (let guess = 0; guess < limits.guessesPerDevice; guess++)
      assert.equal(
        waited(() => guesses.countOwn(device)),
        0,
      )
    assert.ok(waited(() => guesses.countOwn(device)) > 0, 'only for own guesses, as whoever holds a stolen one')
  })

  it('waits for nobody with a new device where they have signed in before', () => {
    const { guesses } = besieged()
    for (let guess = 0; guess < limits.guessesPerAccount; guess++) {
      assert.equal(
        waited(() => guesses.count('name0', '192.0.2.7')),
        0,
      )
    }
    assert.ok(waited(() => guesses.count('name0', '192.0.2.7')) > 0, 'for own guesses')
  })

  it('comes in from a new place between two guesses, after a minute at most', () => {
    const { guesses, clock } = besieged()
    const wait = waited(() => guesses.count('name0', '198.51.100.1'))
    assert.ok(wait <= limits.guessWaitLongest)
    clock.now += wait
    assert.equal(
      waited(() => guesses.count('name0', '198.51.100.1')),
      0,
    )
  })

  it('is known in as many places as people have, the latest', () => {
    const guesses = new Guesses(() => 0)
    const places = addresses(limits.guessHomes + 1)
    for (const place of places) guesses.right('name0', place)
    for (let guess = 0; guess < limits.guessesPerAccount; guess++) guesses.count('name0', '10.9.9.9')
    const [oldest = '', ...others] = places
    assert.ok(waited(() => guesses.count('name0', oldest)) > 0)
    for (const place of others)
      assert.equal(
        waited(() => guesses.count('name0', place)),
        0,
      )
  })

  it('changes the password as slowly as it was guessed wrong there, and nothing else', () => {
    const { guesses } = besieged()
    for (let guess = 0; guess < limits.guessesPerAccount; guess++)
      assert.equal(
        waited(() => guesses.countChange(user)),
        0,
      )
    assert.ok(waited(() => guesses.countChange(user)) > 0)
    assert.equal(
      waited(() => guesses.countOwn(device)),
      0,
    )
  })
})
