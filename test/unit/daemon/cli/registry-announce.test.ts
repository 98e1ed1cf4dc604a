import assert from 'node:assert/strict'
import { startControl } from '../../../../daemon/src/control/server.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { silentLog } from '../../../../daemon/src/log.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { cli } from '../../../support/terminal.ts'

describe('parley registry announce', () => {
  it('asks first, says what follows, and takes nothing else than one of two', async () => {
    await using folder = await temporaryFolder()
    await using at = await startTestRegistry()
    const home = folder.path
    const { daemonFile } = ensureHome(home)
    const { registry } = at
    const about = { home, daemonFile, roles: ['registry'] as const, checks: () => [], log: silentLog, stop: () => {} }
    const control = await startControl({ ...about, registry: () => registry })
    const run = (args: string[], input: Parameters<typeof cli>[1] = {}) =>
      cli(['registry', 'announce', ...args, '--home', home], input)
    try {
      const no = await run(['--address', 'chat.example'], { typed: [[/chat\.example:3131.*Type yes/s, 'no\r']] })
      assert.deepEqual([no.code, /Nothing was announced/.test(no.err)], [1, true])
      const yes = await run(['--address', 'chat.example'], { typed: [[/Type yes/, 'yes\r']] })
      assert.equal(yes.code, 0)
      assert.match(yes.out, /notice 1.*chat\.example:3131.*"public"/s)
      const key = await run(['--new-key'], { env: { PARLEY_YES: 'yes' } })
      assert.match(key.out, /notice 2.*new backup/s)
      assert.deepEqual(JSON.parse((await run(['--new-key', '--yes', '--json'])).out), { number: 3 })
      for (const args of [
        [],
        ['--new-key', '--address', 'x'],
        ['--address', 'not an address', '--yes'],
        ['--new-key'],
      ]) {
        assert.equal((await run(args)).code, 2, args.join(' '))
      }
    } finally {
      await control.close()
    }
  })
})
