import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toText } from '../../daemon/src/protocol/ids.ts'
import {
  bringClassic,
  ClassicBeater,
  ClassicClient,
  ClassicListener,
  classicChatRequest,
  classicMessage,
  classicRows,
} from '../support/classic-client.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

describe('people and classic clients', () => {
  it('see, find and message each other, over a crash of the hub, until the client stops beating', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    const config = join(folder.path, 'team.json')
    await writeFile(config, JSON.stringify({ registry: { classicTimeout: '2s' } }))
    const args = ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0', '--config', config]
    await using registry = await startRegistry(join(folder.path, 'registry'), { args })
    const alice = await new Person('alice', join(folder.path, 'alice')).start()
    const client = await ClassicClient.connect({ port: portOf(registry.ready.listen), from: '127.0.0.7' })
    const beater = await ClassicBeater.open({ port: portOf(registry.ready.heartbeat), from: '127.0.0.7' })
    let listener = await ClassicListener.open({ host: '127.0.0.7' })
    const { port } = listener
    try {
      await alice.signUp(registry.ready.address, password)
      assert.equal((await client.register('carl', 'secret-9')).code, 20)
      assert.equal((await client.login('carl', 'secret-9')).code, 21)
      beater.keepBeating(['carl'], 500)

      const rows = classicRows((await client.online('carl')).list)
      assert.deepEqual(rows.sort(), ['alice-127.0.0.1', 'carl-127.0.0.7'])
      const found = await until('carl is in the list', async () => {
        const { people } = await alice.client.request('who', {})
        return people.find(({ name }) => name === 'carl')
      })
      assert.deepEqual([found.via, found.address], ['classic', '127.0.0.7'])

      const to = { port: portOf(alice.hub.ready.listen), from: '127.0.0.7' }
      await bringClassic(Buffer.concat([classicChatRequest('carl'), classicMessage('carl', 'lunch?')]), to)
      const [request] = await until('the request', async () => {
        const { requests } = await alice.client.request('requests', {})
        return requests.length > 0 && requests
      })
      await alice.client.request('answerRequest', { id: request?.id ?? '', answer: 'accept' })
      await send(alice, `classic:carl@127.0.0.7:${port}`, 'at noon')
      await until('the answer', () => listener.texts.includes('at noon'))

      // Queued while the client is away, and the hub dies.
      await listener.close()
      for (const text of ['one', 'two', 'three']) assert.equal((await send(alice, 'carl', text)).state, 'queued')
      await alice.kill()
      listener = await ClassicListener.open({ host: '127.0.0.7', port })
      await alice.start()
      await until('all three', () => listener.texts.includes('three'), 20_000)
      assert.deepEqual([...new Set(listener.texts)], ['one', 'two', 'three'])
      const history = await until('all is sent', async () => {
        const { messages } = await alice.client.request('history', { with: 'carl', limit: 10 })
        return messages.every(({ mine, state }) => !mine || state === 'sent') && messages
      })
      assert.deepEqual(
        history.map(({ text }) => text),
        ['lunch?', 'at noon', 'one', 'two', 'three'],
      )

      beater.close()
      await until('carl is gone', async () => (await alice.client.request('who', {})).people.length === 1, 15_000)
    } finally {
      client.close()
      await listener.close()
      await alice.stop()
    }
  })

  it('meet by the command line: an alias, a classic password, and a message to an address', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const home = join(folder.path, 'alexandra')
    await using alexandra = await new Person('alexandra-long', home).start()
    await alexandra.signUp(registry.ready.address, password)
    const run = (args: string[], env: NodeJS.ProcessEnv = {}) => runParley([...args, '--home', home], env)

    const refused = await run(['send', '--classic', 'carl@127.0.0.1:1', 'hi'])
    assert.equal(refused.code, 2)
    assert.match(refused.err, /parley classic --alias/)
    const set = await run(['classic', '--alias', 'lexi'], { PARLEY_CLASSIC_PASSWORD: 'secret-9' })
    assert.equal(set.code, 0, set.err)
    assert.match(set.err, /unencrypted/)
    const client = await ClassicClient.connect({ port: portOf(registry.ready.listen), from: '127.0.0.8' })
    const listener = await ClassicListener.open()
    try {
      assert.equal((await client.login('lexi', 'secret-9')).code, 21)
      const sent = await run(['send', '--classic', `carl@127.0.0.1:${listener.port}`, '--wait', 'hello', 'there'])
      assert.deepEqual([sent.code, sent.out], [0, '✓ sent\n'])
      assert.deepEqual(listener.packets.at(-1), { type: 0, username: 'lexi', text: 'hello there' })
      assert.equal((await run(['classic', '--off'])).code, 0)
      assert.equal((await client.login('lexi', 'secret-9')).code, 41)
    } finally {
      client.close()
      await listener.close()
    }
  })
})

function send(person: Person, to: string, text: string) {
  return person.client.request('send', { to, text, message: toText(randomBytes(16)) })
}
