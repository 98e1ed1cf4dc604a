import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Client, connect } from '../../daemon/src/client/index.ts'
import type { ConversationInfo, MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

describe('what the hub keeps of a chat', () => {
  let alice: Person
  let bob: Person
  const built: AsyncDisposable[] = []

  beforeEach(async function () {
    this.timeout(60_000)
    const folder = await temporaryFolder()
    built.push(folder)
    const registry = await startRegistry(join(folder.path, 'registry'))
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

  const say = (text: string): Promise<MessageInfo> =>
    alice.client.request('send', { to: 'bob', text, message: toText(randomBytes(16)) })

  const everything = async (): Promise<readonly MessageInfo[]> =>
    (await bob.client.request('history', { with: 'alice', limit: 500 })).messages

  const has = (count: number) => until(`${count} messages`, async () => (await everything()).length === count, 30_000)

  it('survives a SIGKILL: what is read, what is being written, where one was, what is muted and open', async function () {
    this.timeout(90_000)
    for (let n = 0; n < 5; n++) await say(`line ${n}`)
    await has(5)
    const messages = await everything()
    const [, second, third] = messages
    assert.ok(second && third)
    const { conversation } = second
    const scroll = { position: second.position, offset: 7.5 }
    const { client } = bob
    await Promise.all([
      client.request('markRead', { conversation, position: second.position }),
      client.request('saveChat', { conversation, draft: 'not finished\nat all', scroll }),
      client.request('setMuted', { conversation, muted: true }),
      client.request('saveOpenChats', { place: '/work', conversations: [conversation] }),
    ])
    await bob.kill()
    await bob.start()
    const opened = await bob.client.request('openChat', { with: 'alice' })
    assert.deepEqual([opened.draft, opened.scroll], ['not finished\nat all', scroll])
    assert.deepEqual([opened.conversation.unread, opened.firstUnread], [3, third.position])
    assert.deepEqual([opened.conversation.muted, opened.conversation.draft], [true, 'not finished at all'])
    assert.deepEqual(await bob.client.request('openChats', { place: '/work' }), { conversations: [conversation] })
    const from = await bob.client.request('history', { with: conversation, from: scroll.position, limit: 2 })
    assert.deepEqual([from.messages.map(({ text }) => text), from.more], [['line 1', 'line 2'], true])
    await say('line 5')
    await has(6)
    assert.equal((await bob.client.request('openChat', { with: conversation })).conversation.unread, 4)
  })

  it('counts exactly though the hub is killed while messages come in', async function () {
    this.timeout(120_000)
    const total = 400
    const all = (async () => {
      for (let n = 0; n < total; n++) await say(`line ${n}`)
    })()
    let read = 0
    for (let kill = 0; kill < 3; kill++) {
      const page = await until('some more', async () => {
        const found = await everything()
        return found.length > read + 20 && found
      })
      read += 10
      const { conversation, position } = page[read - 1] ?? assert.fail()
      await bob.client.request('markRead', { conversation, position })
      await bob.kill()
      await bob.start()
    }
    await all
    await has(total)
    const { conversation, firstUnread } = await bob.client.request('openChat', { with: 'alice' })
    assert.equal(conversation.unread, total - read)
    assert.equal(firstUnread, (await everything())[read]?.position)
  })

  it('is the same for ten windows, of which one is told of each message', async function () {
    this.timeout(120_000)
    const windows = await Promise.all(Array.from({ length: 10 }, () => Window.open(bob.home)))
    const [first, focused, reader, watcher] = windows
    assert.ok(first && focused && reader && watcher)
    for (const window of windows) await window.attend(false)
    await focused.attend(true)
    const told = () => windows.map(({ notices }) => notices.length)
    const counts = () => windows.map(window => window.unread())
    const each = <T>(value: T) => windows.map(() => value)

    const texts = Array.from({ length: 50 }, (_, n) => `line ${n}`)
    for (const text of texts) await say(text)
    await until('equal counts', () => counts().every(count => count === 50))
    assert.deepEqual(focused.notices, texts)
    assert.deepEqual(told(), each(0).with(1, 50))

    const { conversation, position } = (await everything()).at(-1) ?? assert.fail()
    await reader.client.request('markRead', { conversation, position })
    await until('equal counts', () => counts().every(count => count === 0))

    // In sight of the one in use, only of another one, and the one that was told last is gone.
    await focused.attend(true, conversation)
    await say('seen')
    await until('equal counts', () => counts().every(count => count === 1))
    await focused.attend(true)
    await watcher.attend(false, conversation)
    await say('not seen')
    await until('equal counts', () => counts().every(count => count === 2))
    assert.deepEqual(told(), each(0).with(1, 51))
    await reader.attend(true)
    await reader.attend(false)
    reader.client.close()
    await reader.client.closed
    await say('to whom it was told before')
    await until('a notice', () => focused.notices.length === 52)
    assert.deepEqual(told(), each(0).with(1, 52))

    // A draft shows in all the others.
    await watcher.client.request('subscribeMessages', { with: conversation })
    await first.client.request('subscribeMessages', { with: conversation })
    await first.client.request('saveChat', { conversation, draft: 'hel' })
    await until('the draft', () => watcher.drafts.at(-1) === 'hel')
    const left = windows.filter(window => window !== reader)
    await until('the draft in lists', () => left.every(window => window.chat()?.draft === 'hel'))
    assert.deepEqual(first.drafts, [])
    for (const window of windows) window.client.close()
  })

  it('is told of messages that come when one is online again, and not again of those that came before', async function () {
    this.timeout(90_000)
    await say('while nobody looks')
    await has(1)
    const window = await Window.open(bob.home)
    await window.attend(true)
    assert.equal(window.unread(), 1)
    window.client.close()
    await bob.stop()
    const texts = Array.from({ length: 20 }, (_, n) => `line ${n}`)
    for (const text of texts) await say(text)
    await alice.stop()
    await bob.start()
    const again = await Window.open(bob.home)
    await again.attend(true)
    await alice.start()
    await until('all are told', () => again.notices.length === 20, 30_000)
    await until('the count', () => again.unread() === 21)
    assert.deepEqual(again.notices, texts)
    again.client.close()
  })
})

/** A window of an editor, as the hub knows one. */
class Window {
  readonly client: Client
  readonly notices: string[] = []
  readonly drafts: string[] = []
  readonly #chats = new Map<string, ConversationInfo>()

  private constructor(client: Client) {
    this.client = client
    client.on('notice', ({ message }) => this.notices.push(message.text))
    client.on('chat', ({ state }) => this.drafts.push(state.draft))
    client.on('change', change => this.#take(change.conversations))
  }

  static async open(home: string): Promise<Window> {
    const window = new Window(await connect({ home, client: 'test', attached: true }))
    window.#take((await window.client.request('subscribe', {})).conversations)
    return window
  }

  async attend(isFocused: boolean, ...visible: string[]): Promise<void> {
    await this.client.request('attend', { isFocused, visible })
  }

  chat(): ConversationInfo | undefined {
    return [...this.#chats.values()][0]
  }

  unread(): number {
    return this.chat()?.unread ?? 0
  }

  #take(conversations: readonly ConversationInfo[] = []): void {
    for (const each of conversations) this.#chats.set(each.conversation, each)
  }
}
