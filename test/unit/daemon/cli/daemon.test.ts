import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { connect } from '../../../../daemon/src/client/connect.ts'
import { runParley as run } from '../../../support/command.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { parley, startHub, startRegistry } from '../../../support/team.ts'

const loopback = ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0']

describe('parley registry', () => {
  it('prints one ready line, makes invites, and stops cleanly on SIGTERM', async () => {
    await using folder = await temporaryFolder()
    const home = path.join(folder.path, 'registry')
    const registry = await startRegistry(home)
    const { event, listen, heartbeat, registryId, address } = registry.ready
    assert.equal(event, 'ready')
    assert.match(listen, /^127\.0\.0\.1:[1-9]\d*$/)
    assert.match(heartbeat, /^127\.0\.0\.1:[1-9]\d*$/)
    assert.match(registryId, /^[a-z2-7]{52}$/)
    assert.equal(address, `parley://${listen}/${registryId}?v=1`)

    const invite = await run(['invite', '--home', home, '--for', 'bob', '--json'])
    assert.equal(invite.code, 0, invite.err)
    assert.match(JSON.parse(invite.out).link, /^parley:\/\/127\.0\.0\.1:\d+\/[a-z2-7]{52}\?v=1#[a-z2-7]{26}$/)

    assert.equal(await registry.stop(), 0)
    assert.ok(!(await readdir(home)).includes('daemon.json'))
    const again = await startRegistry(home)
    assert.equal(again.ready.registryId, registryId, 'a registry is its key')
    assert.equal(await again.stop(), 0)
  })

  it('tells a person where it listens, its link and how to go on', async () => {
    await using folder = await temporaryFolder()
    const child = spawn(process.execPath, [
      parley,
      'registry',
      '--home',
      folder.path,
      '--sign-up',
      'invite',
      '--name',
      'Acme',
      ...loopback,
    ])
    let out = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text
      if (text.includes('Invite')) child.kill('SIGINT')
    })
    const code = await new Promise(resolve => child.on('close', resolve))
    assert.equal(code, 0)
    assert.match(out, /^Acme is up/)
    assert.match(out, /Listening {2}127\.0\.0\.1:\d+ \(TCP\), 127\.0\.0\.1:\d+ \(UDP\)/)
    assert.match(out, /Address {4}parley:\/\//)
    assert.match(out, new RegExp(`Invite somebody with: parley invite --home ${folder.path}`))
  })

  it('is what a stopped home is known for: no hub starts there', async () => {
    await using folder = await temporaryFolder()
    await (await startRegistry(folder.path)).stop()
    for (const command of ['doctor', 'status', 'who']) {
      const { code, err } = await run([command, '--home', folder.path])
      assert.equal(code, 1)
      assert.match(err, /No registry is running for .*`parley registry --home /)
    }
    assert.ok(!(await readdir(folder.path)).includes('device.key'))
  })

  it('says that its port is taken, and leaves nothing half-done', async () => {
    await using folder = await temporaryFolder()
    const other = createServer()
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
    const taken = other.address()
    assert.ok(typeof taken === 'object' && taken !== null)
    const args = [
      'registry',
      '--home',
      folder.path,
      '--listen',
      `127.0.0.1:${taken.port}`,
      '--heartbeat',
      '127.0.0.1:0',
    ]
    const { code, err } = await run(args)
    other.close()
    assert.equal(code, 1)
    assert.match(err, new RegExp(`^parley: .*${taken.port}.*\n$`, 'm'))
    assert.ok(!(await readdir(folder.path)).includes('daemon.json'))
  })

  it('refuses a second one in the same home', async () => {
    await using folder = await temporaryFolder()
    const registry = await startRegistry(folder.path)
    const second = await run(['registry', '--home', folder.path, ...loopback])
    assert.equal(second.code, 1)
    assert.match(second.err, /parley: Another Parley daemon is running/)
    const client = await connect({ home: folder.path, client: 'test' })
    assert.deepEqual(client.daemon.roles, ['registry'])
    client.close()
    await registry.stop()
  })

  it('refuses a database that is damaged, and leaves it as it is', async () => {
    await using folder = await temporaryFolder()
    const registry = await startRegistry(folder.path)
    await registry.stop()
    const data = path.join(folder.path, 'data')
    const files = await readdir(data, { recursive: true })
    const database = path.join(data, files.find(file => file.endsWith('.db')) ?? 'no database')
    const junk = Buffer.alloc(8192, 'junk')
    await writeFile(database, junk)
    const { code, err } = await run(['registry', '--home', folder.path, ...loopback])
    assert.equal(code, 1)
    assert.match(err, /parley: .*damaged/)
    assert.deepEqual(await readFile(database), junk)
  })

  it('refuses data of a newer version', async () => {
    await using folder = await temporaryFolder()
    const registry = await startRegistry(folder.path)
    await registry.stop()
    const data = path.join(folder.path, 'data')
    const files = await readdir(data, { recursive: true })
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(path.join(data, files.find(file => file.endsWith('.db')) ?? 'no database'))
    database.exec('PRAGMA user_version = 999')
    database.close()
    const { code, err } = await run(['registry', '--home', folder.path, ...loopback])
    assert.equal(code, 1)
    assert.match(err, /parley: .*newer/)
  })
})

describe('an old Node', () => {
  it('gets one sentence that says what is needed', async () => {
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } })'
    const node = `data:text/javascript,${encodeURIComponent(pretend)}`
    const { code, err } = await run(['who'], { NODE_OPTIONS: `--import ${node}` })
    assert.equal(code, 1)
    assert.equal(err.trim().split('\n').length, 1)
    assert.match(err, /^parley: this is Node 20\.1\.0, but Parley needs Node 22\.19 or newer; install it from/)
  })
})

describe('parley hub', () => {
  it('prints one ready line and stops cleanly by `parley stop`', async () => {
    await using folder = await temporaryFolder()
    const hub = await startHub(folder.path, { args: ['--listen', '127.0.0.1:0'] })
    assert.match(hub.ready.listen, /^127\.0\.0\.1:[1-9]\d*$/)
    const stopped = await run(['stop', '--home', folder.path])
    assert.deepEqual([stopped.code, stopped.out], [0, 'Stopped.\n'])
    assert.equal(await hub.ended, 0)
  })
})

describe('a home that cannot be used', () => {
  for (const [what, make, words] of [
    ['is a file', (home: string) => writeFile(home, ''), /not a folder/],
    [
      'is a symbolic link',
      async (home: string) => {
        await mkdir(`${home}-real`)
        await symlink(`${home}-real`, home)
      },
      /symbolic link/,
    ],
  ] as const) {
    it(`${what}: one sentence, exit code 1, for a daemon and for a command alike`, async () => {
      await using folder = await temporaryFolder()
      const home = path.join(folder.path, 'home')
      await make(home)
      for (const args of [['hub'], ['who']]) {
        const { code, err } = await run([...args, '--home', home])
        assert.equal(code, 1)
        assert.match(err, /^parley: [^\n]+\n$/)
        assert.match(err, words)
      }
    })
  }

  if (process.getuid?.() !== 0) {
    it('cannot be written: says so', async () => {
      await using folder = await temporaryFolder()
      await chmod(folder.path, 0o500)
      const { code, err } = await run(['hub', '--home', path.join(folder.path, 'home')])
      assert.equal(code, 1)
      assert.match(err, /^parley: [^\n]+\n$/)
    })
  }
})

describe('sign-up at a registry that cannot be reached', () => {
  it('says so with exit code 1, and nobody has signed up', async () => {
    await using folder = await temporaryFolder()
    const env = { PARLEY_PASSWORD: 'correct horse' }
    const { code, err } = await run(['sign-up', 'alice', '--registry', '127.0.0.1:9', '--home', folder.path], env)
    assert.equal(code, 1)
    assert.match(err, /^parley: [^\n]+\n$/)
    const status = await run(['status', '--home', folder.path, '--json'])
    assert.deepEqual(JSON.parse(status.out).hub.accounts, [])
    await run(['stop', '--home', folder.path])
  })
})
