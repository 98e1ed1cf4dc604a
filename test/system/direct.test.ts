import assert from 'node:assert/strict'
import { join } from 'node:path'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person } from '../support/team.ts'
import { until } from '../support/wait.ts'

describe('two people without a registry', () => {
  it('connect by address, chat, and find each other again after both were killed', async function () {
    this.timeout(120_000)
    await using folder = await temporaryFolder()
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    const place = { alice: alice.hub.ready.listen, bob: bob.hub.ready.listen }
    const run = async (who: Person, ...args: string[]) => {
      const { code, out, err } = await runParley([...args, '--home', who.home])
      assert.equal(code, 0, `parley ${args.join(' ')}: ${err}`)
      return out
    }

    assert.match(await run(alice, 'connect', place.bob, '--name', 'alice'), /^Asked: waiting for them to accept/)
    const connected = run(alice, 'connect', place.bob, '--wait', '--json')
    assert.match(await run(bob, 'requests'), new RegExp(`alice +from ${place.alice} +not verified`))
    assert.match(await run(bob, 'requests', 'accept', 'alice'), /^Accepted: alice \(/)
    const opened = JSON.parse(await connected)
    assert.deepEqual([opened.state, opened.conversation.person.address], ['open', place.bob])
    assert.match(await run(bob, 'who'), /^● alice \(.*, not verified\)/)
    assert.match(await run(alice, 'send', place.bob, '--wait', 'hello'), /✓ delivered/)
    assert.match(await run(bob, 'send', 'alice', '--wait', 'hello yourself'), /✓ delivered/)

    await bob.kill()
    assert.match(await run(alice, 'send', place.bob, 'while you are away'), /… queued/)
    await alice.kill()
    await bob.start({ args: ['--listen', place.bob] })
    await alice.start({ args: ['--listen', '127.0.0.1:0'] })
    const texts = async () =>
      (await bob.client.request('history', { with: 'alice', limit: 10 })).messages.map(({ text }) => text)
    await until('bob has all of it', async () => (await texts()).length === 3, 30_000)
    assert.deepEqual(await texts(), ['hello', 'hello yourself', 'while you are away'])

    assert.match(await run(bob, 'block', 'alice'), /^alice is blocked/)
    assert.match(await run(bob, 'blocked'), /alice \(.*offline, blocked/)
    assert.match(await run(bob, 'unblock', 'alice'), /^alice is not blocked/)
  })
})
