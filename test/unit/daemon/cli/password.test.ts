import assert from 'node:assert/strict'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { cli } from '../../../support/terminal.ts'

const [second, third] = ['second horse battery', 'third horse battery']

describe('commands about passwords', () => {
  it('change the password at a terminal and from a pipe, and set one by a code', async () => {
    await using at = await startTestRegistry()
    await using own = await hubHome()
    const { path: home } = own
    await using alice = await startTestHub(own)
    await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    const { daemonFile } = ensureHome(home)
    const { hub } = alice
    const control = await startControl({
      home,
      daemonFile,
      roles: ['hub'],
      hub,
      checks: () => [],
      log: silentLog,
      stop: () => {},
    })
    try {
      const typed = await cli(['password', '--home', home], {
        typed: [
          [/Present password: /, 'mistyped\r'],
          [/Choose a new password: /, '123456\r'],
          [/anyone would guess[\s\S]*Choose a new password: /, `${second}\r`],
          [/The same again: /, `${third}\r`],
          [/differ[\s\S]*Choose a new password: /, `${second}\r`],
          [/The same again: /, `${second}\r`],
          [/present password is wrong[\s\S]*Present password: /, `${password}\r`],
        ],
      })
      assert.equal(typed.code, 0, typed.err)
      assert.match(typed.out, /new password holds/)
      assert.ok(![password, second, third].some(secret => typed.out.includes(secret) || typed.err.includes(secret)))

      const piped = await cli(['password', '--home', home, '--json'], { stdin: `${second}\n${third}\n` })
      assert.deepEqual([piped.code, piped.out], [0, '{}\n'], piped.err)

      await hub.signOut()
      const { code } = await at.registry.users.resetUser({ name: 'alice' })
      const reset = await cli(['sign-in', '--code', '--home', home, '--json'], {
        env: { PARLEY_CODE: code, PARLEY_NEW_PASSWORD: password },
      })
      assert.equal(reset.code, 0, reset.err)
      assert.deepEqual(JSON.parse(reset.out).state, 'online')
      const again = await cli(['sign-in', 'alice', '--code', '--home', home], { stdin: `${code}\n${second}\n` })
      assert.deepEqual([again.code, /used or too old/.test(again.err)], [1, true])
    } finally {
      await control.close()
    }
  })
})
