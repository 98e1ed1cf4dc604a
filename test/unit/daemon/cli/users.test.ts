import assert from 'node:assert/strict'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { joined, meet, resetPassword, signIn, signInByKey } from '../../../support/member.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'
import { cli } from '../../../support/terminal.ts'

describe('commands of an operator', () => {
  let at: RunningRegistry
  let home: string
  let release: () => Promise<void>

  beforeEach(async () => {
    const folder = await temporaryFolder()
    home = folder.path
    at = await startTestRegistry({ options: { signUp: 'open' } })
    const { daemonFile } = ensureHome(home)
    const { registry } = at
    const roles = ['registry'] as const
    const control = await startControl({
      home,
      daemonFile,
      roles,
      registry: () => registry,
      checks: () => [],
      log: silentLog,
      stop: () => {},
    })
    release = async () => {
      await control.close()
      await registry.close()
      await folder[Symbol.asyncDispose]()
    }
  })
  afterEach(() => release())

  const run = (args: string[], input: Parameters<typeof cli>[1] = {}) => cli([...args, '--home', home], input)

  it('list and show accounts', async () => {
    assert.equal((await run(['user', 'list'])).out, 'There are no accounts.\n')
    for (const name of ['bob', 'alice', 'carol']) (await joined(at, name)).link.close()
    const { out } = await run(['user', 'list', '--limit', '2'])
    assert.match(out, /^alice .*1 device\nbob .*1 device\nThere are more: parley user list --after bob\.\n$/)
    assert.match((await run(['user', 'list', '--after', 'bob'])).out, /^carol/)
    assert.match((await run(['user', 'list', 'aro'])).out, /^carol/)
    assert.equal((await run(['user', 'list', 'zzz'])).out, 'Nobody is called zzz.\n')
    const shown = await run(['user', 'show', 'Alice'])
    assert.match(shown.out, /^alice\n {2}state +active\n {2}role +member\n/)
    assert.match(shown.out, /device +laptop, /)
    const json = JSON.parse((await run(['user', 'show', 'alice', '--json'])).out)
    assert.deepEqual([json.name, json.state, json.devices.length], ['alice', 'active', 1])
  })

  it('disable, enable, promote and reset', async () => {
    await using alice = await joined(at, 'alice')
    assert.match((await run(['user', 'disable', 'alice'])).out, /cannot sign in.*parley user enable alice/)
    await alice.dial()
    await assert.rejects(signInByKey(alice), { code: 'account-disabled' })
    assert.equal((await run(['user', 'enable', 'alice'])).out, 'alice can sign in again.\n')
    assert.match((await run(['user', 'role', 'alice', 'admin'])).out, /may invite/)
    assert.equal((await signInByKey(alice)).role, 'admin')
    const { text, code, expires } = JSON.parse((await run(['user', 'reset', 'alice', '--json'])).out)
    assert.ok(text.split('\n').includes(code) && text.includes('parley sign-in alice --code'))
    assert.ok(expires > Date.now())
    await using elsewhere = await meet(at, { name: 'alice' })
    await resetPassword(elsewhere, fromText(code), 'another horse')
    assert.ok(await signIn(elsewhere, 'another horse'))
  })

  it('delete only after a yes, and say what remains', async () => {
    ;(await joined(at, 'alice')).link.close()
    const silent = await run(['user', 'delete', 'alice'])
    assert.equal(silent.code, 2)
    const no = await run(['user', 'delete', 'alice'], { typed: [[/Type yes/, 'n\r']] })
    assert.deepEqual([no.code, no.err.includes('Nothing was deleted.')], [1, true])
    assert.match(no.err, /remains on the devices of the others/)
    assert.equal((await at.registry.users.user({ name: 'alice' })).state, 'active')
    const yes = await run(['user', 'delete', 'alice'], { typed: [[/Type yes/, 'yes\r']] })
    assert.equal(yes.code, 0)
    assert.match(yes.out, /erased.*remains/)
    assert.match((await run(['user', 'list'])).out, /^alice +deleted\n$/)
    assert.match((await run(['user', 'show', 'alice'])).out, /deleted .*stays reserved/)
    assert.equal((await run(['user', 'delete', 'alice', '--yes', '--json'])).out, '{"deleted":"alice"}\n')
  })

  it('list and revoke invites', async () => {
    assert.match((await run(['invites'])).out, /^There are no invites/)
    const { id } = JSON.parse((await run(['invite', '--for', 'bob', '--uses', '3', '--json'])).out)
    const { out } = await run(['invites'])
    assert.match(out, new RegExp(`^${id} +used 0 of 3 +until .* for bob +made `))
    assert.match((await run(['invites', 'revoke', id])).out, /is revoked/)
    const again = await run(['invites', 'revoke', id])
    assert.deepEqual([again.code, again.out], [1, ''])
    assert.match(again.err, /There is no invite/)
  })

  it('say what is wrong with what they were given', async () => {
    for (const [args, code, words] of [
      [['user', 'show', 'nobody'], 1, /Nobody here has the name "nobody"/],
      [['user', 'show', 'no body'], 2, /cannot be a user name/],
      [['user', 'role', 'alice', 'boss'], 2, /admin, member/],
      [['user', 'list', '--limit', '0'], 2, /--limit takes a number/],
      [['user', 'frob'], 2, /Unknown command 'frob'/],
      [['user', 'delete'], 2, /missing required argument|Missing required argument/],
    ] as const) {
      const result = await run([...args])
      assert.deepEqual([result.code, result.out], [code, ''], args.join(' '))
      assert.match(result.err, words)
    }
    const nowhere = await cli(['user', 'list', '--home', `${home}/elsewhere`])
    assert.deepEqual([nowhere.code, /No registry is running/.test(nowhere.err)], [1, true])
  })
})
