import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { personOf } from '../../daemon/src/protocol/conversation-infos.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, parley, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
const newId = () => toText(randomBytes(16))

describe('what is done with messages, by two real hubs', () => {
  let alice: Person
  let bob: Person
  let registry: Awaited<ReturnType<typeof startRegistry>>
  const built: AsyncDisposable[] = []

  beforeEach(async function () {
    this.timeout(60_000)
    const folder = await temporaryFolder()
    built.push(folder)
    registry = await startRegistry(join(folder.path, 'registry'))
    built.push(registry)
    alice = await new Person('alice', join(folder.path, 'alice')).start()
    built.push(alice)
    bob = await new Person('bob', join(folder.path, 'bob')).start()
    built.push(bob)
    await alice.signUp(registry.ready.address, password)
    await bob.signUp(registry.ready.address, password)
  })

  afterEach(async function () {
    this.timeout(60_000)
    for (const each of built.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })

  const say = (text: string, more: object = {}): Promise<MessageInfo> =>
    alice.client.request('send', { to: 'bob', text, message: newId(), ...more })
  const shown = async (by: Person, other: string) =>
    (await by.client.request('history', { with: other, limit: 100 })).messages
  const atBob = (what: string, is: (messages: readonly MessageInfo[]) => boolean) =>
    until(
      what,
      async () => {
        const messages = await shown(bob, 'alice')
        return is(messages) && messages
      },
      30_000,
    )

  it('edits, answers, reacts and deletes, the same on both sides, through a SIGKILL', async function () {
    this.timeout(120_000)
    const hello = await say('hello')
    const [got] = await atBob('it is here', ([first]) => first !== undefined)
    assert.ok(got)
    const { conversation, user, message } = got
    const answer = await bob.client.request('send', {
      to: 'alice',
      text: 'hi',
      message: newId(),
      replyTo: { user, message },
      mentions: [user],
    })
    assert.equal(answer.replyTo?.text, 'hello')
    await bob.client.request('react', { conversation, user, message, emoji: '👍', on: true, act: newId() })
    // Bob is away while alice edits: it goes to him once he is back.
    await bob.kill()
    const edit = { conversation, message, text: 'hello there', act: newId() }
    const edited = await alice.client.request('editMessage', edit)
    assert.equal(edited.text, 'hello there')
    await alice.kill()
    await alice.start()
    assert.equal((await alice.client.request('editMessage', edit)).text, 'hello there')
    await bob.start()
    await atBob('it is edited', ([first]) => first?.text === 'hello there' && first.edited !== undefined)
    await until('the answer is here', async () => (await shown(alice, 'bob')).length === 2, 30_000)
    const [first, second] = await shown(alice, 'bob')
    assert.deepEqual(first?.reactions, [{ emoji: '👍', users: [answer.user], mine: false }])
    assert.equal(second?.mentionsMe, true)
    assert.equal(second?.replyTo?.text, 'hello there')
    await alice.client.request('deleteMessage', { conversation, user, message: hello.message, act: newId() })
    const [gone] = await atBob('it is deleted', ([one]) => one?.deleted === true)
    assert.equal(gone?.text, '')
    const opened = await bob.client.request('openChat', { with: 'alice' })
    assert.equal(opened.conversation.lastLine, 'hi')
  })

  it('is told in words why something cannot be done', async function () {
    this.timeout(60_000)
    const to = (await alice.client.request('openChat', { with: 'bob' })).conversation
    // The first message of all may name the other one.
    await say('@bob mine', { mentions: [personOf(to)?.user] })
    const [got] = await atBob('it is here', ([first]) => first !== undefined)
    assert.ok(got)
    const { conversation, user, message } = got
    const about = { conversation, user, message, act: newId() }
    await assert.rejects(bob.client.request('deleteMessage', about), /Only its author/)
    const word = bob.client.request('react', { ...about, emoji: 'ok', on: true })
    await assert.rejects(word, { code: 'bad-message', message: /^React with one emoji/ })
    await assert.rejects(
      bob.client.request('editMessage', { conversation, message, text: 'x', act: newId() }),
      /only its author can edit/,
    )
    await assert.rejects(say('@carl', { mentions: [newId()] }), { code: 'bad-message' })
    await bob.client.request('deleteMessage', { ...about, forMe: true })
    assert.deepEqual(await shown(bob, 'alice'), [])
    assert.equal((await shown(alice, 'bob')).length, 1)
  })

  it('is told to whoever follows the log', async function () {
    this.timeout(60_000)
    const hello = await say('one')
    await atBob('it is here', ([first]) => first !== undefined)
    const lines: { event?: string; text?: string; messages?: unknown[] }[] = []
    const follower = spawn(process.execPath, [parley, 'log', 'alice', '--follow', '--json', '--home', bob.home])
    createInterface({ input: follower.stdout }).on('line', line => lines.push(JSON.parse(line)))
    const ended = once(follower, 'close')
    const has = (event: string, text: string) =>
      until(`${event} ${text}`, () => lines.some(line => line.event === event && line.text === text), 20_000)
    try {
      await until('the page', () => lines.some(({ messages }) => messages?.length === 1), 20_000)
      await say('two')
      await has('message', 'two')
      const { conversation, message } = hello
      await alice.client.request('editMessage', { conversation, message, text: 'one, edited', act: newId() })
      await has('changed', 'one, edited')
      follower.kill('SIGINT')
      const [code] = await ended
      assert.equal(code, 0)
    } finally {
      follower.kill('SIGKILL')
      await ended
    }
  })

  it('works from a terminal, by the beginning of a message’s id', async function () {
    this.timeout(120_000)
    const run = async (who: Person, ...args: string[]) => {
      const { out, err, code } = await runParley([...args, '--home', who.home])
      assert.equal(code, 0, err)
      return out
    }
    await run(alice, 'send', 'bob', '--wait', 'lunch?')
    const [id = ''] = (await run(bob, 'log', 'alice', '--ids')).split(' ')
    assert.match(id, /^[a-z2-7]{8}$/)
    await run(bob, 'send', 'alice', '--reply-to', id, '--wait', '@alice at noon')
    await run(bob, 'react', 'alice', id.slice(0, 5), '🍕')
    await run(alice, 'edit', 'bob', id, 'lunch', 'today?')
    await atBob('it is edited', ([first]) => first?.text === 'lunch today?')
    await until('it has a reaction', async () => (await shown(alice, 'bob'))[0]?.reactions, 30_000)
    const log = await run(alice, 'log', 'bob')
    assert.match(log, /lunch today\? \(edited\)/)
    assert.match(log, /↪ alice: lunch today\?\n +@alice at noon/)
    assert.match(log, /🍕/)
    const taken = (emoji: string) => run(bob, 'react', 'alice', id, emoji, '--off')
    assert.match(await taken('🍎'), /🍎 of yours was not on: lunch today/)
    assert.match(await taken('🍕'), /🍕 taken back from: lunch today/)
    const foreign = await runParley(['edit', 'alice', id, 'mine now', '--home', bob.home])
    assert.equal(foreign.code, 2)
    assert.match(foreign.err, /not yours: only its author can edit it/)
    assert.match(await run(alice, 'delete', 'bob', id), /Deleted: lunch today\?/)
    await atBob('it is deleted', ([first]) => first?.deleted === true)
    assert.match(await run(bob, 'log', 'alice'), /\(deleted\)/)
  })
})
