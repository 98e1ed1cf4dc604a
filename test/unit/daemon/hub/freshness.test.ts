import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { Freshness } from '../../../../daemon/src/hub/freshness.ts'
import { People } from '../../../../daemon/src/hub/people.ts'
import type { RegistrySession } from '../../../../daemon/src/hub/registry/session.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { LookedUpSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { makeKey, makePerson, makeRegistry } from '../../../support/statements.ts'
import { until } from '../../../support/wait.ts'

const now = 1_790_000_000_000

/** Bob's hub, and what the registry says of alice when it is asked. */
async function bobsHub() {
  const registry = makeRegistry()
  const alice = makePerson(registry, 'alice', now)
  const people = await People.open(openMemoryStorage(), {
    registry: registry.id,
    registryKey: registry.spki,
    now: () => at.now,
  })
  const at = {
    alice,
    people,
    roster: alice.listDevices(),
    lookUps: 0,
    /** ms that the registry takes for each. */
    slow: 0,
    fails: undefined as ParleyError | undefined,
    linked: new Set<UserId>(),
    partners: new Set<UserId>(),
    cut: [] as UserId[],
    session: undefined as RegistrySession | undefined,
    now,
    attestation: alice.attest(),
    freshness: undefined as unknown as Freshness,
    /** Another sign-in. */
    signIn() {
      at.session = {
        async lookUp() {
          at.lookUps++
          await setTimeout(at.slow)
          if (at.fails) throw at.fails
          return create(LookedUpSchema, { attestation: at.attestation, roster: at.roster })
        },
      } as unknown as RegistrySession
    },
    person: (version: number) => {
      const ghost = { key: makeKey().spki, name: 'ghost', added: now }
      const devices = version === 1 ? alice.roster.devices : [...alice.roster.devices, ghost]
      const roster = alice.listDevices({ version, devices } as never)
      return { roster, person: people.judge(alice.attest(), roster) }
    },
  }
  at.freshness = new Freshness({
    people,
    peers: () => ({
      linked: at.linked,
      isLinked: user => at.linked.has(user),
      cut: user => void at.cut.push(user),
    }),
    isPartner: user => at.partners.has(user),
    session: () => at.session,
    now: () => at.now,
    expiryCheck: 5,
    lookUpTime: 60,
    log: silentLog,
  })
  return at
}

describe('freshness', () => {
  it('lets a caller in whom the registry knows so, and asks it once in a session', async () => {
    const bob = await bobsHub()
    bob.signIn()
    for (let time = 0; time < 3; time++) await bob.freshness.check(bob.person(1).person)
    assert.equal(bob.lookUps, 1)
    bob.signIn()
    await bob.freshness.check(bob.person(1).person)
    assert.equal(bob.lookUps, 2)
    bob.freshness.changed([bob.alice.user])
    await bob.freshness.check(bob.person(1).person)
    assert.equal(bob.lookUps, 3)
  })

  it('takes no newer list of devices than the registry has: a stolen account key makes none', async () => {
    const bob = await bobsHub()
    bob.signIn()
    const { roster, person } = bob.person(2)
    await assert.rejects(bob.freshness.check(person), { code: 'stranger' })
    assert.equal(bob.people.get(bob.alice.user)?.listed.version, 1)
    // The owner has published it: the registry is asked again, though it was a moment ago.
    bob.roster = roster
    await bob.freshness.check(person)
    assert.equal(bob.people.get(bob.alice.user)?.listed.version, 2)
  })

  it('goes by what a caller shows where the registry cannot be asked', async () => {
    const bob = await bobsHub()
    await bob.freshness.check(bob.person(2).person)
    bob.signIn()
    bob.fails = new ParleyError('timeout', 'It is slow.')
    await bob.freshness.check(bob.person(2).person)
    assert.equal(bob.lookUps, 1)
  })

  it('looks up whoever is linked at once, partners soon, and nobody else', async () => {
    const bob = await bobsHub()
    bob.signIn()
    bob.freshness.changed([bob.alice.user])
    assert.equal(bob.lookUps, 0)
    bob.partners.add(bob.alice.user)
    bob.freshness.changed([bob.alice.user])
    await until('the look-up', () => bob.lookUps === 1)
    bob.linked.add(bob.alice.user)
    bob.freshness.changed([bob.alice.user])
    await until('the next', () => bob.lookUps === 2, 500)
    bob.signIn()
    bob.freshness.signedIn()
    await until('the one after the sign-in', () => bob.lookUps === 3, 500)
    bob.freshness.close()
  })

  it('looks up everybody who is linked after a sign-in, however many wait for their turn', async () => {
    const bob = await bobsHub()
    bob.slow = 20
    const many = 10 * limits.lookUpsAtOnce
    for (let number = 0; number < many; number++) bob.linked.add(userId(Buffer.alloc(16, number)))
    bob.signIn()
    bob.freshness.signedIn()
    await until('all of them', () => bob.lookUps === many)
    bob.freshness.close()
  })

  it('cuts whom the registry knows no more', async () => {
    const bob = await bobsHub()
    bob.signIn()
    bob.linked.add(bob.alice.user)
    bob.fails = new ParleyError('unknown-user', 'Nobody here has this id.')
    bob.freshness.changed([bob.alice.user])
    await until('the cut', () => bob.cut.length === 1)
    bob.freshness.close()
  })

  it('lets nobody in before it has heard of them what it asks already', async () => {
    const bob = await bobsHub()
    bob.slow = 20
    bob.fails = new ParleyError('unknown-user', 'Nobody here has this id.')
    bob.linked.add(bob.alice.user)
    bob.signIn()
    bob.freshness.signedIn()
    await assert.rejects(bob.freshness.check(bob.person(1).person), { code: 'stranger' })
    assert.equal(bob.lookUps, 1)
    bob.freshness.close()
  })

  it('lets nobody in again whom the registry knows no more', async () => {
    const bob = await bobsHub()
    bob.signIn()
    bob.fails = new ParleyError('unknown-user', 'Nobody here has this id.')
    for (let time = 0; time < 2; time++)
      await assert.rejects(bob.freshness.check(bob.person(1).person), { code: 'stranger' })
    bob.fails = undefined
    await bob.freshness.check(bob.person(1).person)
    bob.freshness.close()
  })

  it('lets no link outlive what vouches for somebody, unless the registry vouches on', async () => {
    const bob = await bobsHub()
    await bob.people.keep(bob.person(1).person)
    bob.linked.add(bob.alice.user)
    const { expires } = bob.alice.attestation
    bob.signIn()
    bob.now = expires + limits.clockSkew + 1
    bob.attestation = bob.alice.attest({ issued: bob.now, expires: bob.now + 3600_000 })
    await until('the look-up', () => bob.lookUps > 0)
    await until('the newer one', () => bob.people.get(bob.alice.user)?.attested.issued === bob.now)
    assert.deepEqual(bob.cut, [])
    bob.now += 3600_000 + limits.clockSkew + 1
    await until('the cut', () => bob.cut.length > 0)
    bob.freshness.close()
  })
})
