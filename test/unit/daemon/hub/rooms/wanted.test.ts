import assert from 'node:assert/strict'
import { wantedPeople } from '../../../../../daemon/src/hub/rooms/wanted.ts'
import type { UserId } from '../../../../../daemon/src/protocol/ids.ts'
import { userNamed } from '../../../../support/acts.ts'

function room(from: number, to: number, ...others: UserId[]) {
  const users = new Set(others)
  for (let number = from; number < to; number++) users.add(userNamed(`p${number}`))
  return { users }
}

const self = userNamed('self')
const everybody = () => true

describe('the people to whom links are kept for the sake of rooms', () => {
  it('are all who are there while they are few', () => {
    const rooms = [room(0, 200, self), room(150, 220, self)]
    const wanted = wantedPeople(rooms, self, user => user !== userNamed('p7'))
    assert.equal(wanted.size, 219)
    assert.ok(!wanted.has(self) && !wanted.has(userNamed('p7')))
  })

  it('are at most 256, those of the rooms where something was said last, and a few of each other room', () => {
    const rooms = [0, 1, 2, 3, 4].map(index => room(index * 200, index * 200 + 200, self))
    const wanted = wantedPeople(rooms, self, everybody)
    assert.equal(wanted.size, 256)
    const share = rooms.map(({ users }) => [...users].filter(user => wanted.has(user)).length)
    assert.equal(share[0], 200)
    assert.ok(
      share.every(count => count >= 6),
      `they are ${share.join(', ')}`,
    )
  })

  it('leave nobody who is there without a way to all others of the room', () => {
    // Everybody has other rooms where more was said, and half of this one is away.
    const people = Array.from({ length: 256 }, (_, number) => userNamed(`p${number}`))
    const there = new Set(people.filter((_, number) => number % 2 === 0))
    const ofAll = { users: new Set(people) }
    const links = new Map<UserId, ReadonlySet<UserId>>()
    for (const [number, user] of people.entries()) {
      const busy = room(1_000 * (number + 1), 1_000 * (number + 1) + 250, user)
      const isThere = (other: UserId) => there.has(other) || !people.includes(other)
      if (there.has(user)) links.set(user, wantedPeople([busy, ofAll], user, isThere))
    }
    const [first] = there
    assert.ok(first)
    const reached = new Set([first])
    for (const user of reached) for (const other of links.get(user) ?? []) if (there.has(other)) reached.add(other)
    assert.equal(reached.size, there.size)
    for (const wanted of links.values()) assert.ok(wanted.size <= 256)
  })
})
