import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { openMemoryStorage } from '@parley/storage-memory'
import { classicBlock } from '../../../../../daemon/src/hub/blocks.ts'
import { classicConversationId, classicUserId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { TestCircle } from '../../../../support/classic-circle.ts'
import { bringClassic, ClassicListener, classicMessage } from '../../../../support/classic-client.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'
import { until } from '../../../../support/wait.ts'

describe('a hub that writes to classic clients', () => {
  let listeners: ClassicListener[] = []

  async function listener(options: Parameters<typeof ClassicListener.open>[0] = {}): Promise<ClassicListener> {
    const opened = await ClassicListener.open(options)
    listeners.push(opened)
    return opened
  }

  afterEach(async () => {
    await Promise.all(listeners.map(each => each.close()))
    listeners = []
  })

  const at = ({ port }: ClassicListener, name = 'carl') => `classic:${name}@127.0.0.1:${port}`
  const allSent = (hub: TestCircle, name = 'carl') =>
    until('all is sent', () => hub.listed.some(({ person, queued }) => person.name === name && queued === 0))

  it('asks to chat first, then brings each message in a packet of its own connection', async () => {
    await using hub = await TestCircle.start()
    const carl = await listener()
    const id = await hub.circle.open(at(carl))
    assert.equal(id, classicConversationId('127.0.0.1', 'carl'))
    const first = await hub.say(id, 'hello')
    assert.equal(first.state, 'queued', 'not before it was taken')
    await hub.say(id, 'how are you?')
    await allSent(hub)
    assert.deepEqual(carl.packets, [
      { type: 1, username: 'alice', text: 'CHAT REQUEST' },
      { type: 0, username: 'alice', text: 'hello' },
      { type: 0, username: 'alice', text: 'how are you?' },
    ])
    assert.equal(carl.sockets.length, 3)
    assert.deepEqual(
      carl.bytes.map(({ length }) => length),
      [111, 111, 111],
    )
    const messages = await hub.messages('carl')
    assert.deepEqual(
      messages.map(({ text, mine, state, name }) => [text, mine, state, name]),
      [
        ['hello', true, 'sent', 'alice'],
        ['how are you?', true, 'sent', 'alice'],
      ],
    )
    assert.equal((await hub.circle.ownMessage(id, messageId(first.message)))?.state, 'sent')
    const told = hub.news.flatMap(({ messages }) => messages?.messages ?? [])
    const states = told.filter(({ message }) => message === first.message).map(({ state }) => state)
    assert.deepEqual(states, ['queued', 'sent'])
    assert.equal(hub.with('carl').person.status, 'online', 'it took something')
  })

  it('splits what is longer than a packet, and is one message here', async () => {
    await using hub = await TestCircle.start()
    const carl = await listener()
    const id = await hub.circle.open(at(carl))
    const text = `${'All work and no play makes Jack a dull boy. '.repeat(8)}Ende gut, alles gut: äöü 👩‍👩‍👧‍👦`
    await hub.say(id, text)
    await allSent(hub)
    assert.equal(carl.texts.join(' '), text)
    assert.ok(carl.texts.length > 3)
    for (const part of carl.texts) assert.ok(Buffer.byteLength(part) <= 100)
    assert.deepEqual(await hub.texts('carl'), [text])
  })

  it('answers who has written, without asking to chat, at the port that was given', async () => {
    await using hub = await TestCircle.start()
    const carl = await listener({ host: '127.0.0.7' })
    await bringClassic(classicMessage('carl', 'hi'), { port: hub.port, from: '127.0.0.7' })
    await until('the message', () => hub.listed.length === 1)
    const id = await hub.circle.open(`classic:Carl@127.0.0.7:${carl.port}`)
    assert.equal(id, hub.with('carl').conversation)
    await hub.say(id, 'hi yourself')
    await allSent(hub)
    assert.deepEqual(carl.packets, [{ type: 0, username: 'alice', text: 'hi yourself' }])
    await hub[Symbol.asyncDispose]()
    await using again = await TestCircle.start({ storage: hub.storage })
    await again.say(id, 'still there?')
    await until('the port is remembered', () => carl.texts.length === 2)
  })

  it('knows by address alone whoever is the only one there, and takes the answer of somebody new', async () => {
    await using hub = await TestCircle.start({ policy: 'ask' })
    const carl = await listener({ host: '127.0.0.7' })
    const id = await hub.circle.open(`classic:127.0.0.7:${carl.port}`)
    await hub.say(id, 'who is there?')
    await allSent(hub, '127.0.0.7')
    await bringClassic(classicMessage('carl', 'me'), { port: hub.port, from: '127.0.0.7' })
    await until('the answer', () => hub.listed.length === 2)
    assert.deepEqual(hub.requests.list(), [])
    assert.deepEqual(await hub.texts('carl'), ['me'])
    assert.equal(await hub.circle.open('classic:127.0.0.7'), hub.with('carl').conversation)
  })

  it('keeps what cannot be brought, over restarts, and brings it in order once it can', async () => {
    const storage = openMemoryStorage()
    const gone = await ClassicListener.open()
    const { port } = gone
    await gone.close()
    const message = messageId(randomBytes(16))
    {
      await using hub = await TestCircle.start({ storage })
      const id = await hub.circle.open(`classic:carl@127.0.0.1:${port}`)
      for (const text of ['one', 'two']) await hub.say(id, text)
      await hub.say(id, 'three', message)
      assert.equal((await hub.say(id, 'three', message)).message, message, 'the same message once')
      await until('a try', () => hub.log.lines.some(({ text }) => text.includes('nothing listens')))
      assert.equal(hub.with('carl').queued, 3)
      assert.equal(hub.circle.queued, 3)
    }
    await using again = await TestCircle.start({ storage })
    assert.equal(again.with('carl').queued, 3)
    const carl = await listener({ port })
    await allSent(again)
    assert.deepEqual(carl.texts, ['one', 'two', 'three'])
    assert.deepEqual(await again.texts('carl'), ['one', 'two', 'three'])
    assert.equal((await again.say(classicConversationId('127.0.0.1', 'carl'), 'three', message)).state, 'sent')
    assert.equal(carl.texts.length, 3)
  })

  it('says sent of nothing that was reset', async () => {
    await using hub = await TestCircle.start()
    const carl = await listener({ manner: 'resets' })
    const id = await hub.circle.open(at(carl))
    await hub.say(id, 'hello')
    await until('some tries', () => carl.sockets.length > 3)
    assert.equal(hub.with('carl').queued, 1)
    assert.equal((await hub.messages('carl'))[0]?.state, 'queued')
    carl.manner = 'closes'
    await allSent(hub)
    assert.deepEqual(carl.texts, ['hello'])
  })

  it('believes that a client never closes once it took two packets so, and writes to it from then on', async () => {
    await using hub = await TestCircle.start({ waits: { handOver: 100 } })
    const carl = await listener({ manner: 'stays' })
    const id = await hub.circle.open(at(carl))
    for (const text of ['one', 'two', 'three']) await hub.say(id, text)
    await allSent(hub)
    const kinds = carl.packets.map(({ type, text }) => (type === 1 ? 'request' : text))
    assert.deepEqual(kinds, ['request', 'request', 'one', 'two', 'three'])
  })

  it('tries at once when the client is heard of', async () => {
    await using hub = await TestCircle.start({ waits: { retry: { first: 60_000, fast: 60_000, slow: 60_000 } } })
    const gone = await ClassicListener.open({ host: '127.0.0.7' })
    const { port } = gone
    await gone.close()
    const id = await hub.circle.open(`classic:carl@127.0.0.7:${port}`)
    await hub.say(id, 'one')
    await until('a try', () => hub.log.lines.some(({ text }) => text.includes('waits for a classic client')))
    const carl = await listener({ host: '127.0.0.7', port })
    await bringClassic(classicMessage('carl', 'here I am'), { port: hub.port, from: '127.0.0.7' })
    await allSent(hub)
    assert.deepEqual(carl.texts, ['one'])
    assert.deepEqual(await hub.texts('carl'), ['here I am', 'one'], 'in the order in which they passed')
  })

  it('brings a message again whose end could not be stored: twice rather than never', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using hub = await TestCircle.start({ storage })
    const carl = await listener()
    const id = await hub.circle.open(at(carl))
    await hub.say(id, 'first')
    await allSent(hub)
    const queued = storage.writes + 1
    storage.fate = (_changes, number) => (number === queued + 1 ? 'fail' : 'commit')
    await hub.say(id, 'second')
    await allSent(hub)
    assert.deepEqual(carl.texts, ['first', 'second', 'second'])
    assert.deepEqual(await hub.texts('carl'), ['first', 'second'])
  })

  it('says queued of nothing that was not stored', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using hub = await TestCircle.start({ storage })
    const carl = await listener()
    const id = await hub.circle.open(at(carl))
    storage.fate = () => 'fail'
    await assert.rejects(hub.say(id, 'lost'), { code: 'storage' })
    assert.deepEqual(hub.listed, [])
    storage.fate = () => 'commit'
    await hub.say(id, 'kept')
    await allSent(hub)
    assert.deepEqual(carl.texts, ['kept'])
  })

  it('opens clients of the team’s list, and shows how they stand there', async () => {
    await using hub = await TestCircle.start()
    const user = classicUserId('carl')
    const row = { user, name: 'Carl', displayName: 'Carl', status: 'online', since: 7, via: 'classic' } as const
    hub.online.set(user, { ...row, address: '127.0.0.7' })
    const id = hub.circle.openListed({ ...row, address: '127.0.0.7' })
    assert.equal(id, classicConversationId('127.0.0.7', 'Carl'))
    assert.deepEqual(hub.listed, [], 'not before something was written')
    const { person } = hub.circle.summary(id) ?? {}
    assert.deepEqual([person?.status, person?.since], ['online', 7])
    hub.online.delete(user)
    assert.equal(hub.circle.summary(id)?.person.status, 'offline')
    await using far = await TestCircle.start({ isRegistryHere: false })
    assert.throws(() => far.circle.openListed({ ...row, address: '127.0.0.7' }), { code: 'unreachable' })
    assert.throws(() => far.circle.openListed({ ...row, address: '192.0.2.7' }), { code: 'unsupported' })
  })

  it('refuses in words what cannot work', async () => {
    await using hub = await TestCircle.start({ name: 'much-too-long' })
    const { circle } = hub
    await assert.rejects(circle.open(`classic:carl@127.0.0.1:${hub.port}`), { code: 'bad-address' }, 'itself')
    await assert.rejects(circle.open('classic:carl@127.0.0.1:0'), { code: 'bad-address' })
    await assert.rejects(circle.open('classic:'), { code: 'bad-address' })
    await assert.rejects(circle.open('classic:eleven-byte@127.0.0.1'), { code: 'bad-name' })
    await assert.rejects(circle.open('classic:carl@no-such-host.invalid'), { code: 'unreachable' })
    const id = await circle.open('classic:carl@127.0.0.1:5900')
    await assert.rejects(hub.say(id, 'x'), { code: 'bad-name' }, 'one’s own name does not fit')
    await assert.rejects(hub.say(classicConversationId('127.0.0.1', 'nobody'), 'x'), { code: 'usage' })
    await hub.blocks.block(classicBlock(id), 'carl')
    await assert.rejects(hub.say(id, 'x'), { code: 'blocked' })
  })
})
