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
  const presence = () => {
    const left = new Map<UserId, number>()
    const seen = { of: (user: UserId) => left.get(user) ?? 0, came() {}, left: left.set.bind(left) }
    return new Presence({ changed: user => void changes.push(user), seen, now: () => now, grace: 3000, pace: 1000 })
  }
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
    people.up(alice, laptop, 'online')
    assert.deepEqual(people.of(alice), { status: 'online', since: 1000 })
    pass(500)
    people.dropped(alice, laptop)
    pass(2999)
    assert.equal(people.of(alice).status, 'online')
    pass(1)
    assert.deepEqual(people.of(alice), { status: 'offline', since: 1500 }, 'since the drop')
    assert.equal(changes.length, 2)
    assert.equal(people.count, 0)
  })

  it('goes on through a short drop, for good, and through another one', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    for (let time = 0; time < 3; time++) {
      people.dropped(alice, laptop)
      pass(2000)
      people.up(alice, laptop, 'online')
    }
    pass(10_000)
    assert.deepEqual(people.of(alice), { status: 'online', since: 1000 })
    assert.equal(changes.length, 1)
  })

  it('counts the grace from the last drop', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    people.dropped(alice, laptop)
    pass(2000)
    people.up(alice, laptop, 'online')
    people.dropped(alice, laptop)
    pass(2000)
    assert.equal(people.of(alice).status, 'online')
    pass(1000)
    assert.equal(people.of(alice).status, 'offline')
  })

  it('tells of another device of somebody who is here, at most once in a while', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    people.up(alice, desktop, 'online')
    assert.equal(changes.length, 2)
    for (let time = 0; time < 5; time++) {
      people.dropped(alice, desktop)
      people.up(alice, desktop, 'online')
    }
    assert.equal(changes.length, 2)
    pass(1000)
    assert.equal(changes.length, 3)
    pass(10_000)
    assert.deepEqual(people.of(alice), { status: 'online', since: 1000 })
    assert.equal(changes.length, 3)
  })

  it('lasts while any device has a link', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    people.up(alice, desktop, 'online')
    people.left(alice, laptop)
    pass(10_000)
    assert.equal(people.of(alice).status, 'online')
    people.left(alice, desktop)
    assert.equal(people.of(alice).status, 'offline')
  })

  it('ends at once with a sign-out, and once', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    people.left(alice, laptop)
    people.dropped(alice, laptop)
    people.left(alice, laptop)
    pass(10_000)
    assert.equal(people.of(alice).status, 'offline')
    assert.equal(changes.length, 2)
  })

  it('shows of several devices that somebody is there, else what they have set, else that nobody is', () => {
    const people = presence()
    people.up(alice, laptop, 'invisible')
    people.up(alice, desktop, 'away')
    assert.deepEqual(people.of(alice), { status: 'away', since: 1000 })
    pass(5000)
    people.says(alice, laptop, 'busy')
    assert.deepEqual(people.of(alice), { status: 'busy', since: 6000 })
    pass(5000)
    people.says(alice, laptop, 'online')
    assert.deepEqual(people.of(alice), { status: 'online', since: 11_000 })
    pass(5000)
    people.dropped(alice, laptop)
    assert.deepEqual(people.of(alice), { status: 'away', since: 16_000 })
    assert.equal(changes.length, 4)
  })

  it('tells one who flaps once in a while, and in the end the truth', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    for (let time = 0; time < 100; time++) people.says(alice, laptop, time % 2 === 0 ? 'away' : 'busy')
    assert.equal(people.of(alice).status, 'away')
    assert.equal(changes.length, 2)
    pass(1000)
    assert.deepEqual(people.of(alice), { status: 'busy', since: 2000 })
    pass(10_000)
    assert.equal(changes.length, 3)
  })

  it('hears no device that is not here', () => {
    const people = presence()
    people.says(alice, laptop, 'busy')
    assert.equal(people.of(alice).status, 'offline')
    people.up(alice, laptop, 'online')
    people.says(alice, desktop, 'busy')
    people.dropped(alice, laptop)
    people.says(alice, laptop, 'busy')
    assert.equal(people.of(alice).status, 'online')
  })

  it('goes on after a short drop with what the device says then', () => {
    const people = presence()
    people.up(alice, laptop, 'away')
    people.dropped(alice, laptop)
    people.up(alice, laptop, 'away')
    assert.equal(changes.length, 1)
    people.dropped(alice, laptop)
    people.up(alice, laptop, 'busy')
    assert.equal(people.of(alice).status, 'busy')
  })

  it('of who is invisible is that of somebody who left then, whatever they do', () => {
    const people = presence()
    people.up(alice, laptop, 'online')
    pass(5000)
    people.says(alice, laptop, 'invisible')
    assert.deepEqual(people.of(alice), { status: 'offline', since: 6000 })
    assert.deepEqual([[...people.online()], people.count, changes.length], [[], 0, 2])
    pass(5000)
    people.up(alice, desktop, 'invisible')
    people.dropped(alice, laptop)
    people.left(alice, desktop)
    pass(10_000)
    people.up(alice, laptop, 'invisible')
    pass(10_000)
    assert.deepEqual(people.of(alice), { status: 'offline', since: 6000 })
    assert.equal(changes.length, 2, 'nobody was told of anything')
    people.up(alice, desktop, 'busy')
    assert.deepEqual(people.of(alice), { status: 'busy', since: 31_000 })
    assert.deepEqual([[...people.online()], people.count, changes.length], [[alice], 1, 3])
  })

  it('of somebody who was never here is not known', () => {
    assert.deepEqual(presence().of(alice), { status: 'offline', since: 0 })
  })
})
