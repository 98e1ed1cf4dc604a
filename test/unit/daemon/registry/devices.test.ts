import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../../../daemon/src/limits.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { deviceId, fromText } from '../../../../daemon/src/protocol/ids.ts'
import {
  DevicesSchema,
  DropDeviceSchema,
  type Event,
  NewAccountKeySchema,
  PublishRosterSchema,
  type Signed,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { readAttestation, readRoster } from '../../../../daemon/src/protocol/statements.ts'
import { FaultyStorage } from '../../../support/faulty-storage.ts'
import {
  deviceOf,
  joined,
  lookUp,
  type Member,
  meet,
  renew,
  rosterOf,
  search,
  signIn,
  signInByKey,
  signOut,
  watch,
} from '../../../support/member.ts'
import { type RunningRegistry, registryMemory, startTestRegistry } from '../../../support/registry.ts'
import { makeKey } from '../../../support/statements.ts'
import { until } from '../../../support/wait.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })

/** A roster of `owner` that names these devices. */
function listing(owner: Member, version: number, members: readonly Member[], revoked: readonly Member[] = []): Signed {
  const devices = members.map(({ identity, name }) => ({ key: identity.spki, name, added: 1 }))
  return rosterOf(owner, { version, devices, revoked: new Set(revoked.map(deviceOf)) })
}

const publish = (by: Member, roster: Signed) =>
  by.ask({ case: 'publishRoster', value: create(PublishRosterSchema, { roster }) }, 'done')
const devices = async (of: Member) =>
  (await of.ask({ case: 'devices', value: create(DevicesSchema) }, 'deviceList')).devices
const drop = (by: Member, device: Member) =>
  by.ask({ case: 'dropDevice', value: create(DropDeviceSchema, { device: device.identity.id }) }, 'done')

/** Another device of alice, which waits. */
async function pendingDevice(at: RunningRegistry, name = 'alice'): Promise<Member> {
  const member = await meet(at, { name })
  await signIn(member)
  return member
}

/** A second device of `first`, approved. */
async function second(at: RunningRegistry, first: Member): Promise<Member> {
  const other = await pendingDevice(at)
  await publish(first, listing(first, 2, [first, other]))
  return other
}

const own = ({ events }: Member) => events.flatMap(is => (is.case === 'ownChanged' ? [is.value] : []))
function ended({ events }: Member): string | undefined {
  const end = events.find((is): is is Extract<Event['is'], { case: 'sessionEnded' }> => is.case === 'sessionEnded')
  return end?.value.code
}
const toldOf = ({ events }: Member) =>
  events.flatMap(is => (is.case === 'peopleChanged' ? is.value.users.map(user => deviceless(user)) : []))
const deviceless = (user: Uint8Array) => Buffer.from(user).toString('hex')

describe('a pending device', () => {
  it('is told so, is seen by nobody, and may ask of nobody else', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using other = await meet(at, { name: 'alice' })
    const said = await signIn(other)
    assert.equal(said?.pending, true)
    assert.equal(at.registry.status().online, 2)
    const { devices: seen } = await lookUp(bob, { name: 'alice' })
    assert.deepEqual(
      seen.map(({ device }) => deviceId(device)),
      [deviceOf(alice)],
    )
    const refused = { code: 'second-device' }
    await assert.rejects(lookUp(other, { name: 'bob' }), refused)
    await assert.rejects(watch(other), refused)
    await assert.rejects(search(other, ''), refused)
    assert.ok((await renew(other)).attestation)
    await until('an event', () => own(alice).length > 0)
    // A stolen password does not even tell what the account's own devices are called.
    assert.equal((await devices(other)).length, 1)
    assert.deepEqual(
      (await devices(alice)).map(({ pending, online, address }) => ({ pending, online, address })),
      [
        { pending: false, online: true, address: '' },
        { pending: true, online: true, address: '127.0.0.1' },
      ],
    )
  })

  it('comes back by its key, and waits on; signed out, it needs the password', async () => {
    await using at = await startTestRegistry()
    await using _alice = await joined(at, 'alice')
    await using other = await pendingDevice(at)
    await other.dial()
    assert.equal((await signInByKey(other)).pending, true)
    await signOut(other)
    await assert.rejects(signInByKey(other), code('password-needed'))
    assert.equal((await signIn(other))?.pending, true)
  })

  it('takes the place of the oldest of eight', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await joined(at, 'alice')
    const waiting: Member[] = []
    for (let count = 0; count < 9; count++) {
      now += 1
      waiting.push(await pendingDevice(at))
    }
    const [oldest] = waiting
    assert.ok(oldest)
    await until('an event', () => ended(oldest) === 'signed-out')
    assert.equal((await devices(alice)).filter(({ pending }) => pending).length, 8)
    await oldest.dial()
    await assert.rejects(signInByKey(oldest), code('unknown-account'))
    for (const member of waiting) member.link.close()
  })

  it('counts at once when the account key says so, over the connection that it has', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using other = await pendingDevice(at)
    const roster = listing(alice, 2, [alice, other])
    await publish(alice, roster)
    await until('an event', () =>
      own(other).some(value => Buffer.from(value.roster?.payload ?? []).equals(roster.payload)),
    )
    assert.equal((await lookUp(other, { name: 'bob' })).person?.name, 'bob')
    await until('an event', () => toldOf(bob).includes(Buffer.from(fromText(alice.user)).toString('hex')))
    const found = await lookUp(bob, { name: 'alice' })
    assert.deepEqual(found.roster?.payload, roster.payload)
    assert.equal(found.devices.length, 2)
    assert.deepEqual(
      at.memory.audited.filter(({ what }) => what === 'device-approved').map(({ device }) => device),
      [deviceOf(other)],
    )
    // Either of the two may leave: the person is online as long as one is there.
    await signOut(alice)
    assert.equal((await lookUp(bob, { name: 'alice' })).person?.status, 'online')
  })

  it('is forgotten by a no', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using other = await pendingDevice(at)
    await drop(alice, other)
    await until('an event', () => ended(other) === 'signed-out')
    assert.equal((await devices(alice)).length, 1)
    await assert.rejects(drop(alice, alice), code('usage'))
    await drop(alice, other)
  })
})

describe('a roster', () => {
  it('must come from the account key, in order, and name no device of others', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using other = await pendingDevice(at)
    const forged = rosterOf(alice, { version: 2 }, bob.account.privateKey)
    await assert.rejects(publish(alice, forged), code('bad-signature'))
    await assert.rejects(publish(alice, rosterOf(bob, { version: 2 })), code('bad-signature'))
    await assert.rejects(publish(alice, listing(alice, 2, [alice, bob])), code('forged'))
    await publish(alice, listing(alice, 3, [alice, other]))
    await assert.rejects(publish(alice, listing(alice, 2, [alice])), code('roster-rollback'))
    assert.equal((await devices(alice)).length, 2)
  })

  it('published by two devices at once is taken from one; the other hears it in words', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using laptop = await second(at, alice)
    await using a = await pendingDevice(at)
    await using b = await pendingDevice(at)
    const results = await Promise.allSettled([
      publish(alice, listing(alice, 3, [alice, laptop, a])),
      publish(laptop, listing(alice, 3, [alice, laptop, b])),
    ])
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const lost = results.find(({ status }) => status === 'rejected')
    assert.equal(lost?.status === 'rejected' && lost.reason.code, 'conflict')
    assert.equal((await devices(alice)).filter(({ pending }) => !pending).length, 3)
  })

  it('is published so often that nobody keeps the whole team busy, nor another device from a revocation', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using stolen = await second(at, alice)
    const both = listing(alice, 3, [alice, stolen])
    for (let count = 0; count < limits.rosterBurst; count++) await publish(stolen, both)
    await assert.rejects(publish(stolen, both), code('throttled'))
    await publish(alice, listing(alice, 4, [alice], [stolen]))
  })

  it('given once more, after a lost answer, is done already', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using other = await pendingDevice(at)
    const roster = listing(alice, 2, [alice, other])
    await publish(alice, roster)
    await publish(alice, roster)
  })

  it('may name devices that a restored registry has forgotten, and brings back a denial', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using forgotten = await meet(at, { name: 'alice' })
    await using denied = await meet(at, { name: 'alice' })
    await publish(alice, listing(alice, 5, [alice, forgotten], [denied]))
    assert.equal((await signInByKey(forgotten)).pending, false)
    await assert.rejects(signIn(denied), code('device-denied'))
    // A pending device may not bring one, not even with a stolen account key.
    await using third = await pendingDevice(at)
    const stolen = listing(alice, 6, [alice, forgotten, third], [denied])
    await assert.rejects(publish(third, stolen), code('second-device'))
  })
})

describe('a revoked device', () => {
  it('is signed out at once and comes back neither by key nor by password', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using stolen = await second(at, alice)
    await publish(alice, listing(alice, 3, [alice], [stolen]))
    await until('an event', () => ended(stolen) === 'device-denied')
    await until('bob is told', () => toldOf(bob).length > 0)
    const { attestation, devices: seen } = await lookUp(bob, { name: 'alice' })
    const registryKey = bob.link.peerKey
    const attested = readAttestation(attestation, { registryKey, registry: at.registry.id, now: Date.now() })
    assert.ok(attested.denied.has(deviceOf(stolen)))
    assert.equal(seen.length, 1)
    await stolen.dial()
    await assert.rejects(signInByKey(stolen), code('device-denied'))
    await assert.rejects(signIn(stolen), code('device-denied'))
    await assert.rejects(publish(alice, listing(alice, 4, [alice, stolen])), code('device-denied'))
    assert.deepEqual(
      at.memory.audited.filter(({ what }) => what === 'device-denied').map(({ device, by }) => [device, by]),
      [[deviceOf(stolen), alice.user]],
    )
  })

  it('counts as revoked when the account key merely leaves it out', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using left = await second(at, alice)
    await publish(alice, listing(alice, 3, [alice]))
    await until('an event', () => ended(left) === 'device-denied')
  })

  it('is one of the account: a list that revokes a device of somebody else is not taken', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await assert.rejects(publish(alice, listing(alice, 2, [alice], [bob])), code('forged'))
    await publish(alice, listing(alice, 2, [alice]))
    assert.equal(ended(bob), undefined)
  })

  it('is signed out and noted even if storage fails at that very moment', async () => {
    const memory = registryMemory()
    const storage = new FaultyStorage(memory.storage)
    await using at = await startTestRegistry({ memory: { ...memory, storage } })
    await using alice = await joined(at, 'alice')
    await using stolen = await second(at, alice)
    storage.fate = changes => {
      storage.canRead = !changes.some(change => 'put' in change && change.put.startsWith('roster/'))
      return 'commit'
    }
    await assert.rejects(publish(alice, listing(alice, 3, [alice], [stolen])), code('internal'))
    await until('an event', () => ended(stolen) === 'device-denied')
    assert.deepEqual(
      memory.audited.filter(({ what }) => what === 'device-denied').map(({ device }) => device),
      [deviceOf(stolen)],
    )
  })

  it('publishes nothing any more, not even what it had asked before it was revoked', async () => {
    const memory = registryMemory()
    const storage = new FaultyStorage(memory.storage)
    await using at = await startTestRegistry({ memory: { ...memory, storage } })
    await using alice = await joined(at, 'alice')
    await using stolen = await second(at, alice)
    await using accomplice = await meet(at, { name: 'alice' })
    const held = Promise.withResolvers<'commit'>()
    const begun = Promise.withResolvers<void>()
    storage.fate = () => {
      begun.resolve()
      return held.promise
    }
    const revoked = publish(alice, listing(alice, 3, [alice], [stolen]))
    await begun.promise
    const answered = publish(stolen, listing(alice, 4, [accomplice], [alice]))
    const refused = assert.rejects(answered)
    await search(stolen, 'alice') // it has arrived
    held.resolve('commit')
    await revoked
    await refused
    assert.deepEqual((await devices(alice)).length, 1)
    await assert.rejects(signInByKey(accomplice), code('unknown-account'))
  })

  it('cannot slip in by a sign-in that was under way', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using stolen = await second(at, alice)
    const links: Link[] = []
    const signIns = Array.from({ length: 20 }, async () => {
      await using again = await meet(at, { name: 'alice', identity: stolen.identity })
      links.push(again.link)
      return signInByKey(again).then(
        () => again.link.closed.then(({ code }) => code),
        error => error.code,
      )
    })
    await publish(alice, listing(alice, 3, [alice], [stolen]))
    const outcomes = await Promise.all(signIns)
    assert.equal((await devices(alice)).filter(({ online }) => online).length, 1)
    assert.ok(
      outcomes.every(outcome => ['device-denied', 'conflict', 'closed'].includes(outcome)),
      outcomes.join(),
    )
  })
})

describe('a new account key', () => {
  const takeOver = (by: Member, account = makeKey(), changes: Parameters<typeof rosterOf>[1] = {}) => {
    const fresh = { ...by, account } as Member
    const roster = rosterOf(fresh, { generation: 2, ...changes }, account.privateKey)
    return by.ask(
      { case: 'newAccountKey', value: create(NewAccountKeySchema, { accountKey: account.spki, roster }) },
      'signedIn',
    )
  }
  const asPending = async (at: RunningRegistry, owner: Member): Promise<Member> => {
    const member = await meet(at, { name: 'alice', user: owner.user })
    await signIn(member)
    return member
  }

  it('is had by the password on a pending device; all others are denied', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using other = await pendingDevice(at)
    await using fresh = await asPending(at, alice)
    const account = makeKey()
    const said = await takeOver(fresh, account)
    assert.equal(said.pending, false)
    const registryKey = bob.link.peerKey
    const registry = at.registry.id
    const attested = readAttestation(said.attestation, { registryKey, registry, now: Date.now() })
    assert.equal(attested.generation, 2)
    assert.deepEqual([...attested.denied], [deviceOf(alice)])
    const { roster } = await lookUp(bob, { name: 'alice' })
    readRoster(roster, { accountKey: account.spki, registry, user: alice.user, generation: 2 })
    await until('an event', () => ended(alice) === 'device-denied' && ended(other) === 'signed-out')
    await until('bob is told', () => toldOf(bob).length > 0)
    assert.equal((await lookUp(fresh, { name: 'bob' })).person?.name, 'bob')
    assert.deepEqual(
      at.memory.audited.slice(-2).map(({ what }) => what),
      ['account-key', 'device-denied'],
    )
  })

  it('needs a pending device, the password in this very session, and a roster of that device alone', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await assert.rejects(takeOver(alice), code('usage'))
    await using fresh = await asPending(at, alice)
    await assert.rejects(takeOver(fresh, makeKey(), { generation: 3 }), code('forged'))
    await assert.rejects(takeOver(fresh, makeKey(), { version: 2 }), code('forged'))
    const two = [fresh, alice].map(({ identity }) => ({ key: identity.spki, name: 'x', added: 1 }))
    await assert.rejects(takeOver(fresh, makeKey(), { devices: two }), code('forged'))
    await fresh.dial()
    await signInByKey(fresh)
    await assert.rejects(takeOver(fresh), code('password-needed'))
    assert.equal((await devices(alice)).length, 2)
  })
})
