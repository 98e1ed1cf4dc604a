import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { definePlugin } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { connect } from '../../daemon/src/client/connect.ts'
import { loadConfig } from '../../daemon/src/config.ts'
import { type Daemon, startDaemon } from '../../daemon/src/daemon.ts'
import { registryId } from '../../daemon/src/protocol/ids.ts'
import authPassword from '../../plugins/auth-password/src/index.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { joined, meet, signInByKey } from '../support/member.ts'
import { readMetrics } from '../support/open-metrics.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { portOf, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

describe('keeping a registry', () => {
  it('backs it up while it runs and while it does not, and restores it with its key alone', async () => {
    await using folder = await temporaryFolder()
    const at = (name: string) => path.join(folder.path, name)
    await using registry = await startRegistry(at('home'))
    const place = {
      host: '127.0.0.1',
      port: portOf(registry.ready.listen),
      registry: { id: registryId(registry.ready.registryId) },
    }
    await using alice = await joined(place, 'alice')
    const made = await runParley(['registry', 'backup', at('one.backup'), '--home', at('home')])
    assert.equal(made.code, 0, made.err)
    assert.match(made.out, /rows, .*\n.*registry\.key as well.*\n.*registry check/)
    assert.equal((await stat(at('one.backup'))).mode & 0o777, 0o600)
    const twice = await runParley(['registry', 'backup', at('one.backup'), '--home', at('home')])
    assert.deepEqual([twice.code, twice.out], [2, ''])
    assert.match(twice.err, /is there already/)
    await registry.stop()

    const still = await runParley(['registry', 'backup', at('two.backup'), '--home', at('home'), '--json'])
    assert.equal(JSON.parse(still.out).file, at('two.backup'), still.err)
    for (const name of ['one.backup', 'two.backup']) {
      const checked = await runParley(['registry', 'check', at(name), '--key', at('home/registry.key'), '--json'])
      const { registry: id, accounts, devices, opens } = JSON.parse(checked.out)
      assert.deepEqual([id, accounts, devices, opens], [registry.ready.registryId, 1, 1, true])
    }

    const restore = (...more: string[]) =>
      runParley(['registry', 'restore', at('one.backup'), '--home', at('new'), ...more])
    const keyless = await restore()
    assert.match(keyless.err, /registry\.key that belongs to it/)
    assert.equal(keyless.code, 2)
    await writeFile(at('wrong.key'), Buffer.alloc(32, 1), { mode: 0o600 })
    assert.match((await restore('--key', at('wrong.key'))).err, /does not open the secret/)
    const whole = await readFile(at('one.backup'))
    await writeFile(at('cut.backup'), whole.subarray(0, -40))
    const cut = await runParley([
      'registry',
      'restore',
      at('cut.backup'),
      '--home',
      at('new'),
      '--key',
      at('home/registry.key'),
    ])
    assert.match(cut.err, /damaged: it is cut short/)

    const done = await restore('--key', at('home/registry.key'))
    assert.equal(done.code, 0, done.err)
    assert.match(done.out, /No audit log:.*\n\nRestored\. Start it with: parley registry --home/)
    const again = await restore('--key', at('home/registry.key'))
    assert.match(again.err, /nothing is overwritten/)
    await using second = await startRegistry(at('new'))
    assert.equal(second.ready.registryId, registry.ready.registryId)
    await using member = await meet({ ...place, port: portOf(second.ready.listen) }, alice)
    await signInByKey(member)
  })

  it('reads its configuration again by SIGHUP and by command, and takes nothing from a broken file', async () => {
    await using folder = await temporaryFolder()
    const home = path.join(folder.path, 'home')
    const write = (registry: object) =>
      writeFile(path.join(home, 'parley.json'), JSON.stringify({ registry }), { mode: 0o600 })
    await mkdir(home, { mode: 0o700 })
    await write({ name: 'One', signUp: 'open', listen: ['127.0.0.1:0', '[::1]:0'], heartbeat: '127.0.0.1:0' })
    await using registry = await startRegistry(home, { args: [] })
    const client = await connect({ home, client: 'test' })
    const told = async () => (await client.request('status', {})).registry
    await write({ name: 'Two', signUp: 'closed', listen: ['127.0.0.1:0'], heartbeat: '127.0.0.1:0' })
    const { code, out } = await runParley(['registry', 'reload', '--home', home])
    assert.deepEqual(
      [code, out],
      [0, 'In effect now: registry.name, registry.signUp.\nWaiting for a restart: registry.listen.\n'],
    )
    assert.deepEqual([(await told())?.team, (await told())?.signUp], ['Two', 'closed'])
    await write({ name: 'Three', signUp: 'maybe' })
    const broken = await runParley(['registry', 'reload', '--home', home])
    assert.equal(broken.code, 2)
    assert.match(broken.err, /parley\.json/)
    assert.equal((await told())?.team, 'Two')
    await write({ name: 'Four', signUp: 'closed', listen: ['127.0.0.1:0', '[::1]:0'], heartbeat: '127.0.0.1:0' })
    process.kill(registry.pid, 'SIGHUP')
    await until('the new name', async () => (await told())?.team === 'Four')
    client.close()
  })

  it('prints what it measures', async () => {
    await using folder = await temporaryFolder()
    await using _ = await startRegistry(folder.path)
    await runParley(['registry', 'backup', path.join(folder.path, 'a.backup'), '--home', folder.path])
    const { code, out } = await runParley(['status', '--metrics', '--home', folder.path])
    assert.equal(code, 0)
    const values = readMetrics(out)
    assert.equal(values.get('parley_accounts'), 0)
    assert.ok((values.get('parley_backup_age_seconds') ?? -1) >= 0)
    assert.ok((values.get('parley_storage_write_seconds_count') ?? 0) > 0)
  })

  it('ends, with words, when another registry has taken its storage', async () => {
    await using folder = await temporaryFolder()
    const shared = openMemoryStorage()
    const storage = definePlugin({ name: 'shared', api: 1, setup: () => ({ storage: shared }) })
    const log = new RecordedLog()
    const start = (name: string): Promise<Daemon> => {
      const config = loadConfig(undefined)
      return startDaemon({
        home: path.join(folder.path, name),
        roles: ['registry'],
        builtIns: { shared: async () => storage, auth: async () => authPassword },
        config: {
          ...config,
          plugins: [{ use: 'shared' }, { use: 'auth' }],
          registry: { ...config.registry, listen: ['127.0.0.1:0'], heartbeat: '127.0.0.1:0', volatile: true },
        },
        log,
      })
    }
    const first = await start('first')
    // A copy of its home: whoever starts from it takes the first one for gone.
    await mkdir(path.join(folder.path, 'second'), { mode: 0o700 })
    for (const file of ['holder', 'registry.key']) {
      await cp(path.join(folder.path, 'first', file), path.join(folder.path, 'second', file))
    }
    const second = await start('second')
    const ended = assert.rejects(first.stopped, { code: 'conflict', message: /taken over/ })
    await assert.rejects(async () => first.registry?.invites.invite({}), { code: 'conflict' })
    await ended
    await second.registry?.invites.invite({})
    await second.stop()
  })

  it('backs up what an older one has stored before it changes it, and an older one refuses what it finds then', async () => {
    await using folder = await temporaryFolder()
    await (await startRegistry(folder.path)).stop()
    const database = path.join(folder.path, 'data', 'storage-sqlite', 'data.db')
    await setFormat(database, '1')
    await (await startRegistry(folder.path)).stop()
    const [name = ''] = await readdir(path.join(folder.path, 'backups'))
    assert.match(name, /^format-1-/)
    const checked = await runParley(['registry', 'check', path.join(folder.path, 'backups', name), '--json'])
    assert.equal(JSON.parse(checked.out).format, 1)
    await setFormat(database, '99')
    const { code, err } = await runParley(['registry', '--home', folder.path, '--listen', '127.0.0.1:0'])
    assert.equal(code, 1)
    assert.match(err, /written by a newer Parley \(format 99, this one knows 2\)/)
  })
})

async function setFormat(file: string, format: string): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(file)
  database.prepare("UPDATE rows SET value = ? WHERE key = 'format'").run(Buffer.from(format))
  database.close()
}
