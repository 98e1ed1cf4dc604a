import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { encodeAct } from '../../../../../daemon/src/protocol/membership-bodies.ts'
import { connect, conversationOf, Home, person, withDevice } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'
import { until } from '../../../../support/wait.ts'

/** Alice on two devices, and bob. */
async function three() {
  const alice = person('alice')
  const bob = person('bob')
  const homes = {
    laptop: await Home.open(alice),
    phone: await Home.open(withDevice(alice)),
    bob: await Home.open(bob),
  }
  const id = conversationOf(alice, bob)
  return {
    ...homes,
    id,
    people: { alice, bob },
    summary: (home: Home) => home.conversations.get(id),
    state: async (home: Home, text: string) => {
      return (await home.messages(home === homes.bob ? alice : bob)).find(message => message.text === text)?.state
    },
    async [Symbol.asyncDispose]() {
      for (const home of Object.values(homes)) await home.stop()
    },
  }
}

describe('devices of one account', () => {
  it('give a new one all that was said, and what one wrote oneself as one’s own', async () => {
    await using chat = await three()
    const { laptop, phone, bob, people, id } = chat
    connect(laptop, bob)
    for (let number = 0; number < 30; number++) {
      await laptop.send(people.bob, `from alice ${number}`)
      await bob.send(people.alice, `from bob ${number}`)
    }
    await laptop.until('all is there', async () => (await laptop.texts(people.bob)).length === 60)
    await bob.until('all is there', async () => (await bob.texts(people.alice)).length === 60)
    connect(laptop, phone)
    await phone.until('all is there', async () => (await phone.texts(people.bob)).length === 60)
    assert.deepEqual(await phone.texts(people.bob), await laptop.texts(people.bob))
    const own = (await phone.messages(people.bob)).filter(({ mine }) => mine)
    assert.equal(own.length, 30)
    assert.ok(own.every(({ state }) => state !== 'queued'))
    assert.equal(phone.conversations.get(id)?.peer.name, 'bob', 'who the other one is comes along')
  })

  it('show on each what was written on the other, and what became of it', async () => {
    await using chat = await three()
    const { laptop, phone, bob, people } = chat
    connect(laptop, phone)
    await phone.send(people.bob, 'from the phone')
    await laptop.until('it is on the laptop', async () => (await chat.state(laptop, 'from the phone')) === 'sent')
    await phone.until('another device has it', async () => (await chat.state(phone, 'from the phone')) === 'sent')
    connect(laptop, bob)
    await bob.until('bob has it', async () => (await bob.texts(people.alice)).length === 1)
    await laptop.until('it is delivered', async () => (await chat.state(laptop, 'from the phone')) === 'delivered')
  })

  it('tell each other who has what, also of what somebody else has brought, and to one that comes later', async () => {
    await using chat = await three()
    const { laptop, phone, bob, people } = chat
    const own = connect(laptop, phone)
    await phone.send(people.bob, 'from the phone')
    await laptop.until('it is on the laptop', async () => (await laptop.texts(people.bob)).length === 1)
    await laptop.send(people.bob, 'from the laptop')
    await phone.until('it is on the phone', async () => (await phone.texts(people.bob)).length === 2)
    const wire = connect(laptop, bob)
    for (const text of ['from the phone', 'from the laptop']) {
      await phone.until(`${text} is delivered`, async () => (await chat.state(phone, text)) === 'delivered')
    }
    own.cut()
    await laptop.send(people.bob, 'while it was away')
    await laptop.until('it is delivered', async () => (await chat.state(laptop, 'while it was away')) === 'delivered')
    wire.cut()
    await using tablet = await Home.open(withDevice(people.alice))
    connect(laptop, phone)
    connect(phone, tablet)
    for (const home of [phone, tablet]) {
      await home.until('all are delivered', async () => {
        const messages = await home.messages(people.bob)
        return messages.length === 3 && messages.every(({ state }) => state === 'delivered')
      })
    }
    const again = connect(laptop, phone)
    await until('they say hello', () => again.frames.length > 0)
    await laptop.send(people.bob, 'and silence')
    await phone.until('it is there', async () => (await phone.texts(people.bob)).length === 4)
    assert.ok(
      again.frames.every(({ is }) => is.case !== 'marks'),
      'nothing is told that both know',
    )
  })

  it('agree on what was read, which is not unread where it comes later', async () => {
    await using chat = await three()
    const { laptop, phone, bob, people, id } = chat
    connect(laptop, phone)
    const first = connect(laptop, bob)
    for (const text of ['one', 'two', 'three']) await bob.send(people.alice, text)
    await phone.until('all are unread', () => chat.summary(phone)?.unread === 3)
    const [, two] = await laptop.messages(people.bob)
    await laptop.conversations.markRead(id, two?.position ?? '')
    await phone.until('one is left', () => chat.summary(phone)?.unread === 1)
    assert.equal(chat.summary(phone)?.firstUnread, (await phone.messages(people.bob))[2]?.position)
    first.cut()
    await laptop.conversations.markRead(id, (await laptop.messages(people.bob))[2]?.position ?? '')
    await phone.until('none is left', () => chat.summary(phone)?.unread === 0)
    assert.equal(chat.summary(laptop)?.unread, 0)
    await using tablet = await Home.open(withDevice(people.alice))
    connect(phone, tablet)
    await tablet.until('all is there', async () => (await tablet.texts(people.bob)).length === 3)
    await tablet.until('none is unread', () => tablet.conversations.get(id)?.unread === 0)
  })

  it('are told that a message was read, by any of the other’s devices, while receipts are on', async () => {
    await using chat = await three()
    const { laptop, phone, bob, people, id } = chat
    connect(laptop, phone)
    connect(laptop, bob)
    await laptop.send(people.bob, 'one')
    await bob.until('it is there', () => chat.summary(bob)?.unread === 1)
    await bob.conversations.markRead(id, (await bob.messages(people.alice))[0]?.position ?? '')
    await laptop.until('it is read', async () => (await chat.state(laptop, 'one')) === 'read')
    await phone.until('it is read', async () => (await chat.state(phone, 'one')) === 'read')
    await laptop.restart()
    assert.equal(await chat.state(laptop, 'one'), 'read', 'it never goes back')
    bob.areReceiptsOn = false
    connect(laptop, bob)
    await laptop.send(people.bob, 'two')
    await bob.until('it is there', () => chat.summary(bob)?.unread === 1)
    await bob.conversations.markRead(id, (await bob.messages(people.alice))[1]?.position ?? '')
    await laptop.until('it is delivered', async () => (await chat.state(laptop, 'two')) === 'delivered')
    await laptop.send(people.bob, 'three')
    await bob.until('it is there', () => chat.summary(bob)?.unread === 1)
    assert.equal(await chat.state(laptop, 'two'), 'delivered')
  })

  it('say who of the others has a message', async () => {
    await using chat = await three()
    const { laptop, bob, people, id } = chat
    const { message } = await laptop.send(people.bob, 'one')
    const reached = async () => [...(await laptop.conversations.reached(id, message))]
    assert.deepEqual(await reached(), [[people.bob.user, 'waiting']])
    connect(laptop, bob)
    await laptop.until('bob has it', async () => (await chat.state(laptop, 'one')) === 'delivered')
    assert.deepEqual(await reached(), [[people.bob.user, 'delivered']])
    await assert.rejects(laptop.conversations.reached(id, messageId(new Uint8Array(16))), { code: 'bad-message' })
  })

  it('that are revoked write nothing more that counts, whoever hears it', async () => {
    await using chat = await three()
    const { laptop, phone, bob, people, id } = chat
    connect(laptop, phone)
    connect(laptop, bob)
    const stolen = connect(phone, bob)
    await phone.send(people.bob, 'before')
    await laptop.until('it is there', async () => (await laptop.texts(people.bob)).length === 1)
    await bob.until('it is there', async () => (await bob.texts(people.alice)).length === 1)
    stolen.cut()
    const { device, spki: key } = phone.person.account
    const cut = (laptop.conversations.headsOf(id).get(device) ?? []).map(({ seq, hash }) => ({ device, seq, hash }))
    assert.equal(cut.length, 1)
    // What the thief has said to bob alone by then counts no more once the cut is known.
    const hidden = connect(phone, bob)
    await laptop.stop()
    await phone.send(people.bob, 'unheard of at home')
    await bob.until('it is there', async () => (await bob.texts(people.alice)).length === 2)
    hidden.cut()
    await laptop.start()
    const body = { is: 'revocation', device, key, cut } as const
    await laptop.conversations.enact(id, 39, encodeAct(body, messageId(randomBytes(16)), Date.now()))
    connect(laptop, bob)
    await bob.until('it is cut', async () => (await bob.texts(people.alice)).length === 1)
    connect(phone, bob)
    await phone.send(people.bob, 'after')
    for (let number = 0; number < 10; number++) await laptop.send(people.bob, `good ${number}`)
    await bob.until('all that is good', async () => (await bob.texts(people.alice)).length === 11)
    await bob.send(people.alice, 'who is that?')
    await laptop.until('the answer', async () => (await laptop.texts(people.bob)).length === 12)
    const expected = ['before', ...Array.from({ length: 10 }, (_, number) => `good ${number}`), 'who is that?']
    assert.deepEqual(await laptop.texts(people.bob), expected)
    assert.deepEqual(await bob.texts(people.alice), expected)
  })
})

describe('what becomes of a message in a room', () => {
  it('is counted by member, and told when all have it', async () => {
    const homes = await Promise.all(['ann', 'bob', 'cid'].map(name => Home.open(person(name))))
    const [ann, bob, cid] = homes.map(home => new RoomPerson(home))
    assert.ok(ann && bob && cid)
    try {
      const room = await ann.found('Tea')
      const own = async (text: string) => {
        const { messages } = await ann.home.conversations.history(room, { limit: 50 })
        const found = messages.find(message => message.text === text)
        return [found?.state, found?.reached?.delivered, found?.reached?.read, found?.reached?.of]
      }
      const is = (text: string, ...expected: unknown[]) => {
        const what = `${text} is ${expected.join(' ')}`
        return ann.home.until(what, async () => JSON.stringify(await own(text)) === JSON.stringify(expected), 8_000)
      }
      await ann.invite(room, bob.person)
      connect(ann.home, bob.home)
      await bob.stands(room, bob.person, 'invited')
      await bob.join(room)
      await ann.stands(room, bob.person, 'member')
      await ann.send(room, 'to bob')
      await is('to bob', 'delivered', 1, 0, 1)

      await ann.invite(room, cid.person)
      const wire = connect(ann.home, cid.home)
      await cid.stands(room, cid.person, 'invited')
      await cid.join(room)
      await ann.stands(room, cid.person, 'member')
      wire.cut()
      await ann.send(room, 'to both')
      await is('to both', 'sent', 1, 0, 2)
      assert.deepEqual(await own('to bob'), ['delivered', 1, 0, 1], 'who comes later does not count')
      const read = async (who: RoomPerson, text: string) => {
        const { messages } = await who.home.conversations.history(room, { limit: 50 })
        await who.home.conversations.markRead(room, messages.find(each => each.text === text)?.position ?? '')
      }
      await read(bob, 'to both')
      await is('to both', 'sent', 1, 1, 2)
      connect(bob.home, cid.home)
      await cid.home.until('it comes by bob', async () => (await cid.shown(room)).includes('to both'), 8_000)
      await read(cid, 'to both')
      // Ann has no link to cid: that he has read it comes by bob as well.
      await is('to both', 'read', 2, 2, 2)
      await ann.home.restart()
      assert.deepEqual(await own('to both'), ['read', 2, 2, 2])
    } finally {
      for (const home of homes) await home.stop()
    }
  })
})
