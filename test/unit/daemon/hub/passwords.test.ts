import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { RegistryWelcomeSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const newPassword = 'another horse battery'

describe('hub: passwords', () => {
  it('are changed by who knows the present one, and signed in with from then on', async () => {
    await using at = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const { passwords } = alice.hub
    await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    await assert.rejects(passwords.changePassword({ password: 'wrong one', newPassword }), {
      code: 'wrong-credentials',
      message: /present password/,
    })
    await passwords.changePassword({ password, newPassword })
    assert.equal(alice.account().state, 'online')
    await alice.hub.signOut()
    await assert.rejects(alice.hub.signIn({ password }), code('wrong-credentials'))
    assert.equal((await alice.hub.signIn({ password: newPassword })).state, 'online')
  })

  it('are refused before anything is sent when anyone would guess them', async () => {
    await using at = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const { passwords } = alice.hub
    await assert.rejects(passwords.changePassword({ password, newPassword }), code('unknown-account'))
    await alice.hub.signUp({ registry: at.address, name: 'alice', password })
    at.asked.length = 0
    await assert.rejects(passwords.changePassword({ password, newPassword: '123456' }), code('bad-password'))
    const reset = { name: 'alice', code: 'a'.repeat(26), newPassword: 'password' }
    await assert.rejects(passwords.resetPassword(reset), code('bad-password'))
    for (const wrong of ['', 'abc', 'a'.repeat(27), '!'.repeat(26)]) {
      await assert.rejects(passwords.resetPassword({ ...reset, code: wrong, newPassword }), {
        code: 'usage',
        message: /26 letters and digits/,
      })
    }
    const other = { ...reset, name: 'bob', newPassword }
    await assert.rejects(passwords.resetPassword(other), code('already-signed-up'))
    assert.deepEqual(at.asked, [])
  })

  it('are set anew with the code of an admin, which signs in as well, however it was copied', async () => {
    await using at = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    await alice.hub.signOut()
    const { code: secret } = await at.registry.users.resetUser({ name: 'alice' })
    const copied = ` ${secret.toUpperCase().replace(/(.{5})/g, '$1-')}\n`
    const account = await alice.hub.passwords.resetPassword({ name: 'alice', code: copied, newPassword })
    assert.equal(account.state, 'online')
    await assert.rejects(
      alice.hub.passwords.resetPassword({ name: 'alice', code: secret, newPassword }),
      code('wrong-credentials'),
    )
  })

  it('set anew from a new home leave its device waiting to be approved', async () => {
    await using at = await startTestRegistry()
    await using home = await hubHome()
    await using first = await startTestHub(home)
    await first.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    const { code: secret } = await at.registry.users.resetUser({ name: 'alice' })
    await using other = await hubHome()
    await using second = await startTestHub(other)
    const registry = at.registry.address
    const account = await second.hub.passwords.resetPassword({ registry, name: 'alice', code: secret, newPassword })
    assert.equal(account.state, 'pending')
    assert.equal(first.account().state, 'online', 'the other devices stay signed in')
  })

  it('go to no registry that suddenly offers another mechanism', async () => {
    await using at = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home, { reconnect: { first: 20, fast: 50, fastFor: 60_000, slow: 50 } })
    await alice.hub.signUp({ registry: at.address, name: 'alice', password })
    at.answer = (is, link) => {
      if (is.case !== 'registryHello') return undefined
      link.established()
      const time = BigInt(Date.now())
      return {
        case: 'registryWelcome',
        value: create(RegistryWelcomeSchema, { version: 1, time, mechanisms: ['prompt', 'plain'] }),
      }
    }
    for (const link of at.links) link.close()
    await alice.seen('alice is back', () => at.asked.includes('signIn') && alice.account().state === 'online')
    at.asked.length = 0
    const { passwords } = alice.hub
    const refused = { code: 'unsupported', message: /"prompt", "plain"/ }
    await assert.rejects(passwords.changePassword({ password, newPassword }), refused)
    await assert.rejects(passwords.resetPassword({ name: 'alice', code: 'a'.repeat(26), newPassword }), refused)
    assert.ok(!at.asked.includes('changePassword') && !at.asked.includes('resetPassword'))
  })

  it('are proved to nobody who only pretends to know them', async () => {
    await using at = await startFakeRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: at.address, name: 'alice', password })
    // It says done to everything, as if no proof were needed.
    await assert.rejects(alice.hub.passwords.changePassword({ password, newPassword }), code('bad-frame'))
  })
})
