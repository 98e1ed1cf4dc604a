import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ClassicClient } from '../support/classic-client.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'
import { p99, requestTimes } from '../support/times.ts'

const password = 'correct horse battery'

describe('a registry that serves classic clients', () => {
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

    const idle = p99(await requestTimes(alice, () => true))
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
    const busy = p99(await requestTimes(alice, () => answered === clients.length))
    const codes = await Promise.all(logins)
    for (const client of clients) client.socket.destroy()
    assert.ok(codes.every(code => code === 21 || code === 50))
    assert.ok(codes.includes(21))
    assert.ok(busy < Math.max(50, 5 * idle), `p99 ${busy.toFixed(1)} ms under load, ${idle.toFixed(1)} ms idle`)
  })
})
