import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ClassicClient, classicRows } from '../support/classic-client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'

const password = 'correct horse battery'

/** The 99th percentile of how long a request of `person` to the registry takes, in ms, over `count` requests. */
async function p99(person: Person, isOver: () => boolean): Promise<number> {
  const times: number[] = []
  do {
    const before = performance.now()
    await person.client.request('who', { query: 'al' })
    times.push(performance.now() - before)
  } while (!isOver() || times.length < 200)
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)] ?? Number.NaN
}

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

  it('takes 500 classic logins at once without slowing a signed-in user down', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await alice.signUp(registry.ready.address, password)
    const port = portOf(registry.ready.listen)
    const first = await ClassicClient.connect({ port })
    assert.equal((await first.register('oldtimer', 'secret-9')).code, 20)
    first.socket.destroy()

    const idle = await p99(alice, () => true)
    const clients = await Promise.all(
      Array.from({ length: 500 }, (_, n) =>
        ClassicClient.connect({ port, from: `127.0.${10 + Math.floor(n / 100)}.${1 + (n % 100)}`, patience: 60_000 }),
      ),
    )
    let answered = 0
    const logins = clients.map(async client => {
      const { code } = await client.login('oldtimer', 'secret-9')
      answered++
      return code
    })
    const busy = await p99(alice, () => answered === clients.length)
    const codes = await Promise.all(logins)
    for (const client of clients) client.socket.destroy()
    assert.ok(codes.every(code => code === 21 || code === 50))
    assert.ok(codes.includes(21))
    assert.ok(busy < Math.max(50, 5 * idle), `p99 ${busy.toFixed(1)} ms under load, ${idle.toFixed(1)} ms idle`)
  })
})
