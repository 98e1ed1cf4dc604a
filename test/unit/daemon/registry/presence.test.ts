import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mock } from 'node:test'
import { deviceId, type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { Presence } from '../../../../daemon/src/registry/presence.ts'

const alice = userId(randomBytes(16))
const laptop = deviceId(randomBytes(32))
const desktop = deviceId(randomBytes(32))

describe('presence', () => {
  let now = 1000
  let changes: UserId[] = []
  const presence = () => new Presence({ changed: user => void changes.push(user), now: () => now, grace: 3000 })
  const pass = (ms: number) => {
    now += ms
    mock.timers.tick(ms)
  }

  beforeEach(() => {
    changes = []
    now = 1000
    mock.timers.enable({ apis: ['setTimeout'] })
  })
  afterEach(() => mock.timers.reset())

  it('begins with a link and ends a grace after the last one', () => {
    const people = presence()
    people.up(alice, laptop)
    assert.deepEqual(people.of(alice), { status: 'online', since: 1000 })
    people.dropped(alice, laptop)
    pass(2999)
    assert.equal(people.of(alice).status, 'online')
    pass(1)
    assert.deepEqual(people.of(alice), { status: 'offline', since: 4000 })
    assert.equal(changes.length, 2)
    assert.equal(people.count, 0)
  })

  it('goes on through a short drop, for good, and through another one', () => {
    const people = presence()
    people.up(alice, laptop)
    for (let time = 0; time < 3; time++) {
      people.dropped(alice, laptop)
      pass(2000)
      people.up(alice, laptop)
    }
    pass(10_000)
    assert.deepEqual(people.of(alice), { status: 'online', since: 1000 })
    assert.equal(changes.length, 1)
  })

  it('counts the grace from the last drop', () => {
    const people = presence()
    people.up(alice, laptop)
    people.dropped(alice, laptop)
    pass(2000)
    people.up(alice, laptop)
    people.dropped(alice, laptop)
    pass(2000)
    assert.equal(people.of(alice).status, 'online')
    pass(1000)
    assert.equal(people.of(alice).status, 'offline')
  })

  it('lasts while any device has a link', () => {
    const people = presence()
    people.up(alice, laptop)
    people.up(alice, desktop)
    people.left(alice, laptop)
    pass(10_000)
    assert.equal(people.of(alice).status, 'online')
    people.left(alice, desktop)
    assert.equal(people.of(alice).status, 'offline')
  })

  it('ends at once with a sign-out, and once', () => {
    const people = presence()
    people.up(alice, laptop)
    people.left(alice, laptop)
    people.dropped(alice, laptop)
    people.left(alice, laptop)
    pass(10_000)
    assert.equal(people.of(alice).status, 'offline')
    assert.equal(changes.length, 2)
  })

  it('of somebody who was never here is not known', () => {
    assert.deepEqual(presence().of(alice), { status: 'offline', since: 0 })
  })
})
