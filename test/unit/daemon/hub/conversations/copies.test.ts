import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { keys } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { type ConversationId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, conversationOf, Home, person, withDevice } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'
import { until } from '../../../../support/wait.ts'

describe('an older copy of a home', () => {
  it('of before anybody was invited to a room takes from them that they belong to it', async () => {
    await using ann = await Home.open(person('ann'))
    await using bob = await Home.open(person('bob'))
    const [founder, guest] = [new RoomPerson(ann), new RoomPerson(bob)]
    const room = await founder.found('Tea')
    const copy = await copyOf(ann.storage)
    await founder.invite(room, bob.person)
    const wire = connect(ann, bob)
    await guest.stands(room, bob.person, 'invited')
    await guest.join(room)
    await founder.stands(room, bob.person, 'member')
    wire.cut()
    await ann.restart(copy)
    assert.equal(founder.standing(room, bob.person), undefined)
    connect(ann, bob)
    await founder.stands(room, bob.person, 'member')
    await founder.send(room, 'still here?')
    await guest.showsTexts(room, ['still here?'])
  })

  it('is heard by whoever was invited behind where it goes on', async () => {
    await using ann = await Home.open(person('ann'))
    await using bob = await Home.open(person('bob'))
    const [founder, guest] = [new RoomPerson(ann), new RoomPerson(bob)]
    const room = await founder.found('Tea', 'from-invitation')
    const copy = await copyOf(ann.storage)
    for (const name of ['Coffee', 'Cocoa']) await founder.act(room, { is: 'change', name })
    await founder.invite(room, bob.person, founder.heads(room))
    const wire = connect(ann, bob)
    await guest.stands(room, bob.person, 'invited')
    await guest.join(room)
    await founder.stands(room, bob.person, 'member')
    wire.cut()
    await ann.restart(copy)
    const again = connect(ann, bob)
    await founder.stands(room, bob.person, 'member')
    again.cut()
    for (const name of ['Mint', 'Sage', 'Lime']) await founder.act(room, { is: 'change', name })
    await founder.send(room, 'where were we?')
    await post(ann, bob, room)
    await guest.showsTexts(room, ['where were we?'])
  })

  it('of before somebody left a room and came back goes on where they were invited to again', async () => {
    await using ann = await Home.open(person('ann'))
    await using bob = await Home.open(person('bob'))
    const [founder, guest] = [new RoomPerson(ann), new RoomPerson(bob)]
    const room = await founder.found('Tea', 'from-invitation')
    await founder.invite(room, bob.person, founder.heads(room))
    const wire = connect(ann, bob)
    await guest.stands(room, bob.person, 'invited')
    await guest.join(room)
    await founder.stands(room, bob.person, 'member')
    await founder.send(room, 'one')
    await guest.showsTexts(room, ['one'])
    const copy = await copyOf(bob.storage)
    await guest.act(room, { is: 'leaving', cut: guest.heads(room, bob.person) })
    await founder.stands(room, bob.person, 'out')
    for (const name of ['Coffee', 'Cocoa']) await founder.act(room, { is: 'change', name })
    await founder.invite(room, bob.person, founder.heads(room))
    await guest.stands(room, bob.person, 'invited')
    await guest.join(room)
    await founder.stands(room, bob.person, 'member')
    wire.cut()
    await bob.restart(copy)
    connect(ann, bob)
    await founder.send(room, 'two')
    await guest.showsTexts(room, ['one', 'two'])
  })

  it('shows nothing any more of what has the number of the last that its home wrote before it left a room', async () => {
    await using ann = await Home.open(person('ann'))
    await using bob = await Home.open(person('bob'))
    const [founder, guest] = [new RoomPerson(ann), new RoomPerson(bob)]
    const room = await founder.found('Tea')
    await founder.invite(room, bob.person)
    const wire = connect(ann, bob)
    await guest.stands(room, bob.person, 'invited')
    await guest.join(room)
    await founder.stands(room, bob.person, 'member')
    const original = bob.storage
    const copy = await copyOf(original)
    wire.cut()
    await bob.restart(copy)
    const ofCopy = connect(ann, bob)
    await guest.send(room, 'of the copy')
    await founder.showsTexts(room, ['of the copy'])
    ofCopy.cut()
    await bob.restart(original)
    await guest.send(room, 'of the home')
    await bob.conversations.mail.mailFor(ann.person.user, ann.person.account.device, 100_000)
    await guest.act(room, { is: 'leaving', cut: guest.heads(room, bob.person) })
    connect(ann, bob)
    await founder.stands(room, bob.person, 'out')
    await founder.showsTexts(room, [])
  })

  it('counts for what one has read like the home itself: one number reads all branches', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    await using copy = await Home.open(bob)
    const id = conversationOf(bob, ann.person)
    for (const text of ['one', 'two', 'three']) await home.send(ann.person, text)
    await post(home, ann, id)
    for (const text of ['uno', 'due', 'tre']) await copy.send(ann.person, text)
    await post(copy, ann, id)
    const shown = await ann.messages(bob)
    assert.deepEqual(
      shown.map(({ text }) => text),
      ['one', 'two', 'three', 'uno', 'due', 'tre'],
    )
    assert.equal(ann.conversations.get(id)?.unread, 6)
    await ann.conversations.markRead(id, shown[1]?.position ?? '')
    assert.equal(ann.conversations.get(id)?.unread, 2)
    assert.equal(ann.conversations.get(id)?.firstUnread, shown[2]?.position)
  })

  it('says of nothing that it was read because what the home itself wrote was', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    await using copy = await Home.open(bob)
    const id = conversationOf(bob, ann.person)
    for (const text of ['one', 'two', 'three']) await home.send(ann.person, text)
    await post(home, ann, id)
    await ann.conversations.markRead(id, (await ann.messages(bob)).at(-1)?.position ?? '')
    for (const text of ['uno', 'due']) await copy.send(ann.person, text)
    await copy.conversations.mail.mailFor(ann.person.user, ann.person.account.device, 100_000)
    const states = async () => (await copy.messages(ann.person)).map(({ text, state }) => `${text} ${state}`)
    const wire = connect(copy, ann, { fate: ({ is }) => (small.has(is.case ?? '') ? 'deliver' : 'drop') })
    await until('the mark is there', async () => (await copy.storage.get([keys.mark(id, ann.person.user)]))[0])
    assert.deepEqual(await states(), ['uno queued', 'due queued'])
    wire.cut()
    connect(copy, ann)
    const all = ['one read', 'two read', 'three read', 'uno read', 'due read']
    await until('all is there', async () => isDeepStrictEqual(await states(), all))
  })

  it('says of what the home itself wrote that it was read as soon as it has that from elsewhere', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    await using copy = await Home.open(bob)
    await using phone = await Home.open(withDevice(bob))
    const id = conversationOf(bob, ann.person)
    await copy.send(ann.person, 'uno')
    await home.send(ann.person, 'one')
    await post(home, ann, id)
    await ann.conversations.markRead(id, (await ann.messages(bob)).at(-1)?.position ?? '')
    const toPhone = connect(home, phone)
    await until('the phone has it', async () => (await phone.messages(ann.person)).length === 1)
    toPhone.cut()
    const wire = connect(copy, ann, { fate: ({ is }) => (small.has(is.case ?? '') ? 'deliver' : 'drop') })
    await until('the mark is there', async () => (await copy.storage.get([keys.mark(id, ann.person.user)]))[0])
    wire.cut()
    connect(copy, phone)
    const state = async () => (await copy.messages(ann.person)).find(({ text }) => text === 'one')?.state
    await until('it was read', async () => (await state()) === 'read')
  })

  it('edits and takes back after all what the home itself has sent before, as it was', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    const id = conversationOf(bob, ann.person)
    const [one, two] = [await home.send(ann.person, 'one'), await home.send(ann.person, 'two')]
    await using copy = await Home.open(bob, await copyOf(home.storage))
    const edit = { is: 'edit', target: one.message, text: 'uno' } as const
    await copy.conversations.act(id, { message: messageId(randomBytes(16)), written: 5, act: edit })
    const deletion = { is: 'deletion', target: { user: bob.user, message: two.message }, entries: [] } as const
    await copy.conversations.act(id, { message: messageId(randomBytes(16)), written: 6, act: deletion })
    assert.deepEqual(await copy.texts(ann.person), ['uno'])
    await post(home, ann, id)
    assert.deepEqual(await ann.texts(bob), ['one', 'two'])
    connect(copy, ann)
    await until('ann has it', async () => isDeepStrictEqual(await ann.texts(bob), ['uno', '']))
    await until('the copy too', async () => isDeepStrictEqual(await copy.texts(ann.person), ['uno', '']))
    assert.deepEqual(
      (await ann.messages(bob)).map(({ deleted, edited }) => deleted ?? edited),
      [5, true],
    )
  })

  it('edits after all what the home itself turns out to have sent before the copy did', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    const id = conversationOf(bob, ann.person)
    const one = await home.send(ann.person, 'one')
    await using copy = await Home.open(bob, await copyOf(home.storage))
    const edit = { is: 'edit', target: one.message, text: 'uno' } as const
    await copy.conversations.act(id, { message: messageId(randomBytes(16)), written: 5, act: edit })
    await post(home, ann, id)
    await copy.conversations.mail.mailFor(ann.person.user, ann.person.account.device, 100_000)
    connect(copy, ann)
    await until('ann has it', async () => isDeepStrictEqual(await ann.texts(bob), ['uno']))
    await copy.delivered(ann.person)
    assert.deepEqual(await copy.texts(ann.person), ['uno'])
    assert.equal((await ann.messages(bob))[0]?.edited, 5)
  })

  it('has at home what it has sent by mail, also where that comes while the home is linked', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    await using copy = await Home.open(bob)
    await home.send(ann.person, 'one')
    connect(home, ann)
    await home.delivered(ann.person)
    await copy.send(ann.person, 'uno')
    await post(copy, ann, conversationOf(bob, ann.person))
    await until('it is at home', async () => isDeepStrictEqual(await home.texts(ann.person), ['one', 'uno']))
  })

  it('has at home what it has said to somebody who is linked with the home as well', async () => {
    const bob = person('bob')
    await using ann = await Home.open(person('ann'))
    await using home = await Home.open(bob)
    await using copy = await Home.open(bob)
    await home.send(ann.person, 'one')
    connect(home, ann)
    connect(copy, ann)
    await home.delivered(ann.person)
    await copy.send(ann.person, 'uno')
    await until('it is at home', async () => (await home.texts(ann.person)).includes('uno'))
    assert.deepEqual((await home.texts(ann.person)).sort(), ['one', 'uno'])
  })
})

/** Frames that say how far somebody has read, and nothing of what there is to read. */
const small = new Set(['resume', 'rights', 'rightsEntries', 'marks'])

/** Seals what waits, and carries it by mail: nobody has said before what they have of that log. */
/** All that one has to say, in as many lots as it takes. */
async function post(from: Home, to: Home, conversation: ConversationId): Promise<void> {
  const { user, account } = to.person
  const { mail } = from.conversations
  const author = { ...from.person, device: from.person.account.device }
  let lots = 0
  for (let lot = await mail.mailFor(user, account.device, 100_000); lot !== undefined; lots++) {
    assert.equal(lot.conversation, conversation)
    await to.conversations.mail.take(author, conversation, lot.entries)
    await mail.posted(conversation, account.device, lot.upTo)
    lot = await mail.mailFor(user, account.device, 100_000)
  }
  assert.ok(lots > 0)
}

async function copyOf(storage: Storage): Promise<Storage> {
  const copy = openMemoryStorage()
  const { rows } = await storage.list('', { limit: 500 })
  await copy.write(rows.map(([put, value]) => ({ put, value })))
  return copy
}
