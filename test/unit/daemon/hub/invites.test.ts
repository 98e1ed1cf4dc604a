import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { readParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import { InviteListSchema, InviteSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })

describe('hub: invites', () => {
  it('are for admins, who are told at once that they are', async () => {
    await using at = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const { invites } = alice.hub
    const { isAdmin } = await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    assert.equal(isAdmin, undefined)
    await assert.rejects(invites.invite({}), { code: 'not-admin', message: /Only an admin/ })
    await at.registry.users.setUser({ name: 'alice', role: 'admin' })
    await alice.seen('alice is an admin', () => alice.account().isAdmin)
    const expires = Date.now() + 3600_000
    const made = await invites.invite({ uses: 3, expires, forName: 'bob' })
    assert.deepEqual([made.uses, made.expires, made.forName], [3, expires, 'bob'])
    assert.equal(readParleyLink(made.link).registry, at.registry.id)
    assert.ok(made.text.split('\n').includes(made.link))
    const { invites: listed } = await invites.invites()
    assert.deepEqual(
      listed.map(({ id, uses, used, forName, by }) => [id, uses, used, forName, by]),
      [[made.id, 3, 0, 'bob', 'alice']],
    )
    await invites.revokeInvite({ id: made.id })
    await assert.rejects(invites.revokeInvite({ id: made.id }), code('bad-invite'))
    await at.registry.users.setUser({ name: 'alice', role: 'member' })
    await alice.seen('alice is none any more', () => alice.account().isAdmin === undefined)
  })

  it('are not shown when a registry makes them to another place, and their words are made harmless', async () => {
    await using at = await startFakeRegistry()
    await using elsewhere = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: at.address, name: 'alice', password })
    let link = elsewhere.address
    const invite = () =>
      create(InviteSchema, { id: 'x\u001b[2J', link, text: 'Join\n\u202eus\r', forName: '\u0007', uses: 1 })
    at.answer = is => {
      if (is.case === 'createInvite') return { case: 'invite', value: invite() }
      if (is.case !== 'listInvites') return undefined
      const invites = [{ ...invite(), expires: 2n ** 60n, by: 'a\nb' }]
      return { case: 'inviteList', value: create(InviteListSchema, { invites }) }
    }
    await assert.rejects(alice.hub.invites.invite({}), code('forged'))
    link = at.address
    const { id, text } = await alice.hub.invites.invite({})
    assert.deepEqual([id, text], ['x [2J', 'Join\nus'])
    const [listed] = (await alice.hub.invites.invites()).invites
    assert.deepEqual([listed?.by, listed?.expires], ['a b', 0])
  })
})
