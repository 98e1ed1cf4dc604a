import assert from 'node:assert/strict'
import { Throttle } from '../../../../daemon/src/registry/throttle.ts'

const rules = { free: 3, wait: 1000, longest: 8000, memory: 60_000, remembered: 4 }

describe('a throttle', () => {
  it('lets a few guesses pass, then doubles the wait up to the longest', () => {
    let now = 0
    const throttle = new Throttle(rules, () => now)
    const waits: number[] = []
    for (let guess = 0; guess < 9; guess++) {
      waits.push(throttle.wait('a'))
      now += throttle.wait('a')
      throttle.count('a')
    }
    assert.deepEqual(waits, [0, 0, 0, 1000, 2000, 4000, 8000, 8000, 8000])
  })

  it('slows nobody else, and counts nothing for asking', () => {
    const throttle = new Throttle(rules, () => 0)
    for (let guess = 0; guess < 9; guess++) throttle.count('a')
    for (let time = 0; time < 9; time++) assert.equal(throttle.wait('b'), 0)
    throttle.count('b')
    assert.equal(throttle.wait('b'), 0)
  })

  it('forgives a guess that was none', () => {
    const throttle = new Throttle(rules, () => 0)
    for (let guess = 0; guess < 20; guess++) {
      throttle.count('a')
      throttle.forgive('a')
    }
    assert.equal(throttle.wait('a'), 0)
    throttle.forgive('nobody')
  })

  it('forgets after a while', () => {
    let now = 0
    const throttle = new Throttle(rules, () => now)
    for (let guess = 0; guess < 9; guess++) throttle.count('a')
    now = 59_999
    throttle.count('a')
    assert.ok(throttle.wait('a') > 0)
    now += 60_000
    assert.equal(throttle.wait('a'), 0)
    throttle.count('a')
    assert.equal(throttle.wait('a'), 0)
  })

  it('waits no longer when the clock is set back', () => {
    let now = 100 * 24 * 3600_000
    const throttle = new Throttle(rules, () => now)
    for (let guess = 0; guess < 9; guess++) throttle.count('a')
    now = 0
    assert.equal(throttle.wait('a'), rules.longest)
    now += rules.longest
    assert.equal(throttle.wait('a'), 0)
  })

  it('remembers no more than its limit, the latest', () => {
    const throttle = new Throttle(rules, () => 0)
    for (const key of ['a', 'b', 'c', 'd', 'e']) for (let guess = 0; guess < 4; guess++) throttle.count(key)
    assert.equal(throttle.wait('a'), 0)
    for (const key of ['b', 'c', 'd', 'e']) assert.ok(throttle.wait(key) > 0)
  })
})
