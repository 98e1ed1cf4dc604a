import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { LettingGo } from '../../../../../daemon/src/hub/conversations/letting-go.ts'
import type { StoredMessage } from '../../../../../daemon/src/hub/conversations/types.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import type { Deed } from '../../../../../daemon/src/protocol/bodies.ts'
import { type ConversationId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, conversationOf, Home, person, withDevice } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'
import { until } from '../../../../support/wait.ts'

const open: Home[] = []

afterEach(async () => {
  for (const home of open.splice(0)) await home.stop()
})

describe('what is let go of on one device', () => {
  it('leaves its disk, words of edits included, and whoever gets the log from there asks others for it', async () => {
    const { room, ann, bob, cas } = await threeInARoom()
    const wire = connect(ann.home, bob.home)
    await bob.send(room, 'precious')
    await ann.showsTexts(room, ['precious'])
    const precious = await messageOf(ann, room, 'precious')
    await act(bob, room, { is: 'edit', target: precious.message, text: 'more precious' })
    await ann.showsTexts(room, ['more precious'])
    wire.cut()
    await letting(ann, room).drop([precious])
    await ann.showsTexts(room, [])
    assert.doesNotMatch(await disk(ann.home), /precious/)
    const fromAnn = connect(ann.home, cas.home)
    const end = ann.home.conversations.headsOf(room).get(bob.person.account.device)
    await cas.home.until('cas has the log', () => {
      const heads = cas.home.conversations.headsOf(room).get(bob.person.account.device)
      return heads?.[0]?.seq === end?.[0]?.seq
    })
    assert.deepEqual(await texts(cas, room), [])
    fromAnn.cut()
    connect(bob.home, cas.home)
    await cas.showsTexts(room, ['more precious'])
    assert.equal(cas.home.conversations.room(room)?.unread, 1)
    connect(ann.home, bob.home)
    connect(ann.home, cas.home)
    await ann.send(room, 'what was that?')
    await cas.showsTexts(room, ['more precious', 'what was that?'])
    assert.deepEqual(await texts(ann, room), ['what was that?'])
    assert.doesNotMatch(await disk(ann.home), /precious/)
  })

  it('of one’s own stays on the disk until everybody has it', async () => {
    const alice = await home('alice')
    const bob = await home('bob')
    const phone = await add(withDevice(alice.person))
    const chat = conversationOf(alice.person, bob.person)
    connect(alice, phone)
    const { message } = await alice.send(bob.person, 'secret')
    await phone.until('it is there', async () => (await phone.texts(bob.person)).length === 1)
    await alice.conversations.lettingGo(chat)?.drop([{ user: alice.person.user, message }])
    assert.deepEqual(await alice.texts(bob.person), [])
    assert.match(await disk(alice), /secret/)
    connect(alice, bob)
    await bob.until('bob has it', async () => (await bob.texts(alice.person)).join() === 'secret')
    await until('it leaves', async () => !/secret/.test(await disk(alice)))
    assert.equal((await alice.storage.list('leaving/', { limit: 5 })).rows.length, 0)
    assert.deepEqual(await phone.texts(bob.person), ['secret'])
  })

  it('up to some place is not kept where it comes later, and what follows is', async () => {
    const alice = await home('alice')
    const bob = await home('bob')
    const chat = conversationOf(alice.person, bob.person)
    connect(alice, bob)
    for (const words of ['old one', 'old two']) await bob.send(alice.person, words)
    await alice.send(bob.person, 'old three')
    await bob.until('all is there', async () => (await bob.texts(alice.person)).length === 3)
    await alice.until('all is there', async () => (await alice.texts(bob.person)).length === 3)
    await alice.delivered(bob.person)
    const letGo = alice.conversations.lettingGo(chat) ?? assert.fail()
    const floors = await letGo.floorsBefore()
    assert.equal(floors.size, 2)
    await letGo.raise(floors, AbortSignal.timeout(5_000))
    await bob.send(alice.person, 'new')
    await alice.until('what follows', async () => (await alice.texts(bob.person)).join() === 'new')
    assert.doesNotMatch(await disk(alice), /old/)
    const phone = await add(withDevice(alice.person))
    await phone.conversations.send({ ...said('to begin with'), peer: bob.person })
    await phone.conversations.lettingGo(chat)?.raise(floors, AbortSignal.timeout(5_000))
    connect(phone, bob)
    await phone.until('what follows', async () => (await phone.texts(bob.person)).includes('new'))
    await phone.until('what one wrote', () => phone.conversations.headsOf(chat).size === 3)
    connect(phone, alice)
    assert.deepEqual((await phone.texts(bob.person)).sort(), ['new', 'to begin with'])
    await until('it leaves', async () => !/old/.test(await disk(phone)))
    assert.equal(phone.conversations.get(chat)?.unread, 1)
  })

  it('goes from another device as well while the end of a log is still on its way there', async () => {
    const alice = await home('alice')
    const bob = await home('bob')
    const phone = await add(withDevice(alice.person))
    const chat = conversationOf(alice.person, bob.person)
    const wire = connect(phone, bob)
    const many = 2 * limits.historyRows
    for (let sent = 0; sent < many; sent++) await bob.send(alice.person, `old ${sent}`)
    await phone.until('they are there', async () => (await phone.texts(bob.person)).length === many)
    wire.cut()
    connect(alice, bob)
    await bob.send(alice.person, 'old, and only here')
    await alice.until('all is there', async () => (await alice.texts(bob.person)).length === many + 1)
    const floors = await alice.conversations.lettingGo(chat)?.floorsBefore()
    assert.ok(floors)
    await phone.conversations.lettingGo(chat)?.raise(floors, AbortSignal.timeout(5_000))
    assert.deepEqual(await phone.texts(bob.person), [])
  })
})

describe('a deletion', () => {
  it('by an admin who was removed before gives the message back, from whoever still has it', async () => {
    const { room, ann, bob, cas } = await threeInARoom()
    const wires = [connect(ann.home, bob.home), connect(bob.home, cas.home)]
    connect(ann.home, cas.home)
    await ann.act(room, { is: 'role', user: cas.person.user, role: 'admin' })
    await cas.stands(room, cas.person, 'admin')
    await bob.send(room, 'a matter of taste')
    for (const each of [ann, cas]) await each.showsTexts(room, ['a matter of taste'])
    const cut = ann.heads(room, cas.person)
    for (const wire of wires) wire.cut()
    const matter = await messageOf(cas, room, 'a matter of taste')
    await act(cas, room, { is: 'deletion', target: matter, entries: [] })
    await ann.home.until('it is deleted', async () => (await texts(ann, room)).join() === '')
    assert.doesNotMatch(await disk(ann.home), /taste/)
    await ann.act(room, { is: 'removal', user: cas.person.user, cut })
    connect(ann.home, bob.home)
    await ann.showsTexts(room, ['a matter of taste'])
    assert.deepEqual(await texts(bob, room), ['a matter of taste'])
    const rows = (who: RoomPerson) => who.home.conversations.history(room, { limit: 50 })
    const shown = async (who: RoomPerson) =>
      (await rows(who)).messages.filter(({ event }) => !event).map(({ mine: _, ...rest }) => rest.text)
    assert.deepEqual(await shown(ann), await shown(bob))
    assert.equal((await ann.home.storage.list('hollow/', { limit: 5 })).rows.length, 0)
  })
})

describe('a message that is answered', () => {
  it('is told with its answers when it says something else, and when it is gone', async () => {
    const alice = await home('alice')
    const bob = await home('bob')
    connect(alice, bob)
    const chat = conversationOf(alice.person, bob.person)
    const hello = await alice.send(bob.person, 'hello')
    await bob.until('it is here', async () => (await bob.texts(alice.person)).length === 1)
    const answer = await bob.send(alice.person, 'hi', { replyTo: { user: hello.user, message: hello.message } })
    const quoted = () => bob.told.findLast(({ message }) => message === answer.message)?.replyTo?.text
    await alice.until('the answer', async () => (await alice.texts(bob.person)).length === 2)
    await deed(alice, chat, { is: 'edit', target: hello.message, text: 'hello there' })
    await bob.until('the answer is told', () => quoted() === 'hello there')
    await deed(alice, chat, { is: 'deletion', target: hello, entries: [] })
    await bob.until('the answer is told', () => quoted() !== 'hello there')
    assert.doesNotMatch(JSON.stringify(await bob.messages(alice.person)), /hello/)
  })

  it('counts as a mention once an edit names somebody, and no more when another does not', async () => {
    const alice = await home('alice')
    const bob = await home('bob')
    connect(alice, bob)
    const chat = conversationOf(alice.person, bob.person)
    const hello = await alice.send(bob.person, 'hello')
    const mentions = () => bob.conversations.get(chat)?.mentions
    await bob.until('it is unread', () => bob.conversations.get(chat)?.unread === 1)
    assert.equal(mentions(), 0)
    await deed(alice, chat, { is: 'edit', target: hello.message, text: '@bob', mentions: [bob.person.user] })
    await bob.until('it names bob', () => mentions() === 1)
    await deed(alice, chat, { is: 'edit', target: hello.message, text: 'nobody' })
    await bob.until('it names nobody', () => mentions() === 0)
    const [shown] = await bob.messages(alice.person)
    await bob.conversations.markRead(chat, shown?.position ?? '')
    await deed(alice, chat, { is: 'edit', target: hello.message, text: '@bob!', mentions: [bob.person.user] })
    await bob.until('it is edited', async () => (await bob.texts(alice.person)).join() === '@bob!')
    assert.equal(mentions(), 0)
  })
})

async function add(...of: Parameters<typeof Home.open>): Promise<Home> {
  const opened = await Home.open(...of)
  open.push(opened)
  return opened
}

function home(name: string): Promise<Home> {
  return add(person(name))
}

/** Members of a room who are not linked. */
async function threeInARoom() {
  const [ann, bob, cas] = await Promise.all(['ann', 'bob', 'cas'].map(async name => new RoomPerson(await home(name))))
  assert.ok(ann && bob && cas)
  const room = await ann.found('Tea')
  for (const other of [bob, cas]) {
    await ann.invite(room, other.person)
    const wire = connect(ann.home, other.home)
    await other.stands(room, other.person, 'invited')
    await other.join(room)
    await ann.stands(room, other.person, 'member')
    wire.cut()
  }
  const wire = connect(ann.home, bob.home)
  await bob.stands(room, cas.person, 'member')
  wire.cut()
  return { room, ann, bob, cas }
}

function letting({ home: { conversations } }: RoomPerson, room: ConversationId): LettingGo {
  return conversations.lettingGo(room) ?? assert.fail()
}

async function texts(who: RoomPerson, room: ConversationId): Promise<string[]> {
  return (await who.shown(room)).filter(text => !text.startsWith('['))
}

async function messageOf(who: RoomPerson, room: ConversationId, text: string): Promise<StoredMessage> {
  const { messages } = await who.home.conversations.history(room, { limit: 100 })
  return messages.find(each => each.text === text) ?? assert.fail(`${who.person.name} does not show ${text}`)
}

function act(who: RoomPerson, room: ConversationId, does: Deed): Promise<void> {
  return deed(who.home, room, does)
}

function deed(who: Home, conversation: ConversationId, does: Deed): Promise<void> {
  const { message, written } = said('')
  return who.conversations.act(conversation, { message, written, act: does })
}

function said(text: string) {
  return { message: messageId(new Uint8Array(randomBytes(16))), text, written: Date.now() }
}

/** All that a home keeps, as text. */
async function disk(of: Home): Promise<string> {
  const found: string[] = []
  for (const prefix of ['log/', 'message/', 'named/', 'outbox/', 'conversation/', 'about/', 'answer/']) {
    const { rows } = await of.storage.list(prefix, { limit: 1000 })
    found.push(...rows.map(([, value]) => Buffer.from(value).toString('latin1')))
  }
  return found.join('\n')
}
