import assert from 'node:assert/strict'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import type { Person } from '../../../../daemon/src/protocol/parley_pb.ts'
import {
  joined,
  lookUp,
  type Member,
  meet,
  search,
  setStatus,
  signInByKey,
  signOut,
  watch,
} from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

const names = (people: readonly Person[]) => people.map(({ name }) => name).sort()
const changes = ({ events }: Member) => events.flatMap(is => (is.case === 'onlineChange' ? [is.value] : []))
const told = (member: Member) =>
  changes(member).flatMap(({ people }) => people.map(({ name, status }) => `${name} ${status}`))

describe('the online list', () => {
  it('is a snapshot, then changes numbered one by one', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    const snapshot = await watch(alice)
    assert.deepEqual(names(snapshot.people), ['alice'])
    assert.equal(snapshot.more, false)

    await using bob = await joined(at, 'bob')
    await until('bob is online', () => told(alice).includes('bob online'))
    await signOut(bob)
    await until('bob is offline', () => told(alice).includes('bob offline'))
    assert.deepEqual(
      changes(alice).map(({ number }) => number),
      [snapshot.number + 1n, snapshot.number + 2n],
    )
    assert.ok((changes(alice)[1]?.people[0]?.since ?? 0n) > 0n)
  })

  it('does not flicker when a link drops for a moment', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 10_000, presenceFlush: 1 } })
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await watch(alice)
    await bob.dial()
    await signInByKey(bob)
    await using carol = await joined(at, 'carol')
    await until('carol is online', () => told(alice).includes('carol online'))
    assert.deepEqual(told(alice), ['carol online'])
    carol.link.close()
  })

  it('shows a drop that lasts', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 20, presenceFlush: 1 } })
    await using alice = await joined(at, 'alice')
    const bob = await joined(at, 'bob')
    await watch(alice)
    bob.link.close()
    await until('bob is offline', () => told(alice).includes('bob offline'))
    assert.equal(at.registry.status().online, 1)
  })

  it('says who is away or busy, and since when', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await watch(alice)
    await setStatus(bob, 'busy')
    await until('bob is busy', () => told(alice).includes('bob busy'))
    await setStatus(bob, 'online')
    await until('bob is online', () => told(alice).includes('bob online'))
    const [found] = (await search(alice, 'bob')).people
    assert.equal(found?.status, 'online')
    assert.ok((found?.since ?? 0n) > 0n)
    assert.equal(at.registry.status().online, 2)
    for (const status of ['', 'offline', 'Busy', 'x'.repeat(10_000)]) {
      await assert.rejects(setStatus(bob, status), { name: 'ParleyError', code: 'bad-frame' })
    }
  })

  it('shows somebody who signs in as away as just that', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await watch(alice)
    await using carol = await joined(at, 'carol')
    carol.link.close()
    await until('carol is offline', () => told(alice).includes('carol offline'))
    await using again = await meet(at, { name: 'carol', identity: carol.identity })
    await signInByKey(again, 'away')
    await until('carol is away', () => told(alice).includes('carol away'))
    assert.deepEqual(
      told(alice).filter(words => words.startsWith('carol')),
      ['carol online', 'carol offline', 'carol away'],
    )
  })

  it('tells of those who are offline what was asked for, and how many people there are', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using carol = await joined(at, 'carol')
    await signOut(bob)
    await signOut(carol)
    const snapshot = await watch(alice, [fromText(bob.user), fromText(alice.user), new Uint8Array(16)])
    assert.deepEqual(
      snapshot.people.map(({ name, status }) => `${name} ${status}`),
      ['alice online', 'bob offline'],
    )
    assert.ok((snapshot.people[1]?.since ?? 0n) > 0n)
    assert.equal(snapshot.total, 3)
    await using dave = await joined(at, 'dave')
    await until('dave is online', () => told(alice).includes('dave online'))
    assert.equal(changes(alice).at(-1)?.total, 4)
    dave.link.close()
    const tooMany = Array.from({ length: 1001 }, () => new Uint8Array(16))
    await assert.rejects(watch(alice, tooMany), { code: 'bad-frame' })
    await assert.rejects(watch(alice, [new Uint8Array(3)]), { code: 'bad-frame' })
  })

  it('is told to members only as long as they are signed in', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 20, presenceFlush: 1 } })
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await watch(alice)
    await watch(bob)
    await signOut(alice)
    await until('bob hears of it', () => told(bob).includes('alice offline'))
    await using carol = await joined(at, 'carol')
    await until('bob hears of carol', () => told(bob).includes('carol online'))
    assert.deepEqual(told(alice), [])
    carol.link.close()
  })

  it('starts over when asked again', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await watch(alice)
    await using bob = await joined(at, 'bob')
    const again = await watch(alice)
    assert.deepEqual(names(again.people), ['alice', 'bob'])
    bob.link.close()
  })

  it('knows over a restart when people were here last', async () => {
    let now = 1_790_000_000_000
    const first = await startTestRegistry({ now: () => now })
    await using alice = await joined(first, 'alice')
    await using bob = await joined(first, 'bob')
    await joined(first, 'carol')
    now += 5000
    await signOut(bob)
    now += 5000
    await first.registry.close()
    now += 3600_000
    await using again = await startTestRegistry({ memory: first.memory, now: () => now })
    await using aliceBack = await meet(again, { identity: alice.identity, name: 'alice' })
    await signInByKey(aliceBack)
    const seen = async (name: string) => {
      const { person } = await lookUp(aliceBack, { name })
      return [person?.status, Number(person?.since) - 1_790_000_000_000]
    }
    assert.deepEqual(await seen('bob'), ['offline', 5000])
    assert.deepEqual(await seen('carol'), ['offline', 10_000])
    assert.deepEqual(await seen('alice'), ['online', 3610_000])
  })

  it('shows everybody once the registry is back, without a password', async () => {
    const first = await startTestRegistry()
    const [alice, bob] = [await joined(first, 'alice'), await joined(first, 'bob')]
    await first.registry.close()
    await using again = await startTestRegistry({ memory: first.memory })
    await using aliceBack = await meet(again, { identity: alice.identity, name: 'alice' })
    await signInByKey(aliceBack)
    await watch(aliceBack)
    await using bobBack = await meet(again, { identity: bob.identity, name: 'bob' })
    await signInByKey(bobBack)
    await until('bob is online again', () => told(aliceBack).includes('bob online'))
  })
})
