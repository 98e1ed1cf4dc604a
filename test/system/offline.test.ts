import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

/** Everything that `person` has with `other`, oldest first. */
async function everything(person: Person, other: string): Promise<MessageInfo[]> {
  const pages: MessageInfo[][] = []
  let before: string | undefined
  for (;;) {
    const page = await person.client.request('history', { with: other, limit: 500, ...(before && { before }) })
    pages.unshift([...page.messages])
    before = page.messages[0]?.position
    if (!page.more) return pages.flat()
  }
}

describe('someone who is offline', () => {
  it('gets 1,000 messages, all, in order, once, though their sender restarted twice meanwhile', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await alice.signUp(registry.ready.address, password)
    await bob.signUp(registry.ready.address, password)
    await bob.stop()

    const texts = Array.from({ length: 1000 }, (_, n) => `message ${n}`)
    for (const [turn, part] of [texts.slice(0, 300), texts.slice(300, 700), texts.slice(700)].entries()) {
      for (const text of part) {
        const sent = await alice.client.request('send', { to: 'bob', text, message: toText(randomBytes(16)) })
        assert.equal(sent.state, 'queued')
      }
      if (turn < 2) {
        await alice.kill()
        await alice.start()
      }
    }

    await bob.start()
    await until(
      'all delivered',
      async () => (await everything(alice, 'bob')).every(message => message.state === 'delivered'),
      30_000,
    )
    const got = await everything(bob, 'alice')
    assert.deepEqual(
      got.map(message => message.text),
      texts,
    )
  })
})

describe('a registry that is down for 10 s', () => {
  it('finds its hubs again without a password, presence right, within 5 s', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    const home = join(folder.path, 'registry')
    let registry = await startRegistry(home)
    const { listen, heartbeat, address } = registry.ready
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await alice.signUp(address, password)
    await bob.signUp(address, password)
    const stateOf = async (person: Person) => (await person.client.request('status', {})).hub?.accounts[0]?.state

    await registry.kill()
    await until('alice knows', async () => (await stateOf(alice)) !== 'online')
    const down = performance.now()
    await until('10 s have passed', () => performance.now() - down > 10_000, 12_000)
    assert.notEqual(await stateOf(alice), 'signed-out')

    registry = await startRegistry(home, { args: ['--listen', listen, '--heartbeat', heartbeat] })
    await using _ = registry
    await until(
      'both are online again',
      async () => (await stateOf(alice)) === 'online' && (await stateOf(bob)) === 'online',
      5000,
    )
    const { people } = await until(
      'alice sees bob online',
      async () => {
        const who = await alice.client.request('who', {})
        return who.people.some(person => person.name === 'bob' && person.status !== 'offline') && who
      },
      5000,
    )
    assert.ok(people.length >= 1)
  })
})
