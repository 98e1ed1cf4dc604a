import assert from 'node:assert/strict'
import type { Person } from '../../../../daemon/src/protocol/parley_pb.ts'
import { joined, type Member, meet, signInByKey, signOut, watch } from '../../../support/member.ts'
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
