import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { client as opaque } from '@serenity-kit/opaque'
import { limits } from '../../../../daemon/src/limits.ts'
import { fromText, userId } from '../../../../daemon/src/protocol/ids.ts'
import { SignUpSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { readAttestation, readRoster } from '../../../../daemon/src/protocol/statements.ts'
import { rowKeys } from '../../../../daemon/src/registry/rows.ts'
import { defaultSignUp } from '../../../../daemon/src/registry/sign-up.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import {
  deviceOf,
  joined,
  meet,
  rosterOf,
  signInByKey,
  signOut,
  signUp,
  signUpRequest,
} from '../../../support/member.ts'
import { registryMemory, startTestRegistry } from '../../../support/registry.ts'
import { makeKey } from '../../../support/statements.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })

describe('sign-up', () => {
  it('commits all of an account in one batch that no used name, id or device can pass', async () => {
    const { storage, batches } = recording()
    await using at = await startTestRegistry({ memory: registryMemory(storage), options: { signUp: 'invite' } })
    const { link } = await at.registry.invites.invite({})
    batches.length = 0
    await using alice = await meet(at)
    await signUp(alice, { displayName: 'Alice A.', invite: codeOf(link) })

    assert.equal(batches.length, 1)
    const keys = [
      rowKeys.user(alice.user),
      rowKeys.name('alice'),
      rowKeys.credential(alice.user),
      rowKeys.device(deviceOf(alice)),
      rowKeys.roster(alice.user),
    ]
    const puts = batches[0]?.flatMap(change => ('put' in change ? [change.put] : [])) ?? []
    const checks = batches[0]?.flatMap(change => ('check' in change ? [change] : [])) ?? []
    assert.deepEqual(puts.slice(0, 5).sort(), keys.sort())
    assert.match(puts[5] ?? '', /^invite\//)
    for (const key of keys)
      assert.ok(
        checks.some(check => check.check === key && check.is === undefined),
        key,
      )
    assert.ok(
      checks.some(check => check.check === puts[5] && check.is !== undefined),
      'a check on the row of the invite',
    )
  })

  it('answers with a session, an attestation and the roster exactly as signed', async () => {
    await using at = await startTestRegistry()
    await using alice = await meet(at)
    const roster = rosterOf(alice)
    const answer = await signUp(alice, { name: 'Alice', displayName: 'Alice A.', roster })
    const attestation = readAttestation(answer.attestation, {
      registryKey: alice.link.peerKey,
      registry: at.registry.id,
      now: Date.now(),
    })
    assert.equal(answer.session.length, 8)
    assert.deepEqual([attestation.user, attestation.name, attestation.displayName], [alice.user, 'alice', 'Alice A.'])
    assert.deepEqual(Buffer.from(attestation.accountKey), Buffer.from(alice.account.spki))
    assert.ok(attestation.expires - attestation.issued <= 7 * 24 * 3600_000)
    assert.deepEqual(answer.roster?.payload, roster.payload)
  })

  it('answers a repeated sign-up of the same device as at first, without a second account', async () => {
    const { storage, batches } = recording()
    await using at = await startTestRegistry({ memory: registryMemory(storage), options: { signUp: 'invite' } })
    const { link } = await at.registry.invites.invite({ uses: 1 })
    await using alice = await joinedWith(at, link)
    await alice.dial()
    const written = batches.length
    const again = await alice.ask({ case: 'signUp', value: signUpRequest(alice, { invite: codeOf(link) }) }, 'signedIn')
    const roster = readRoster(again.roster, {
      accountKey: alice.account.spki,
      registry: at.registry.id,
      user: alice.user,
      generation: 1,
    })
    assert.equal(roster.devices.length, 1)
    assert.equal(batches.length, written)
    assert.equal(at.registry.status().users, 1)
  })

  it('answers as at first when the same device signs up over two links at once', async () => {
    await using at = await startTestRegistry()
    await using one = await meet(at)
    await using two = await meet(at, { identity: one.identity, account: one.account, user: one.user })
    const results = await Promise.allSettled([signUp(one), signUp(two)])
    // The later session may end the earlier one before its answer is out, but no other refusal is right.
    for (const result of results) if (result.status === 'rejected') assert.match(result.reason.code, /closed|conflict/)
    assert.ok(results.some(({ status }) => status === 'fulfilled'))
    assert.equal(at.registry.status().users, 1)
  })

  it('does not let a repeated sign-up pass a sign-out', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await signOut(alice)
    await assert.rejects(
      alice.ask({ case: 'signUp', value: signUpRequest(alice) }, 'signedIn'),
      code('password-needed'),
    )
  })

  it('refuses another account for a device that has one', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using other = await meet(at, { identity: alice.identity, name: 'other' })
    await assert.rejects(signUp(other), code('already-signed-up'))
  })

  it('gives a name to exactly one of a hundred who want it at once', async () => {
    await using at = await startTestRegistry()
    const members = await Promise.all(Array.from({ length: 100 }, () => meet(at, { name: 'alice' })))
    const results = await Promise.allSettled(members.map(member => signUp(member)))
    const codes = results.map(result => (result.status === 'fulfilled' ? 'won' : result.reason.code))
    assert.equal(codes.filter(code => code === 'won').length, 1)
    assert.equal(codes.filter(code => code === 'name-taken').length, 99)
    const winner = members[codes.indexOf('won')]
    assert.ok(winner)
    await winner.dial()
    await signInByKey(winner)
    for (const member of members) member.link.close()
  })

  it('spends an invite exactly as often as it allows, whoever comes at once', async () => {
    await using at = await startTestRegistry({ options: { signUp: 'invite' } })
    const { link } = await at.registry.invites.invite({ uses: 3 })
    const members = await Promise.all(Array.from({ length: 12 }, (_, index) => meet(at, { name: `member${index}` })))
    const results = await Promise.allSettled(members.map(member => signUp(member, { invite: codeOf(link) })))
    const codes = results.map(result => (result.status === 'fulfilled' ? 'in' : result.reason.code))
    assert.equal(codes.filter(code => code === 'in').length, 3)
    assert.equal(codes.filter(code => code === 'bad-invite').length, 9)
    for (const member of members) member.link.close()
  })

  for (const name of ['ab', 'all', 'Here', 'registry', 'system', '-dash', 'has space', 'ümlaut', 'a'.repeat(33), '']) {
    it(`refuses the name ${JSON.stringify(name)}`, async () => {
      await using at = await startTestRegistry()
      await using member = await meet(at)
      await assert.rejects(signUp(member, { name }), code('bad-name'))
    })
  }

  it('refuses a user id that was used', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await meet(at, { name: 'bob', user: alice.user })
    await assert.rejects(signUp(bob), code('conflict'))
  })

  describe('the roster', () => {
    const wrong: [string, string, (member: Awaited<ReturnType<typeof meet>>) => object][] = [
      ['is missing', 'forged', () => ({ roster: undefined })],
      ['has another version', 'forged', member => ({ roster: rosterOf(member, { version: 2 }) })],
      ['has another generation', 'forged', member => ({ roster: rosterOf(member, { generation: 2 }) })],
      ['is for another user', 'forged', member => ({ roster: rosterOf(member, { user: userId(randomBytes(16)) }) })],
      [
        'is for another registry',
        'forged',
        member => ({ roster: rosterOf(member, { registry: deviceOf(member) as never }) }),
      ],
      [
        'names another device',
        'forged',
        member => ({ roster: rosterOf(member, { devices: [device(makeKey().spki)] }) }),
      ],
      [
        'names a second device',
        'forged',
        member => ({ roster: rosterOf(member, { devices: [device(member.identity.spki), device(makeKey().spki)] }) }),
      ],
      ['is signed by another key', 'bad-signature', member => ({ roster: rosterOf(member, {}, makeKey().privateKey) })],
      ['comes with another account key', 'bad-signature', () => ({ accountKey: makeKey().spki })],
      ['comes with no account key', 'bad-frame', () => ({ accountKey: new Uint8Array(0) })],
      ['comes with a short user id', 'bad-frame', () => ({ user: new Uint8Array(15) })],
    ]
    for (const [what, expected, changes] of wrong) {
      it(`is refused when it ${what}`, async () => {
        await using at = await startTestRegistry()
        await using member = await meet(at)
        await assert.rejects(signUp(member, changes(member)), code(expected))
        assert.equal(at.registry.status().users, 0)
      })
    }
  })

  it('keeps no account when storage fails, and takes the same sign-up afterwards', async () => {
    const { storage, fail } = recording()
    await using at = await startTestRegistry({ memory: registryMemory(storage) })
    await using alice = await meet(at)
    fail.next = true
    await assert.rejects(signUp(alice), code('storage'))
    await signUp(alice)
  })

  it('is slowed for an address whose sign-ups come to nothing, and not by ones that succeed', async () => {
    let now = Date.now()
    await using at = await startTestRegistry({ now: () => now })
    await using alice = await meet(at, { localAddress: '127.0.0.66' })
    const first = registrationRequest()
    const start = () => alice.ask({ case: 'signUp', value: signUpRequest(alice, { first }) }, 'challenge')
    for (let time = 0; time < limits.signUpsPerAddress; time++) await start()
    await assert.rejects(start(), { code: 'throttled', retryAfter: limits.guessWait })
    await using elsewhere = await joined(at, 'bob', { localAddress: '127.0.0.67' })
    now += limits.guessWait
    await signUp(alice)
    elsewhere.link.close()
  })

  it('is not offered by a mechanism that is not there', async () => {
    await using at = await startTestRegistry()
    await using alice = await meet(at)
    await assert.rejects(signUp(alice, { mechanism: 'prompt' }), code('unsupported'))
  })

  it('denies bytes that are not OPAQUE, at either step', async () => {
    await using at = await startTestRegistry()
    await using alice = await meet(at)
    const value = signUpRequest(alice, { first: new Uint8Array(32).fill(255) })
    await assert.rejects(alice.ask({ case: 'signUp', value }, 'challenge'), code('wrong-credentials'))
    const huge = create(SignUpSchema, { ...signUpRequest(alice), first: new Uint8Array(20_000) })
    await assert.rejects(alice.ask({ case: 'signUp', value: huge }, 'challenge'), code('bad-frame'))
  })

  describe('policy', () => {
    it('is open by default where only this machine can connect, else by invite', () => {
      assert.equal(defaultSignUp(['127.0.0.1:3131', '[::1]:0', 'localhost:1']), 'open')
      assert.equal(defaultSignUp(['127.0.0.1:3131', '[::]:3131']), 'invite')
      assert.equal(defaultSignUp(['0.0.0.0']), 'invite')
    })

    it('closed takes nobody, not even with an invite', async () => {
      const memory = registryMemory()
      const before = await startTestRegistry({ memory, options: { signUp: 'invite' } })
      const { link } = await before.registry.invites.invite({})
      await before.registry.close()
      await using at = await startTestRegistry({ memory, options: { signUp: 'closed' } })
      await using alice = await meet(at)
      await assert.rejects(signUp(alice, { invite: codeOf(link) }), code('sign-up-closed'))
      await assert.rejects(at.registry.invites.invite({}), code('sign-up-closed'))
    })

    it('invite asks for one that is known', async () => {
      await using at = await startTestRegistry({ options: { signUp: 'invite' } })
      await using alice = await meet(at)
      await assert.rejects(signUp(alice), code('invite-needed'))
      await assert.rejects(signUp(alice, { invite: randomBytes(16) }), code('bad-invite'))
      await assert.rejects(signUp(alice, { invite: randomBytes(15) }), code('bad-invite'))
    })
  })
})

type Invited = Awaited<ReturnType<typeof startTestRegistry>>

async function joinedWith(at: Invited, link: string) {
  const alice = await meet(at)
  await signUp(alice, { invite: codeOf(link) })
  return alice
}

function codeOf(link: string): Uint8Array {
  return fromText(link.split('#')[1] ?? '')
}

function registrationRequest(): Uint8Array {
  return new Uint8Array(Buffer.from(opaque.startRegistration({ password: 'x' }).registrationRequest, 'base64url'))
}

function device(key: Uint8Array) {
  return { key, name: 'a device', added: 0 }
}

/** Storage in memory that notes each batch and fails when told. */
function recording() {
  const inner = openMemoryStorage()
  const batches: (readonly Change[])[] = []
  const fail = { next: false }
  const storage: Storage = {
    durable: false,
    get: keys => inner.get(keys),
    list: (prefix, range) => inner.list(prefix, range),
    async write(changes) {
      if (fail.next) {
        fail.next = false
        throw new Error('the disk is full')
      }
      batches.push(changes)
      return inner.write(changes)
    },
  }
  return { storage, batches, fail }
}
