import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import type { HubOptions } from '../../../../daemon/src/hub/home.ts'
import { OnlineSnapshotSchema, PeopleSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { joined, setStatus, signOut } from '../../../support/member.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

describe('hub: people', () => {
  it('shows a person as away while no front end is there, after a moment, and as busy when they say so', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 50, presenceFlush: 1, statusPace: 1 } })
    await using bob = await member(at, 'bob')
    await using alice = await member(at, 'alice', { attendGrace: 100 })
    const told = () => bob.news.flatMap(({ people }) => people?.people ?? [])
    await bob.seen('alice online, be it long ago', () => told().some(({ status }) => status === 'online'))
    await seen(bob, 'alice away')
    alice.hub.setAttended(true)
    await seen(bob, 'alice online')
    const info = await alice.hub.setAvailability({ availability: 'busy' })
    assert.equal(info.availability, 'busy')
    await seen(bob, 'alice busy')
    await alice.seen('her own status', () => alice.account().status === 'busy')
    alice.hub.setAttended(false)
    await alice.hub.setAvailability({ availability: 'available' })
    await seen(bob, 'alice online')
    await seen(bob, 'alice away')
    await alice.seen('her own status', () => alice.account().status === 'away')
  })

  it('shows somebody who writes without a front end that stays as there for a while', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 50, presenceFlush: 1, statusPace: 1 } })
    await using bob = await member(at, 'bob')
    await using alice = await member(at, 'alice', { attendGrace: 20 })
    await seen(bob, 'alice away')
    await alice.say('bob', 'from a terminal')
    await seen(bob, 'alice online')
    const before = bob.news.length
    await bob.seen('the message', () => bob.hub.snapshot().conversations.some(({ unread }) => unread === 1))
    const since = bob.news.slice(before).flatMap(({ people }) => people?.people ?? [])
    assert.ok(since.every(({ status }) => status === 'online'))
  })

  it('does not flicker when the last front end is back in a moment', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 50, presenceFlush: 1, statusPace: 1 } })
    await using bob = await member(at, 'bob')
    await using alice = await member(at, 'alice', { attendGrace: 60_000 })
    await seen(bob, 'alice online')
    for (let time = 0; time < 5; time++) {
      alice.hub.setAttended(false)
      alice.hub.setAttended(true)
    }
    await alice.hub.setAvailability({ availability: 'busy' })
    await seen(bob, 'alice busy')
    const told = bob.news.flatMap(({ people }) => people?.people ?? []).map(({ status }) => status)
    assert.ok(!told.includes('away'))
  })

  it('keeps what a person has said over a restart, and comes back with it', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 20, presenceFlush: 1 } })
    await using bob = await member(at, 'bob')
    await using home = await hubHome()
    await using first = await startTestHub(home)
    await first.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    await first.hub.setAvailability({ availability: 'busy' })
    await seen(bob, 'alice busy')
    await first.hub.close()
    await seen(bob, 'alice offline')
    const before = bob.news.length
    await using again = await startTestHub(home)
    await seen(bob, 'alice busy')
    assert.equal(again.account().availability, 'busy')
    const since = bob.news.slice(before).flatMap(({ people }) => people?.people ?? [])
    assert.ok(since.every(({ status }) => status !== 'online'))
  })

  it('goes on with a registry that knows nothing but online', async () => {
    await using registry = await startFakeRegistry()
    registry.answer = is => {
      if (is.case === 'setStatus') throw new ParleyError('unsupported', 'This registry does not know this request.')
      return undefined
    }
    await using home = await hubHome()
    await using alice = await startTestHub(home, { attendGrace: 20 })
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    await until('it is told', () => registry.asked.includes('setStatus'))
    await alice.hub.setAvailability({ availability: 'busy' })
    assert.equal(alice.account().state, 'online')
    assert.deepEqual(alice.hub.people(), { people: [], online: 0, total: 0 })
  })

  it('lists a small team whole, without oneself, and whoever signs up', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 20, presenceFlush: 1 } })
    const carol = await joined(at, 'carol')
    await signOut(carol)
    await using alice = await member(at, 'alice')
    await seen(alice, 'carol offline')
    assert.ok((row(alice, 'carol')?.since ?? 0) > 0, 'last seen')
    const { people, online, total } = alice.hub.people()
    assert.deepEqual([people.length, online, total], [1, 0, 1])
    await using bob = await member(at, 'bob')
    await seen(alice, 'bob online')
    await seen(bob, 'carol offline')
    await seen(bob, 'alice online')
    assert.deepEqual({ ...alice.hub.people(), people: 0 }, { people: 0, online: 1, total: 2 })
    await bob.hub.close()
    await seen(alice, 'bob offline')
    assert.equal(alice.hub.people().online, 0)
  })

  it('shows people as offline since then when the team is out of reach', async () => {
    const memory = await startTestRegistry({ waits: { presenceGrace: 20, presenceFlush: 1 } })
    await using alice = await member(memory, 'alice', { reconnect: quick })
    const bob = await joined(memory, 'bob')
    await seen(alice, 'bob online')
    const before = Date.now()
    await memory.registry.close()
    await seen(alice, 'bob offline')
    assert.ok((row(alice, 'bob')?.since ?? 0) >= before)
    assert.equal(alice.account().status, 'offline')
    bob.link.close()
  })

  it('tells of changes what front ends need and no more', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 20, presenceFlush: 1, statusPace: 1 } })
    await using alice = await member(at, 'alice')
    await using bob = await joined(at, 'bob')
    await seen(alice, 'bob online')
    const before = alice.news.length
    await setStatus(bob, 'busy')
    await seen(alice, 'bob busy')
    const changes = alice.news.slice(before).flatMap(({ people }) => people ?? [])
    assert.deepEqual(
      changes.map(({ people, gone, online, total }) => [people.map(({ name }) => name), gone, online, total]),
      [[['bob'], [], 1, 1]],
    )
  })

  it('takes a hostile list for what it is', async () => {
    await using registry = await startFakeRegistry()
    let pages = 0
    registry.answer = is => {
      if (is.case === 'watchOnline') {
        return { case: 'onlineSnapshot', value: create(OnlineSnapshotSchema, { number: 1n, total: 200 }) }
      }
      if (is.case !== 'search') return undefined
      const people = Array.from({ length: 100 }, (_, index) => ({
        user: new Uint8Array(16).fill(index),
        name: `n${String(++pages).padStart(9, '0')}`,
        displayName: '\u202e'.repeat(999),
        status: 'offline',
      }))
      return { case: 'people', value: create(PeopleSchema, { people: people.map(person), more: true }) }
    }
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.address, name: 'alice', password })
    await alice.seen('the team', () => alice.hub.people().people.length >= 100)
    await until('it has asked for the last page', () => registry.asked.filter(what => what === 'search').length >= 3)
    assert.ok(alice.hub.people().people.length <= 300)
    assert.equal(alice.account().state, 'online')
  })
})

const person = (fields: { user: Uint8Array; name: string; displayName: string; status: string }) => ({
  since: 0n,
  ...fields,
})

/** Somebody who has signed up with a hub of their own. */
async function member(at: RunningRegistry, name: string, options: Partial<HubOptions> = {}): Promise<RunningHub> {
  const home: HubHome = await hubHome()
  const running = await startTestHub(home, options)
  await running.hub.signUp({ registry: at.registry.address, name, password })
  return Object.assign(running, {
    async [Symbol.asyncDispose]() {
      await running.hub.close()
      await home[Symbol.asyncDispose]()
    },
  })
}

const row = ({ hub }: RunningHub, name: string) => hub.people().people.find(each => each.name === name)

/** Resolves when a hub lists somebody as `name status`. */
function seen(by: RunningHub, words: string): Promise<unknown> {
  const [name = '', status] = words.split(' ')
  return by.seen(words, () => row(by, name)?.status === status)
}
