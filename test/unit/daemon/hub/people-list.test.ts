import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { PeopleList } from '../../../../daemon/src/hub/people-list.ts'
import { OnlineList } from '../../../../daemon/src/hub/registry/online-list.ts'
import type { PeopleChange } from '../../../../daemon/src/protocol/control.ts'
import { type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import {
  OnlineChangeSchema,
  OnlineSnapshotSchema,
  type Person,
  PersonSchema,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { testLog } from '../../../support/links.ts'

const person = (name: string, status = 'online'): Person =>
  create(PersonSchema, { user: randomBytes(16), name, displayName: name, status, since: 7n })

/** A list of a team of 10,000, of which `people` are online. */
function largeTeam(people: readonly Person[], ceiling = 3) {
  const online = new OnlineList()
  const told: PeopleChange[] = []
  const self = person('self')
  const list = new PeopleList({
    self: userId(self.user),
    session: () => undefined,
    online,
    row: user => online.known(user) ?? { user, name: '', displayName: '', status: 'offline', since: 0 },
    tell: change => void told.push(change),
    log: testLog(),
    ceiling,
  })
  list.changed(online.reset(create(OnlineSnapshotSchema, { number: 1n, people: [self, ...people], total: 10_000 })))
  let number = 1n
  return {
    online,
    list,
    told,
    change(...changed: Person[]) {
      const users = online.apply(create(OnlineChangeSchema, { number: ++number, people: changed, total: 10_000 }))
      assert.ok(users instanceof Set)
      list.changed(users)
    },
    rows: () => list.snapshot().people.map(({ name, status }) => `${name} ${status}`),
    names: (change: PeopleChange | undefined) => ({
      people: change?.people.map(({ name, status }) => `${name} ${status}`),
      gone: change?.gone.length,
    }),
  }
}

describe('hub: the people of a large team', () => {
  const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map(name => person(name))
  assert.ok(alice && bob && carol && dave)
  const gone = (who: Person): Person => ({ ...who, status: 'offline', since: 9n })

  it('are those who are online, up to a ceiling, and the next one when somebody leaves', () => {
    const team = largeTeam([alice, bob, carol, dave])
    assert.deepEqual(team.rows(), ['alice online', 'bob online', 'carol online'])
    assert.deepEqual({ ...team.list.snapshot(), people: 0 }, { people: 0, online: 4, total: 9999 })
    team.change(gone(bob))
    assert.deepEqual(team.names(team.told.at(-1)), { people: ['dave online'], gone: 1 })
    assert.deepEqual(team.told.at(-1)?.gone, [userId(bob.user)])
    assert.deepEqual(team.rows(), ['alice online', 'carol online', 'dave online'])
  })

  it('are whom one has talked to, whether they are there or not, above the ceiling', () => {
    const team = largeTeam([alice, bob, carol, dave])
    team.list.met(userId(dave.user))
    assert.equal(team.rows().length, 4)
    team.change(gone(dave))
    assert.deepEqual(team.names(team.told.at(-1)), { people: ['dave offline'], gone: 0 })
    assert.ok(team.rows().includes('dave offline'))
    assert.equal(team.list.snapshot().people.find(({ name }) => name === 'dave')?.since, 9)
  })

  it('leave the list of strangers when one has talked to them, which makes room', () => {
    const team = largeTeam([alice, bob, carol, dave])
    team.list.met(userId(alice.user))
    assert.equal(team.rows().length, 4)
  })

  it('are told of once, and only what has changed', () => {
    const team = largeTeam([alice])
    const before = team.told.length
    team.change(alice)
    team.list.changed([userId(alice.user)])
    assert.equal(team.told.length, before)
    team.change({ ...alice, status: 'busy' })
    assert.deepEqual(team.names(team.told.at(-1)), { people: ['alice busy'], gone: 0 })
  })

  it('are counted also when they are not listed', () => {
    const team = largeTeam([alice, bob, carol])
    team.change(dave)
    assert.deepEqual(team.told.at(-1), { people: [], gone: [], online: 4, total: 9999 })
  })

  it('are nobody when the team is out of reach, but whom one has talked to', () => {
    const team = largeTeam([alice, bob])
    team.list.met(userId(bob.user))
    team.list.changed(team.online.lost())
    assert.deepEqual(team.rows(), ['bob offline'])
    assert.deepEqual(team.told.at(-1)?.gone, [userId(alice.user)])
  })
})

describe('hub: the online list', () => {
  it('keeps what was said of those who are offline for whom it was asked to, and for nobody else', () => {
    const online = new OnlineList(() => 1234)
    const [bob, carol, dave]: Person[] = [person('bob'), person('carol', 'offline'), person('dave', 'offline')]
    assert.ok(bob && carol && dave)
    for (const { user } of [bob, carol]) online.keep(userId(user))
    online.reset(create(OnlineSnapshotSchema, { number: 1n, people: [bob, carol, dave], total: 10_000 }))
    const known = ({ user }: Person) => online.known(userId(user))
    assert.equal(known(carol)?.since, 7)
    assert.equal(known(dave), undefined)
    assert.deepEqual([...online.lost()], [userId(bob.user)])
    assert.deepEqual([known(bob)?.status, known(bob)?.since], ['offline', 1234])
    assert.equal(online.size, 0)
  })

  it('takes the answer to a question only of those who are offline', () => {
    const online = new OnlineList()
    const bob = person('bob')
    online.reset(create(OnlineSnapshotSchema, { number: 1n, people: [bob], total: 10_000 }))
    const user: UserId = userId(bob.user)
    const row = { user, name: 'bob', displayName: 'bob', status: 'offline', since: 5 } as const
    assert.equal(online.note(row), false)
    assert.equal(online.known(user)?.status, 'online')
    const other = { ...row, user: userId(randomBytes(16)) }
    assert.equal(online.note({ ...other, status: 'online' }), false)
    assert.equal(online.note(other), true)
    assert.equal(online.known(other.user)?.since, 5)
  })
})
