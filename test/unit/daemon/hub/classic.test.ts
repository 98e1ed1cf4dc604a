import assert from 'node:assert/strict'
import { personOf } from '../../../../daemon/src/protocol/conversation-infos.ts'
import {
  bringClassic,
  ClassicClient,
  ClassicListener,
  classicChatRequest,
  classicMessage,
  classicRows,
} from '../../../support/classic-client.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'

describe('a hub and classic clients of its team', () => {
  const portOf = ({ hub }: RunningHub) => Number(hub.status().listen[0]?.split(':').at(-1))
  const team = () => startTestRegistry({ options: { classic: 'loopback', signUp: 'open' } })

  async function joined(at: RunningRegistry, name: string, home: HubHome): Promise<RunningHub> {
    const running = await startTestHub(home)
    await running.hub.signUp({ registry: `${at.host}:${at.port}`, name, password })
    return running
  }

  /** A client that has registered and logged in, and the port where it takes messages. */
  async function classicClient(at: RunningRegistry, name: string, from: string) {
    const client = await ClassicClient.connect({ port: at.port, from })
    assert.equal((await client.register(name, 'secret-1')).code, 20)
    assert.equal((await client.login(name, 'secret-1')).code, 21)
    const listener = await ClassicListener.open({ host: from })
    return {
      client,
      listener,
      async [Symbol.asyncDispose]() {
        client.close()
        await listener.close()
      },
    }
  }

  it('find each other by the registry and chat', async () => {
    await using at = await team()
    await using home = await hubHome()
    await using alice = await joined(at, 'alice', home)
    await using carl = await classicClient(at, 'Carl', '127.0.0.7')

    const person = await alice.seen('carl in the list', () =>
      alice.hub.people().people.find(({ name }) => name === 'Carl'),
    )
    assert.deepEqual([person.via, person.address, person.status], ['classic', '127.0.0.7', 'online'])
    assert.deepEqual([alice.hub.people().online, alice.hub.people().total], [0, 0], 'accounts are counted')
    assert.deepEqual(
      (await alice.hub.who({ query: 'car' })).people.map(({ name, via }) => [name, via]),
      [['Carl', 'classic']],
    )

    // The original looks alice up, asks to chat, and writes.
    assert.equal((await carl.client.search('Carl', 'alice')).message, '127.0.0.1')
    const packets = Buffer.concat([classicChatRequest('Carl'), classicMessage('Carl', 'hello alice')])
    await bringClassic(packets, { port: portOf(alice), from: '127.0.0.7' })
    const request = await alice.seen('the request', () => alice.hub.snapshot().requests[0])
    assert.deepEqual([request.kind, request.name, request.address], ['classic', 'Carl', '127.0.0.7'])
    const { conversation } = await alice.hub.strangers.answerRequest({ id: request.id, answer: 'accept' })
    assert.equal(conversation?.unread, 1)
    assert.deepEqual(await alice.texts('carl'), ['hello alice'])

    await alice.say(`classic:carl@127.0.0.7:${carl.listener.port}`, 'hello carl')
    await alice.seen('it is sent', () => alice.hub.conversation(request.id)?.queued === 0)
    assert.deepEqual(carl.listener.packets, [{ type: 0, username: 'alice', text: 'hello carl' }])
    const [, sent] = (await alice.hub.history({ with: 'Carl', limit: 10 })).messages
    assert.deepEqual([sent?.text, sent?.state, sent?.user], ['hello carl', 'sent', alice.account().user])
    const waited = { conversation: request.id, message: sent?.message ?? '', timeout: 5_000 }
    assert.equal((await alice.hub.waitDelivered(waited)).state, 'sent')

    await carl.client.logout('Carl')
    await alice.seen('carl is gone', () => !alice.hub.people().people.some(({ name }) => name === 'Carl'))
  })

  it('write by name to whom the list shows, at the usual port, and never to them for somebody of the team', async () => {
    await using at = await team()
    await using home = await hubHome()
    await using alice = await joined(at, 'alice', home)
    await using bobHome = await hubHome()
    await using bob = await joined(at, 'bob', bobHome)
    await using _carl = await classicClient(at, 'carl', '127.0.0.7')
    await alice.seen('carl in the list', () => alice.hub.people().people.find(({ name }) => name === 'carl'))
    const sent = await alice.say('carl', 'hello')
    assert.equal(personOf(alice.hub.conversation(sent.conversation))?.via, 'classic')
    assert.equal(alice.hub.status().queued, 1, 'nobody is at its port 5858')

    // A stranger calls itself bob; the bob of the team is another one.
    await alice.hub.strangers.setRequestPolicy({ policy: 'accept' })
    await bringClassic(classicMessage('bob', 'it is me'), { port: portOf(alice), from: '127.0.0.66' })
    await alice.seen('the stranger', () => alice.hub.snapshot().conversations.length === 2)
    await bob.hub.close()
    const toBob = await alice.say('bob', 'hi bob')
    assert.equal(personOf(alice.hub.conversation(toBob.conversation))?.via, undefined)
    const toStranger = await alice.say('bob@127.0.0.66', 'who are you?')
    assert.equal(personOf(alice.hub.conversation(toStranger.conversation))?.address, '127.0.0.66')
  })

  it('know a member under an alias with a classic password, on all devices and over restarts', async () => {
    await using at = await team()
    await using home = await hubHome()
    await using lexa = await joined(at, 'alexandra-long', home)
    await using carl = await classicClient(at, 'carl', '127.0.0.7')
    const target = `classic:carl@127.0.0.7:${carl.listener.port}`
    await assert.rejects(lexa.say(target, 'hi'), { code: 'bad-name' })
    const { passwords } = lexa.hub
    await assert.rejects(passwords.setClassic({ alias: 'carl', password: 'secret-2' }), { code: 'name-taken' })
    await assert.rejects(passwords.setClassic({ alias: 'lexi', password: 'sixteen-letters-' }), {
      code: 'bad-password',
    })
    await assert.rejects(passwords.setClassic({ alias: 'lexi', password: '123456' }), { code: 'bad-password' })
    await assert.rejects(passwords.setClassic({ password: 'secret-2' }), { code: 'bad-name' })
    await passwords.setClassic({ alias: 'Lexi', password: 'secret-2' })
    const { message } = await lexa.say(target, 'hi')
    await lexa.seen('it is sent', () => lexa.hub.status().queued === 0)
    assert.equal(carl.listener.packets.at(-1)?.username, 'Lexi')
    assert.deepEqual(classicRows((await carl.client.online('carl')).list).sort(), ['Lexi-127.0.0.1', 'carl-127.0.0.7'])
    await lexa.hub.close()

    await using again = await startTestHub(home)
    await again.seen('online', () => again.account().state === 'online')
    const [before] = (await again.hub.history({ with: 'carl@127.0.0.7', limit: 10 })).messages
    assert.deepEqual([before?.message, before?.mine, before?.name, before?.state], [message, true, 'Lexi', 'sent'])
    await again.hub.passwords.setClassic({})
    await assert.rejects(again.say(target, 'hi'), { code: 'bad-name' })
  })

  it('show a member who is there by the original program as that member', async () => {
    await using at = await team()
    await using home = await hubHome()
    await using alice = await joined(at, 'alice', home)
    await using bobHome = await hubHome()
    await using bob = await joined(at, 'bob', bobHome)
    await bob.hub.passwords.setClassic({ password: 'secret-2' })
    await bob.hub.close()
    const statusOfBob = () => alice.hub.people().people.find(({ name }) => name === 'bob')?.status
    await alice.seen('bob is gone', () => statusOfBob() === 'offline')
    const client = await ClassicClient.connect({ port: at.port, from: '127.0.0.8' })
    assert.equal((await client.login('bob', 'secret-2')).code, 21)
    await alice.seen('bob is there', () => statusOfBob() === 'online')
    assert.deepEqual(
      alice.hub.people().people.map(({ name, via }) => [name, via]),
      [['bob', undefined]],
    )
    const { state, conversation } = await alice.say('bob', 'for your hub alone')
    assert.deepEqual([state, personOf(alice.hub.conversation(conversation))?.via], ['queued', undefined])
    client.close()
  })

  it('need no account, and take the name of this home', async () => {
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const listener = await ClassicListener.open()
    await bringClassic(classicMessage('carl', 'hi'), { port: portOf(alice) })
    const request = await alice.seen('the request', () => alice.hub.snapshot().requests[0])
    await alice.hub.strangers.answerRequest({ id: request.id, answer: 'accept' })
    assert.deepEqual(await alice.texts('carl'), ['hi'])
    await alice.hub.strangers.block({ with: 'carl', blocked: true })
    assert.deepEqual(
      (await alice.hub.strangers.blocked()).people.map(({ name, via }) => [name, via]),
      [['carl', 'classic']],
    )
    await assert.rejects(alice.say('carl', 'no'), { code: 'blocked' })
    await alice.hub.strangers.block({ with: 'carl', blocked: false })
    await listener.close()
  })

  it('keep drafts, places and mutes as others do', async () => {
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.strangers.setRequestPolicy({ policy: 'accept' })
    await bringClassic(classicMessage('carl', 'one'), { port: portOf(alice) })
    const { conversation } = await alice.seen('the chat', () => alice.hub.snapshot().conversations[0])
    const [one] = (await alice.hub.history({ with: conversation, limit: 1 })).messages
    const scroll = { position: one?.position ?? '', offset: 3 }
    await alice.hub.chats.saveChat({ conversation, draft: 'not yet', scroll })
    await alice.hub.chats.setMuted({ conversation, muted: true })
    await bringClassic(classicMessage('carl', 'two'), { port: portOf(alice) })
    await alice.seen('the next', () => alice.hub.conversation(conversation)?.unread === 2)
    assert.equal(alice.news.flatMap(({ arrived }) => arrived?.messages ?? []).length, 1, 'muted')
    await alice.hub.close()
    await using again = await startTestHub(home)
    const opened = await again.hub.chats.openChat({ with: 'carl' })
    assert.deepEqual([opened.draft, opened.scroll, opened.conversation.muted], ['not yet', scroll, true])
    assert.equal(opened.firstUnread, one?.position)
    await again.hub.chats.markRead({ conversation, position: one?.position ?? '' })
    assert.equal(again.hub.conversation(conversation)?.unread, 1)
  })

  it('are kept out where hub.classic says so', async () => {
    await using home = await hubHome()
    await using alice = await startTestHub(home, { options: { listen: ['127.0.0.1:0'], classic: 'off' } })
    await bringClassic(classicMessage('carl', 'hi'), { port: portOf(alice) })
    await assert.rejects(alice.say('classic:carl@127.0.0.1:5900', 'hi'), { code: 'unsupported' })
    assert.deepEqual([alice.hub.snapshot().requests, alice.hub.snapshot().conversations], [[], []])
  })
})
