import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { fromText, userId } from '../../../../daemon/src/protocol/ids.ts'
import {
  CreateInviteSchema,
  ListInvitesSchema,
  type Person,
  RevokeInviteSchema,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { readAttestation } from '../../../../daemon/src/protocol/statements.ts'
import type { AuditEvent } from '../../../../daemon/src/registry/audit.ts'
import {
  deviceOf,
  joined,
  lookUp,
  type Member,
  meet,
  resetPassword,
  search,
  signIn,
  signInByKey,
  signUp,
  watch,
} from '../../../support/member.ts'
import { registryMemory, startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })

/** What the changes of the online list have said of somebody, the latest. */
function lastRow({ events }: Member, of: Member): Person | undefined {
  return events
    .flatMap(event => (event.case === 'onlineChange' ? event.value.people : []))
    .findLast(({ user }) => userId(user) === of.user)
}

/** What the registry said when it ended the session. */
function endOf({ events }: Member): { code: string; message: string } {
  const last = events.at(-1)
  return last?.case === 'sessionEnded' ? last.value : { code: '', message: '' }
}

const hasChanged = ({ events }: Member, of: Member) =>
  events.some(event => event.case === 'peopleChanged' && event.value.users.some(user => userId(user) === of.user))

describe('the accounts of a registry', () => {
  it('are listed by name, page after page, with their devices', async () => {
    await using at = await startTestRegistry()
    const members: Member[] = []
    for (const name of ['carol', 'alice', 'bob']) members.push(await joined(at, name))
    const { users } = at.registry
    const first = await users.users({ limit: 2 })
    assert.deepEqual([first.users.map(({ name }) => name), first.more], [['alice', 'bob'], true])
    const rest = await users.users({ limit: 2, after: 'bob' })
    assert.deepEqual([rest.users.map(({ name }) => name), rest.more], [['carol'], false])
    const [alice] = first.users
    const device = members[1] && deviceOf(members[1])
    assert.deepEqual([alice?.role, alice?.state, alice?.status], ['member', 'active', 'online'])
    assert.deepEqual(
      alice?.devices.map(one => [one.device, one.name, one.isOnline, one.isPending]),
      [[device, 'laptop', true, false]],
    )
    assert.deepEqual(
      (await users.users({ query: 'ar', limit: 5 })).users.map(({ name }) => name),
      ['carol'],
    )
    await assert.rejects(users.user({ name: 'nobody' }), { code: 'unknown-user', message: /user list/ })
    for (const member of members) member.link.close()
  })

  it('without names of classic clients among them', async () => {
    await using at = await startTestRegistry()
    await at.memory.storage.write([{ put: 'name/aaa', value: new Uint8Array(0) }])
    await using alice = await joined(at, 'alice')
    const { users, more } = await at.registry.users.users({ limit: 1 })
    assert.deepEqual([users.map(({ name }) => name), more], [['alice'], false])
    alice.link.close()
  })
})

describe('a disabled account', () => {
  it('is signed out at once, with words, and signs in no more by key or password', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    const closed = alice.link.closed
    assert.equal((await at.registry.users.setUser({ name: 'alice', disabled: true })).state, 'disabled')
    await closed
    const { code: ended, message } = endOf(alice)
    assert.equal(ended, 'account-disabled')
    assert.match(message, /"alice" is disabled/)
    await alice.dial()
    await assert.rejects(signInByKey(alice), { code: 'account-disabled', message: /admin/ })
    await assert.rejects(signIn(alice), code('account-disabled'))
    assert.equal(await signIn(alice, 'wrong password'), undefined, 'only who has the password hears of it')
    const secret = fromText((await at.registry.users.resetUser({ name: 'alice' })).code)
    await assert.rejects(resetPassword(alice, secret, 'another horse'), code('account-disabled'))
  })

  it('has no devices for others, until it is enabled again', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const denied = async () => {
      const { attestation } = await lookUp(bob, { name: 'alice' })
      const by = { registryKey: bob.link.peerKey, registry: at.registry.id, now: Date.now() + 1000 }
      return readAttestation(attestation, by).denied
    }
    await at.registry.users.setUser({ name: 'alice', disabled: true })
    assert.ok((await denied()).has(deviceOf(alice)))
    await until('bob is told', () => hasChanged(bob, alice))
    bob.events.length = 0
    await at.registry.users.setUser({ name: 'alice', disabled: false })
    assert.equal((await denied()).size, 0)
    await until('bob is told again', () => hasChanged(bob, alice))
    await alice.dial()
    await signInByKey(alice)
    assert.deepEqual(
      at.memory.audited.slice(2).map(({ what, by, name }) => [what, by, name]),
      [
        ['user-disabled', 'operator', 'alice'],
        ['user-enabled', 'operator', 'alice'],
      ],
    )
  })

  it('is noted when that is asked again, for the first line may have been lost', async () => {
    const noted: string[] = []
    let isFull = true
    const note = async ({ what }: AuditEvent) => {
      if (isFull && what !== 'user-made') throw new ParleyError('storage', 'The disk is full.')
      noted.push(what)
    }
    await using at = await startTestRegistry({ audit: { note } })
    await using _alice = await joined(at, 'alice')
    const changes = { name: 'alice', disabled: true, role: 'admin' } as const
    await assert.rejects(at.registry.users.setUser(changes), code('storage'))
    await assert.rejects(at.registry.users.setUser({ name: 'alice', role: 'admin' }), code('storage'))
    isFull = false
    await at.registry.users.setUser(changes)
    assert.deepEqual(noted, ['user-made', 'user-disabled', 'role'])
  })

  it('stays so over a restart', async () => {
    const memory = registryMemory()
    const first = await startTestRegistry({ memory })
    const alice = await joined(first, 'alice')
    await first.registry.users.setUser({ name: 'alice', disabled: true })
    alice.link.close()
    await first.registry.close()
    await using again = await startTestRegistry({ memory })
    await using back = await meet(again, { identity: alice.identity })
    await assert.rejects(signInByKey(back), code('account-disabled'))
  })

  it('is not slipped into by a sign-in that was judged a moment before', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    for (let time = 0; time < 20; time++) {
      await alice.dial()
      const attempt = signInByKey(alice).then(
        () => 'in',
        () => 'refused',
      )
      await at.registry.users.setUser({ name: 'alice', disabled: true })
      await attempt
      assert.equal((await at.registry.users.user({ name: 'alice' })).devices[0]?.isOnline, false)
      await at.registry.users.setUser({ name: 'alice', disabled: false })
    }
  })
})

describe('a deleted account', () => {
  it('is erased but for its name and id, which stay reserved', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using thief = await meet(at, { name: 'alice' })
    await signIn(thief)
    await using bob = await joined(at, 'bob')
    await at.registry.users.resetUser({ name: 'alice' })
    await at.registry.invites.invite({ forName: 'alice' })
    await at.registry.invites.invite({ forName: 'bob' })
    await at.memory.storage.write([{ put: 'classic/alice', value: new Uint8Array([1]) }])
    const closed = alice.link.closed
    await at.registry.users.deleteUser({ name: 'Alice' })
    await closed
    assert.equal(endOf(alice).code, 'unknown-account')
    const rows = await rowsOf(at.memory.storage)
    const own = [alice.user, deviceOf(alice), deviceOf(thief), 'alice']
    const left = [...rows].filter(([key, value]) => own.some(id => key.includes(id) || holds(value, alice)))
    assert.deepEqual(left.map(([key]) => key).sort(), ['name/alice', `user/${alice.user}`])
    assert.equal([...rows.keys()].filter(key => key.startsWith('invite/')).length, 1)
    const { state, devices, displayName } = await at.registry.users.user({ name: 'alice' })
    assert.deepEqual([state, devices, displayName], ['deleted', [], 'alice'])
    assert.deepEqual(at.memory.audited.at(-1), {
      what: 'user-deleted',
      by: 'operator',
      user: alice.user,
      name: 'alice',
    })
    await alice.dial()
    await assert.rejects(signInByKey(alice), code('unknown-account'))
    await thief.dial()
    assert.equal(await signIn(thief), undefined)
    await using same = await meet(at, { name: 'alice' })
    await assert.rejects(signUp(same), code('name-taken'))
    await using sameId = await meet(at, { name: 'another', user: alice.user })
    await assert.rejects(signUp(sameId), code('conflict'))
    await assert.rejects(at.registry.users.setUser({ name: 'alice', role: 'admin' }), {
      code: 'unknown-user',
      message: /deleted/,
    })
    bob.link.close()
  })

  it('leaves the lists of others', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const { total } = await watch(bob)
    assert.equal(total, 2)
    await at.registry.users.deleteUser({ name: 'alice' })
    await until('bob sees alice leave', () => lastRow(bob, alice)?.status === 'offline')
    await until('bob is told to look again', () => hasChanged(bob, alice))
    const totals = bob.events.flatMap(event => (event.case === 'onlineChange' ? [event.value.total] : []))
    assert.equal(totals.at(-1), 1)
    assert.equal((await search(bob, 'ali')).people.length, 0)
    assert.deepEqual(
      (await search(bob, '')).people.map(({ name }) => name),
      ['bob'],
    )
    await assert.rejects(lookUp(bob, { name: 'alice' }), code('unknown-user'))
    await assert.rejects(lookUp(bob, { user: fromText(alice.user) }), code('unknown-user'))
  })

  it('leaves them when it was offline, too, and nothing of it is written later', async () => {
    const memory = registryMemory()
    const first = await startTestRegistry({ memory, waits: { presenceGrace: 50, presenceFlush: 5, lastSeenEvery: 10 } })
    const alice = await joined(first, 'alice')
    await using bob = await joined(first, 'bob')
    await watch(bob)
    alice.link.close()
    await until('alice is in her grace', () => first.registry.status().online === 2)
    await first.registry.users.deleteUser({ name: 'alice' })
    await until('bob hears of it', () => lastRow(bob, alice)?.status === 'offline')
    assert.equal(first.registry.status().users, 1)
    await first.registry.close()
    assert.equal((await rowsOf(memory.storage)).has(`seen/${alice.user}`), false)
    await using again = await startTestRegistry({ memory })
    assert.equal(again.registry.status().users, 1)
    assert.equal((await again.registry.users.user({ name: 'alice' })).state, 'deleted')
    assert.deepEqual(
      (await again.registry.users.users({ limit: 9 })).users.map(({ name, state }) => [name, state]),
      [
        ['alice', 'deleted'],
        ['bob', 'active'],
      ],
    )
  })

  it('that a crash has left half erased is finished by deleting it again', async () => {
    const memory = registryMemory()
    const { storage } = memory
    let isBroken = false
    const failing = {
      ...memory,
      storage: {
        durable: false,
        get: (keys: readonly string[]) => storage.get(keys),
        list: (...args: Parameters<typeof storage.list>) => storage.list(...args),
        write: (changes: Parameters<typeof storage.write>[0]) => {
          const isSweep = changes.some(change => 'remove' in change && change.remove.startsWith('device/'))
          return isBroken && isSweep ? Promise.reject(new Error('gone')) : storage.write(changes)
        },
      },
    }
    await using at = await startTestRegistry({ memory: failing })
    await using alice = await joined(at, 'alice')
    isBroken = true
    await assert.rejects(at.registry.users.deleteUser({ name: 'alice' }))
    assert.ok((await rowsOf(storage)).has(`device/${deviceOf(alice)}`))
    await alice.dial()
    await assert.rejects(signInByKey(alice), code('unknown-account'))
    isBroken = false
    await at.registry.users.deleteUser({ name: 'alice' })
    assert.ok(!(await rowsOf(storage)).has(`device/${deviceOf(alice)}`))
  })
})

describe('an admin', () => {
  const invite = (by: Member, wish = {}) =>
    by.ask({ case: 'createInvite', value: create(CreateInviteSchema, wish) }, 'invite')
  const invites = async (by: Member) =>
    (await by.ask({ case: 'listInvites', value: create(ListInvitesSchema) }, 'inviteList')).invites
  const revoke = (by: Member, id: string) =>
    by.ask({ case: 'revokeInvite', value: create(RevokeInviteSchema, { id }) }, 'done')

  it('is one from the moment of being made one, and told so', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await assert.rejects(invite(alice), { code: 'not-admin', message: /admin/ })
    assert.equal((await at.registry.users.setUser({ name: 'alice', role: 'admin' })).role, 'admin')
    await until('alice is told', () =>
      alice.events.some(event => event.case === 'ownChanged' && event.value.role === 'admin'),
    )
    const made = await invite(alice, { uses: 2, forName: 'bob' })
    assert.match(made.link, /^parley:.*#[a-z2-7]{26}$/)
    assert.match(made.text, /Join Acme/)
    assert.deepEqual([made.uses, made.forName, made.by], [2, 'bob', 'alice'])
    const [listed] = await invites(alice)
    assert.deepEqual([listed?.id, listed?.by, listed?.link, listed?.text], [made.id, 'alice', '', ''])
    await revoke(alice, made.id)
    assert.deepEqual(await invites(alice), [])
    await alice.dial()
    assert.equal((await signInByKey(alice)).role, 'admin')
    assert.deepEqual(
      at.memory.audited.slice(1).map(({ what, by, detail }) => [what, by, detail]),
      [
        ['role', 'operator', 'admin'],
        ['invite', alice.user, made.id],
        ['invite-revoked', alice.user, made.id],
      ],
    )
  })

  it('is none any more from the moment of being made a member', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await at.registry.users.setUser({ name: 'alice', role: 'admin' })
    await invite(alice)
    await at.registry.users.setUser({ name: 'alice', role: 'member' })
    for (const refused of [invite(alice), invites(alice), revoke(alice, 'aaaaaaaaaaaa')]) {
      await assert.rejects(refused, code('not-admin'))
    }
  })

  it('cannot invite without bounds, nor into a team that is closed', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await at.registry.users.setUser({ name: 'alice', role: 'admin' })
    await assert.rejects(invite(alice, { uses: limits.inviteUses + 1 }), code('usage'))
    await assert.rejects(invite(alice, { expires: 1n }), code('usage'))
    await assert.rejects(invite(alice, { expires: 2n ** 63n }), code('usage'))
    await assert.rejects(invite(alice, { forName: 'all' }), code('bad-name'))
    await assert.rejects(revoke(alice, 'x'.repeat(1000)), code('bad-invite'))
  })

  it('is made by the invite of whoever starts a team', async () => {
    await using at = await startTestRegistry({ options: { signUp: 'invite' } })
    for (const [name, role] of [
      ['alice', 'admin'],
      ['bob', 'member'],
    ] as const) {
      const { link } = await at.registry.invites.invite({ forName: name, role })
      await using member = await meet(at, { name })
      const said = await signUp(member, { invite: fromText(link.split('#')[1] ?? '') })
      assert.equal(said.role, role)
      assert.equal((await at.registry.users.user({ name })).role, role)
    }
  })
})

async function rowsOf(storage: Pick<Storage, 'list'>): Promise<Map<string, Uint8Array>> {
  const { rows } = await storage.list('', { limit: 1000 })
  return new Map(rows.map(([key, value]) => [key, value]))
}

/** Whether a row says anything of somebody but that the user id and name were theirs. */
function holds(value: Uint8Array, { account, identity }: Member): boolean {
  const bytes = Buffer.from(value)
  return bytes.includes(Buffer.from(account.spki)) || bytes.includes(Buffer.from(identity.spki))
}
