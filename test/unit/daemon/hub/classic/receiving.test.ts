import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { openMemoryStorage } from '@parley/storage-memory'
import { classicBlock } from '../../../../../daemon/src/hub/blocks.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { classicConversationId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { TestCircle } from '../../../../support/classic-circle.ts'
import {
  bringClassic,
  classicChatRequest,
  classicMessage,
  classicNotify,
  classicRequests,
} from '../../../../support/classic-client.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'
import { until } from '../../../../support/wait.ts'

describe('a hub that hears from classic clients', () => {
  it('shows what they write as a conversation with an address and a claimed name', async () => {
    await using hub = await TestCircle.start()
    await bringClassic(classicMessage('Carl', 'hi there'), { port: hub.port, from: '127.0.0.7' })
    await until('the message', () => hub.listed[0]?.unread === 1)
    const { conversation, person, lastLine, lastMine, unread, queued } = hub.with('Carl')
    assert.equal(conversation, classicConversationId('127.0.0.7', 'Carl'))
    assert.deepEqual([person.via, person.address, person.status], ['classic', '127.0.0.7', 'online'])
    assert.deepEqual([lastLine, lastMine, unread, queued], ['hi there', false, 1, 0])
    const [message] = await hub.messages('Carl')
    assert.deepEqual([message?.name, message?.mine, message?.state], ['Carl', false, undefined])
    const arrived = hub.news.flatMap(news => news.arrived?.messages ?? [])
    assert.deepEqual(
      arrived.map(({ text }) => text),
      ['hi there'],
    )
  })

  it('takes packets that come joined, torn, or several over one connection, in their order', async () => {
    await using hub = await TestCircle.start()
    const texts = Array.from({ length: 12 }, (_, n) => `message ${n}`)
    const joined = Buffer.concat(texts.map(text => classicMessage('carl', text)))
    for (const [round, size] of [joined.length, 1, 50, 111, 112, 300].entries()) {
      await bringClassic(joined, { port: hub.port, from: `127.0.1.${round + 1}`, size })
      const id = classicConversationId(`127.0.1.${round + 1}`, 'carl')
      await until('all messages', () => hub.circle.summary(id)?.unread === texts.length)
      const { messages } = await hub.circle.history(id, { limit: 100 })
      assert.deepEqual(
        messages.map(({ text }) => text),
        texts,
        `in pieces of ${size}`,
      )
    }
  })

  it('keeps clients apart by address and name, and sees no other in another case of letters', async () => {
    await using hub = await TestCircle.start()
    const bring = (name: string, from: string) => bringClassic(classicMessage(name, 'x'), { port: hub.port, from })
    for (const [name, from] of [
      ['carl', '127.0.0.7'],
      ['carl', '127.0.0.8'],
      ['dora', '127.0.0.7'],
    ] as const) {
      await bring(name, from)
    }
    await bring('CARL', '127.0.0.7')
    await until('four messages', () => hub.listed.reduce((sum, { unread }) => sum + unread, 0) === 4)
    assert.equal(hub.listed.length, 3)
    assert.equal(hub.circle.named('carl@127.0.0.7'), classicConversationId('127.0.0.7', 'carl'))
    assert.equal(hub.circle.summary(classicConversationId('127.0.0.7', 'carl'))?.unread, 2)
  })

  it('counts what is unread, marks it read, and remembers both', async () => {
    await using hub = await TestCircle.start()
    const id = classicConversationId('127.0.0.1', 'carl')
    for (const text of ['one', 'two', 'three']) await bringClassic(classicMessage('carl', text), hub)
    await until('three messages', () => hub.circle.summary(id)?.unread === 3)
    const [one, two] = await hub.messages('carl')
    assert.equal(hub.circle.firstUnread(id), one?.position)
    await hub.circle.markRead(id, two?.position ?? '')
    assert.equal(hub.with('carl').unread, 1)
    await hub.circle.markRead(id, one?.position ?? '')
    assert.equal(hub.with('carl').unread, 1, 'never goes back')
    await hub[Symbol.asyncDispose]()

    await using again = await TestCircle.start({ storage: hub.storage })
    assert.equal(again.with('carl').unread, 1)
    assert.deepEqual(await again.texts('carl'), ['one', 'two', 'three'])
    const last = (await again.messages('carl')).at(-1)
    assert.equal(again.circle.firstUnread(id), last?.position)
    await again.circle.markRead(id, last?.position ?? '')
    assert.equal(again.with('carl').unread, 0)
    const page = await again.circle.history(id, { limit: 1, before: last?.position ?? '' })
    assert.deepEqual([page.messages.map(({ text }) => text), page.more], [['two'], true])
  })

  it('takes a notify of somebody known for being there, and of others for nothing', async () => {
    await using hub = await TestCircle.start({ waits: { heard: 100 } })
    await bringClassic(classicNotify('carl'), hub)
    await bringClassic(classicMessage('dora', 'hi'), hub)
    await until('the message', () => hub.listed.length === 1)
    await until('silence', () => hub.with('dora').person.status === 'offline')
    await bringClassic(classicNotify('dora'), hub)
    await until('presence', () => hub.with('dora').person.status === 'online')
    assert.deepEqual(await hub.texts('dora'), ['hi'], 'no message')
  })

  describe('by chat request', () => {
    const id = classicConversationId('127.0.0.1', 'carl')

    it('asks before anything of somebody new is shown, and shows all of it then', async () => {
      await using hub = await TestCircle.start({ policy: 'ask' })
      await bringClassic(Buffer.concat([classicChatRequest('carl'), classicMessage('carl', 'one')]), hub)
      await bringClassic(classicMessage('carl', 'two'), hub)
      await until('the request', () => hub.requests.list().length === 1)
      const [request] = hub.requests.list()
      assert.deepEqual(
        [request?.id, request?.kind, request?.name, request?.address],
        [id, 'classic', 'carl', '127.0.0.1'],
      )
      assert.deepEqual(hub.listed, [])
      await until('what waits', async () => (await waitingRows(hub)) === 1)
      const { conversation } = await hub.requests.answer(id, 'accept')
      assert.equal(conversation?.unread, 2)
      assert.deepEqual(await hub.texts('carl'), ['one', 'two'])
      assert.deepEqual([hub.requests.list(), await waitingRows(hub)], [[], 0])
      await bringClassic(classicMessage('carl', 'three'), hub)
      await until('the next one', () => hub.with('carl').unread === 3)
    })

    it('loses and doubles nothing that comes while it is accepted', async () => {
      await using hub = await TestCircle.start({ policy: 'ask' })
      const texts = Array.from({ length: 10 }, (_, n) => `message ${n}`)
      for (let round = 1; round <= 10; round++) {
        const from = `127.0.2.${round}`
        const asked = classicConversationId(from, 'carl')
        const packets = [classicChatRequest('carl'), ...texts.map(text => classicMessage('carl', text))]
        const brought = bringClassic(Buffer.concat(packets), { port: hub.port, from })
        await until('the request', () => hub.requests.get(asked))
        await hub.requests.answer(asked, 'accept')
        await brought
        await until('all messages', () => hub.circle.summary(asked)?.unread === texts.length)
        const { messages } = await hub.circle.history(asked, { limit: 100 })
        assert.deepEqual(messages.map(({ text }) => text).sort(), texts)
        assert.equal(hub.requests.get(asked), undefined)
      }
    })

    it('keeps request and messages over a restart, and only so many of them', async () => {
      await using hub = await TestCircle.start({ policy: 'ask' })
      const texts = Array.from({ length: 30 }, (_, n) => `message ${n}`)
      await bringClassic(Buffer.concat(texts.map(text => classicMessage('carl', text))), hub)
      await hub[Symbol.asyncDispose]()
      await using again = await TestCircle.start({ policy: 'ask', storage: hub.storage })
      await again.requests.answer(id, 'accept')
      assert.deepEqual(await again.texts('carl'), texts.slice(0, 20))
    })

    for (const answer of ['decline', 'block'] as const) {
      it(`drops it all after ${answer}, and what comes next`, async () => {
        await using hub = await TestCircle.start({ policy: 'ask' })
        await bringClassic(classicMessage('carl', 'one'), hub)
        await until('what waits', async () => (await waitingRows(hub)) === 1)
        await hub.requests.answer(id, answer)
        await until('nothing waits', async () => (await waitingRows(hub)) === 0)
        await bringClassic(classicMessage('carl', 'two'), hub)
        await bringClassic(classicMessage('dora', 'hi'), hub)
        await until('another request', () => hub.requests.list().some(({ name }) => name === 'dora'))
        assert.deepEqual([hub.listed, hub.requests.list().length], [[], 1])
        assert.equal(hub.blocks.has(classicBlock(id)), answer === 'block')
      })
    }

    it('opens an empty conversation at once where all are accepted', async () => {
      await using hub = await TestCircle.start()
      await bringClassic(classicChatRequest('carl'), hub)
      await until('the conversation', () => hub.listed.length === 1)
      assert.deepEqual(await hub.texts('carl'), [])
    })

    it('asks all the same once too many were accepted', async () => {
      await using hub = await TestCircle.start()
      for (let number = 0; number < limits.strangersAccepted + 2; number++) {
        const brought = {
          is: 'chat-request',
          name: `n${number}`,
          text: '',
          message: messageId(randomBytes(16)),
        } as const
        await hub.circle.take('127.0.0.1', brought)
      }
      assert.equal(hub.listed.length, limits.strangersAccepted)
      assert.equal(hub.requests.list().length, 2)
    })

    it('hears nothing of whom it blocks any more, and again once unblocked', async () => {
      await using hub = await TestCircle.start()
      await bringClassic(classicMessage('carl', 'one'), hub)
      await until('the message', () => hub.listed.length === 1)
      await hub.blocks.block(classicBlock(id), 'carl')
      assert.equal(hub.with('carl').person.isBlocked, true)
      await bringClassic(classicMessage('carl', 'two'), hub)
      await assert.rejects(hub.say(id, 'no'), { code: 'blocked' })
      await hub.blocks.unblock(classicBlock(id))
      await bringClassic(classicMessage('carl', 'three'), hub)
      await until('the next', () => hub.with('carl').unread === 2)
      assert.deepEqual(await hub.texts('carl'), ['one', 'three'])
    })
  })

  describe('that are hostile', () => {
    it('closes what is no packet, with what came before it kept', async () => {
      await using hub = await TestCircle.start()
      const good = classicMessage('carl', 'good')
      const wrongWord = classicMessage('carl', 'HELLO', 1)
      const pastPadding = Buffer.from(good)
      pastPadding[110] = 1
      for (const bad of [classicRequests.login('carl', 'secret1'), Buffer.alloc(111, 4), wrongWord, pastPadding]) {
        await bringClassic(Buffer.concat([good, bad, good]), hub)
      }
      await until('four messages', () => hub.listed[0]?.unread === 4)
      await bringClassic(good.subarray(0, 60), hub)
      assert.equal(hub.with('carl').unread, 4)
      assert.deepEqual(
        hub.log.lines.filter(({ level }) => level !== 'debug' && level !== 'info'),
        [],
      )
    })

    it('ignores names that would forge rows, and texts that say nothing', async () => {
      await using hub = await TestCircle.start({ policy: 'ask' })
      const names = ['', 'a\nb', 'ca\u202erl', 'z\u200bz', ' carl', Buffer.from([0xc3, 0x28]), 'x\ty']
      for (const name of names) await bringClassic(classicMessage(name, 'hi'), hub)
      await bringClassic(classicMessage('carl', '\x01\x02'), hub)
      await until('the request', () => hub.requests.list().length > 0)
      assert.deepEqual(
        hub.requests.list().map(({ name }) => name),
        ['carl'],
      )
      await hub.requests.answer(classicConversationId('127.0.0.1', 'carl'), 'accept')
      assert.deepEqual(await hub.texts('carl'), [])
    })

    it('takes a flood no faster than it may come, and other clients meanwhile', async () => {
      await using hub = await TestCircle.start({ door: { pace: { perSecond: 50, burst: 10 } } })
      const flood = Buffer.concat(Array.from({ length: 30 }, (_, n) => classicMessage('flood', `${n}`)))
      const start = performance.now()
      const flooding = bringClassic(flood, { port: hub.port, from: '127.0.0.66' })
      await bringClassic(classicMessage('carl', 'hi'), { port: hub.port, from: '127.0.0.7' })
      await until('the other one', () => hub.listed.some(({ person }) => person.name === 'carl'))
      const other = performance.now() - start
      await flooding
      await until('all of the flood', () => hub.with('flood').unread === 30)
      const all = performance.now() - start
      assert.ok(all >= 390, `30 messages took ${all} ms`)
      assert.ok(other < all, `the other one waited ${other} of ${all} ms`)
    })

    it('bounds connections of one address, and ends those that never end a packet', async () => {
      await using hub = await TestCircle.start({ door: { waits: { packet: 200, idle: 400 } } })
      const sockets = Array.from({ length: 40 }, () => {
        const socket = net.connect({ port: hub.port, host: '127.0.0.1', localAddress: '127.0.0.66' })
        socket.on('error', () => {})
        socket.write(classicMessage('carl', 'x').subarray(0, 30))
        return socket
      })
      await until('eight are cut', () => sockets.filter(({ closed }) => closed).length >= 8)
      await bringClassic(classicMessage('dora', 'hi'), { port: hub.port, from: '127.0.0.7' })
      await until('somebody else', () => hub.listed.length === 1)
      await until('all are cut', () => sockets.every(({ closed }) => closed))
      const idle = net.connect({ port: hub.port, host: '127.0.0.1' })
      idle.on('error', () => {})
      idle.write(classicMessage('carl', 'x'))
      await until('an idle one is cut', () => idle.closed)
    })

    it('bounds requests of one address', async () => {
      await using hub = await TestCircle.start({ policy: 'ask' })
      const packets = Array.from({ length: 40 }, (_, n) => classicMessage(`name${n}`, 'hi'))
      await bringClassic(Buffer.concat(packets), { port: hub.port, from: '127.0.0.66' })
      await bringClassic(classicMessage('carl', 'hi'), { port: hub.port, from: '127.0.0.7' })
      await until('the other one', () => hub.requests.list().some(({ name }) => name === 'carl'))
      assert.equal(hub.requests.list().length, 6)
      assert.ok((await waitingRows(hub)) <= 6)
    })
  })

  it('loses nothing to a storage that fails for a moment, and shows nothing twice', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using hub = await TestCircle.start({ storage, door: { waits: { storage: 10 } } })
    await bringClassic(classicMessage('carl', 'one'), hub)
    await until('the first', () => hub.listed[0]?.unread === 1)
    for (const [n, fate] of (['fail', 'unknown'] as const).entries()) {
      const bad = storage.writes + 1
      storage.fate = (_changes, number) => (number === bad ? fate : 'commit')
      await bringClassic(classicMessage('carl', fate), hub)
      await until('the next', () => hub.listed[0]?.unread === n + 2)
    }
    await bringClassic(classicMessage('carl', 'last'), hub)
    await until('the last', () => hub.listed[0]?.unread === 4)
    assert.deepEqual(await hub.texts('carl'), ['one', 'fail', 'unknown', 'last'])
  })

  it('takes nobody where classic is off, and this machine alone where it is loopback', async () => {
    await using off = await TestCircle.start({ mode: 'off' })
    const socket = net.connect({ port: off.port, host: '127.0.0.1' })
    socket.on('error', () => {})
    socket.write(classicMessage('carl', 'hi'))
    await until('it is closed', () => socket.closed)
    assert.deepEqual(off.listed, [])
    await assert.rejects(off.circle.open('classic:carl@127.0.0.1:5900'), { code: 'unsupported' })
    await using here = await TestCircle.start()
    await assert.rejects(here.circle.open('classic:carl@192.0.2.7'), { code: 'unsupported' })
    await using on = await TestCircle.start({ mode: 'on' })
    assert.equal(await on.circle.open('classic:carl@192.0.2.7'), classicConversationId('192.0.2.7', 'carl'))
  })
})

async function waitingRows({ storage }: TestCircle): Promise<number> {
  return (await storage.list('classic-waiting/', { limit: 100 })).rows.length
}
