import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'

/** Makes the clock of a process go so many minutes ahead. */
function ahead(minutes: number): string[] {
  const script = `const now = Date.now; Date.now = () => now() + ${minutes * 60_000}`
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
}

describe('a computer whose clock is 20 minutes off', () => {
  it('is told so, and chats on by the time of its team', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob'), { node: ahead(20) }).start()
    await alice.signUp(registry.ready.address, 'correct horse battery')
    await bob.signUp(registry.ready.address, 'correct horse battery')

    const { code, out } = await runParley(['status', '--home', bob.home])
    assert.equal(code, 0)
    assert.match(out, /^! This computer's clock is 20 minutes ahead of the team's\. Set it right\.$/m)
    assert.doesNotMatch((await runParley(['status', '--home', alice.home])).out, /clock/)

    for (const [from, to] of [
      [bob, alice],
      [alice, bob],
    ] as const) {
      const message = toText(randomBytes(16))
      const { conversation } = await from.client.request('send', { to: to.name, text: `from ${from.name}`, message })
      await from.client.request('waitDelivered', { conversation, message, timeout: 15_000 })
    }
    for (const { client, name } of [alice, bob]) {
      const { messages } = await client.request('history', { with: name === 'bob' ? 'alice' : 'bob', limit: 10 })
      assert.deepEqual(
        messages.map(({ text }) => text),
        ['from bob', 'from alice'],
        'in the order in which they were written',
      )
    }
  })
})
