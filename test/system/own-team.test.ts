import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { messageText } from '../support/hub.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

/** Somebody who may start a team: on loopback and on free ports, unless `registry` says otherwise. */
function host(folder: string, name: string, registry: object = {}): Person {
  const home = join(folder, name)
  mkdirSync(home, { mode: 0o700 })
  const wish = { listen: ['127.0.0.1:0'], heartbeat: '127.0.0.1:0', ...registry }
  writeFileSync(join(home, 'parley.json'), JSON.stringify({ registry: wish }))
  return new Person(name, home)
}

async function isOnline(person: Person): Promise<boolean> {
  const { hub } = await person.client.request('status', {})
  return hub?.accounts[0]?.state === 'online'
}

async function texts(person: Person, other: string): Promise<string[]> {
  const { messages } = await person.client.request('history', { with: other, limit: 100 })
  return messages.map(({ text }) => text)
}

describe('a team on one’s own computer', () => {
  it('is started by a hub, outlives SIGKILL, and others join by its invite and chat', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using alice = await host(folder.path, 'alice').start()
    const team = await alice.client.request('hostTeam', { team: 'Acme' })
    assert.equal(team.team, 'Acme')
    const account = await alice.signUp(team.address, password)
    assert.equal(account.registry, team.registry)
    assert.deepEqual([account.isHosted, account.isAdmin], [true, true], 'who starts a team runs it')
    assert.deepEqual(await alice.client.request('hostTeam', { team: 'Other' }), team, 'asked again, it is as before')

    await alice.kill()
    await alice.start()
    assert.deepEqual(alice.client.daemon.roles, ['hub', 'registry'])
    await until('alice is online again', () => isOnline(alice))
    const { text } = await alice.client.request('invite', {})

    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    const found = await bob.client.request('probe', { text: `Hi bob,\n\n${text}\n\nSee you!` })
    assert.equal(found.is, 'registry')
    assert.ok(found.is === 'registry' && found.hasCode && found.isPinned && found.team === 'Acme')
    assert.equal((await bob.client.request('status', {})).hub?.accounts.length, 0, 'a look keeps nothing')
    await bob.signUp(found.link, password)
    const { message } = await bob.client.request('send', { to: 'alice', text: 'hello', message: messageText() })
    const { conversation } = await bob.client.request('history', { with: 'alice', limit: 1 })
    await bob.client.request('waitDelivered', { conversation, message, timeout: 20_000 })
    await alice.client.request('send', { to: 'bob', text: 'welcome', message: messageText() })
    await until('both have both', async () => (await texts(bob, 'alice')).length === 2)
    assert.deepEqual(await texts(alice, 'bob'), await texts(bob, 'alice'))
    for (const person of [alice, bob]) {
      const { people } = await person.client.request('who', {})
      assert.deepEqual(people.map(({ name }) => name).sort(), ['alice', 'bob'])
    }
    const status = await runParley(['status', '--home', alice.home])
    assert.match(status.out, /hub and registry/)
    assert.match(status.out, /Acme/)
    const invite = await runParley(['invite', '--home', alice.home, '--json'])
    assert.equal(invite.code, 0, invite.err)
    assert.equal(await alice.hub.stop(), 0, 'it stops in good order')
  })

  it('keeps its ports, and takes others while they are taken', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using alice = await host(folder.path, 'alice').start()
    const { address, registry } = await alice.client.request('hostTeam', { team: 'Acme' })
    await alice.signUp(address, password)
    const port = portOf((await alice.client.request('status', {})).registry?.listen[0] ?? '')
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await bob.signUp((await alice.client.request('invite', {})).link, password)
    await alice.stop()

    const other = createServer(socket => socket.destroy()).listen(port, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    try {
      await alice.start()
      const status = await alice.client.request('status', {})
      assert.notEqual(portOf(status.registry?.listen[0] ?? ''), port)
      assert.match(status.hub?.warnings.join() ?? '', new RegExp(`Another program uses 127\\.0\\.0\\.1:${port}`))
      await until('alice is in her own team all the same', () => isOnline(alice))
      // Whoever is told the new address is in again.
      await bob.client.request('signIn', { registry: status.registry?.address ?? '' })
      assert.ok(await isOnline(bob))
      await alice.stop()
    } finally {
      await new Promise(resolve => other.close(resolve))
    }

    await alice.start()
    const back = await alice.client.request('status', {})
    assert.equal(back.registry?.registry, registry)
    assert.equal(portOf(back.registry?.listen[0] ?? ''), port)
    assert.deepEqual(back.hub?.warnings, [])
    await bob.client.request('signIn', { registry: address })
    assert.ok(await isOnline(bob))
  })

  it('leaves the hub up when its storage is damaged, and says so', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using alice = await host(folder.path, 'alice').start()
    const { address } = await alice.client.request('hostTeam', { team: 'Acme' })
    await alice.signUp(address, password)
    await alice.stop()
    const key = join(alice.home, 'team', 'registry.key')
    const saved = readFileSync(key)
    writeFileSync(key, Buffer.alloc(32))

    await alice.start()
    assert.deepEqual(alice.client.daemon.roles, ['hub'])
    const { hub } = await alice.client.request('status', {})
    assert.match(hub?.warnings.join() ?? '', /Your team could not be started.*does not open the secret/)
    await assert.rejects(alice.client.request('hostTeam', { team: 'Acme' }), { code: 'damaged-data' })
    assert.match((await texts(alice, 'alice').catch(error => [error.message])).join(), /yourself/, 'the hub answers')

    writeFileSync(key, saved)
    await alice.client.request('hostTeam', { team: 'Acme' })
    await until('alice is online', () => isOnline(alice))
  })

  it('is refused to whoever has an account elsewhere, and for a name that cannot be', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await host(folder.path, 'alice').start()
    await assert.rejects(alice.client.request('hostTeam', { team: ' \n' }), { code: 'bad-name' })
    await alice.signUp(registry.ready.address, password)
    await assert.rejects(alice.client.request('hostTeam', { team: 'Mine' }), { code: 'already-signed-up' })
    assert.deepEqual((await alice.client.request('status', {})).roles, ['hub'])
  })

  it('takes another name as long as nobody has joined', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    await using alice = await host(folder.path, 'alice').start()
    const first = await alice.client.request('hostTeam', { team: 'Acme' })
    const second = await alice.client.request('hostTeam', { team: 'Better' })
    assert.deepEqual(second, { ...first, team: 'Better' })
    assert.equal((await alice.signUp(second.address, password)).team, 'Better')
    await alice.stop()

    await alice.start()
    const { registry, hub } = await alice.client.request('status', {})
    assert.deepEqual(hub?.warnings, [])
    assert.equal(registry?.team, 'Better', 'it is still called so')
  })

  it('is still there when the last front end has long left', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    const person = host(folder.path, 'alice')
    const config = JSON.parse(readFileSync(join(person.home, 'parley.json'), 'utf8'))
    writeFileSync(join(person.home, 'parley.json'), JSON.stringify({ ...config, hub: { linger: '2s' } }))
    await using alice = await person.start({ args: ['--background', '--listen', '127.0.0.1:0'] })
    const { address } = await alice.client.request('hostTeam', { team: 'Acme' })
    alice.client.close()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    // Two lingers later: what ends by itself would have ended.
    const end = performance.now() + 4_000
    await until('it had the time to leave', () => performance.now() > end)
    assert.equal((await bob.client.request('probe', { text: address })).is, 'registry')
  })
})
