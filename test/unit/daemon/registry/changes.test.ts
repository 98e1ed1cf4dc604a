import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { limits } from '../../../../daemon/src/limits.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { fromText, userId } from '../../../../daemon/src/protocol/ids.ts'
import type { Event } from '../../../../daemon/src/protocol/parley_pb.ts'
import type { Account } from '../../../../daemon/src/registry/accounts.ts'
import { Changes } from '../../../../daemon/src/registry/changes.ts'
import type { Session } from '../../../../daemon/src/registry/sessions.ts'
import { until } from '../../../support/wait.ts'

/** A member whose link takes events when it is told to. */
function member(isPending = false, sent = () => {}) {
  const events: Event['is'][] = []
  const taking: PromiseWithResolvers<void>[] = []
  const reader = {
    events,
    isReading: true,
    closed: '',
    /** Takes all that waits. */
    read() {
      reader.isReading = true
      for (const one of taking.splice(0)) one.resolve()
    },
    session: undefined as unknown as Session,
  }
  const link = {
    send(event: Event['is']) {
      sent()
      events.push(event)
      if (reader.isReading) return Promise.resolve()
      const taken = Promise.withResolvers<void>()
      taking.push(taken)
      return taken.promise
    },
    close(code: string) {
      reader.closed = code
    },
  } as unknown as Link
  reader.session = { link, isPending } as Session
  return reader
}

function changesFor(members: readonly { session: Session }[]) {
  const sessions = {
    all: () => members.map(({ session }) => session),
    allOf: () => members.map(({ session }) => session),
  }
  const signed = { alg: 1, payload: new Uint8Array(), signature: new Uint8Array() }
  const accounts = { byUser: async () => ({ account: { role: 'member' } as Account, roster: signed }) }
  const attestations = { current: () => signed }
  return new Changes({ sessions, accounts, attestations, log: silentLog, flush: 1 } as unknown as ConstructorParameters<
    typeof Changes
  >[0])
}

const users = (count: number) => Array.from({ length: count }, () => userId(randomBytes(16)))
const told = ({ events }: { events: Event['is'][] }) =>
  events.flatMap(is => (is.case === 'peopleChanged' ? is.value.users.map(user => userId(user)) : []))

describe('changes', () => {
  it('of many people at once become one event, for everybody who is signed in and does not wait', async () => {
    const [reader, pending] = [member(), member(true)]
    const changes = changesFor([reader, pending])
    const some = users(20)
    for (const user of [...some, ...some]) changes.person(user)
    await until('the event', () => reader.events.length > 0)
    assert.deepEqual(told(reader), some)
    assert.equal(reader.events.length, 1)
    assert.equal(pending.events.length, 0)
    changes.close()
  })

  it('gather while somebody does not read: who has changed, not how often', async () => {
    const slow = member()
    const changes = changesFor([slow])
    slow.isReading = false
    const some = users(10)
    changes.person(some[0] ?? userId(randomBytes(16)))
    await until('the first', () => slow.events.length === 1)
    for (let round = 0; round < 50; round++) {
      for (const user of some) changes.person(user)
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.equal(slow.events.length, 1)
    slow.read()
    await until('the rest', () => new Set(told(slow)).size === 10)
    assert.ok(slow.events.length <= 3)
    changes.close()
  })

  it('cut whoever does not read at all, with a ceiling of what waits', async () => {
    const dead = member()
    const changes = changesFor([dead])
    dead.isReading = false
    for (const user of users(1)) changes.person(user)
    await until('the first', () => dead.events.length === 1)
    for (const user of users(limits.changedWaiting + 2)) changes.person(user)
    await until('the cut', () => dead.closed === 'busy')
    assert.equal(dead.events.length, 1)
    changes.close()
  })

  it('reach 20,000 members some at a time, so that nobody is stopped', async () => {
    let inTurn = 0
    let most = 0
    const count = () => {
      if (inTurn === 0) setImmediate(() => (inTurn = 0))
      most = Math.max(most, ++inTurn)
    }
    const members = Array.from({ length: 20_000 }, () => member(false, count))
    const changes = changesFor(members)
    for (const user of users(3)) changes.person(user)
    await until('everybody', () => members.every(({ events }) => events.length === 1))
    assert.ok(most <= 2 * limits.toldPerTurn, `${most} in one turn`)
    changes.close()
  })

  it('of the own account go to its devices once more, however many there were', async () => {
    const device = member(true)
    const changes = changesFor([device])
    const [user] = users(1)
    if (!user) throw new Error('no user')
    for (let times = 0; times < 100; times++) changes.own(user)
    await until('the event', () => device.events.length > 0)
    await new Promise(resolve => setImmediate(resolve))
    assert.ok(device.events.length <= 2)
    assert.ok(device.events.every(is => is.case === 'ownChanged'))
    assert.ok(fromText(user).length === 16)
    changes.close()
  })
})
