import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicBeater, ClassicClient, classicRequests, classicRows } from '../support/classic-client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

describe('a registry that serves classic clients', () => {
  it('registers, logs in, finds, lists and logs out the original’s clients beside its own people', async () => {
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await alice.signUp(registry.ready.address, password)
    const client = await ClassicClient.connect({ port: portOf(registry.ready.listen) })
    try {
      assert.equal((await client.register('oldtimer', 'secret-9')).code, 20)
      assert.equal((await client.register('alice', 'secret-9')).code, 40)
      assert.equal((await client.login('oldtimer', 'secret-9')).code, 21)
      assert.deepEqual((await client.search('oldtimer', 'alice')).message, '127.0.0.1')
      const rows = classicRows((await client.online('oldtimer')).list)
      assert.deepEqual(rows.sort(), ['alice-127.0.0.1', 'oldtimer-127.0.0.1'])
      assert.equal((await client.logout('oldtimer')).code, 25)
      assert.equal((await client.search('oldtimer', 'alice')).code, 44)
    } finally {
      client.socket.destroy()
    }
  })

  it('answers split and joined requests, forgets who stops beating, and waits for who connects early', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    const config = join(folder.path, 'team.json')
    await writeFile(config, JSON.stringify({ registry: { classicTimeout: '2s' } }))
    await using registry = await startRegistry(join(folder.path, 'registry'), {
      args: ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0', '--config', config],
    })
    const port = portOf(registry.ready.listen)
    const connectedAt = performance.now()
    const early = await ClassicClient.connect({ port, from: '127.0.9.1', patience: 30_000 })
    const client = await ClassicClient.connect({ port })
    const beater = await ClassicBeater.open({ port: portOf(registry.ready.heartbeat) })
    try {
      const name = 'tenletters'
      const secret = 'fifteen-letters'
      assert.deepEqual([name.length, secret.length], [10, 15])
      assert.equal((await client.register(name, secret)).code, 20)
      assert.equal((await client.register(Buffer.from('ninebyteé').subarray(0, 9), secret)).code, 50)
      assert.equal((await client.login(name, secret)).code, 21)
      beater.keepBeating([name], 500)

      const search = classicRequests.search(name, name)
      for (let at = 1; at < search.length; at++) {
        client.socket.write(search.subarray(0, at))
        await new Promise(resolve => setImmediate(resolve))
        client.socket.write(search.subarray(at))
        assert.deepEqual(await client.answer(), { type: 2, code: 22, message: '127.0.0.1', list: '' }, `split at ${at}`)
      }
      const ten = Array.from({ length: 10 }, (_, n) => classicRequests.search(name, n % 2 === 0 ? name : 'nobody'))
      const answers = await client.askAll(ten)
      assert.deepEqual(
        answers.map(({ code }) => code),
        [22, 44, 22, 44, 22, 44, 22, 44, 22, 44],
      )

      const beatingUntil = performance.now()
      await until('more than the setting', () => performance.now() - beatingUntil > 3_000)
      assert.equal((await client.search(name, name)).code, 22, 'who beats stays')
      beater.close()
      const stopped = performance.now()
      await until('the user is gone', async () => (await client.search(name, name)).code === 44, 6_000)
      assert.ok(performance.now() - stopped > 1_000, 'not at once')

      client.socket.write(Buffer.concat([classicRequests.logout(name), Buffer.from([9])]))
      await client.closed()
      await until('a line in the log', () => registry.errors().includes('A classic connection was closed'))

      // The original's window connects before anyone types: longer than anything else may be silent.
      await until('10.5 s have passed', () => performance.now() - connectedAt > 10_500, 15_000)
      assert.equal((await early.login(name, secret)).code, 21)
    } finally {
      client.close()
      early.close()
    }
  })
})
