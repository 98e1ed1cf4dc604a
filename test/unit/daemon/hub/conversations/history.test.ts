import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import type { StoredMessage } from '../../../../../daemon/src/hub/conversations/conversations.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { encodeControl } from '../../../../../daemon/src/protocol/control-framing.ts'
import { connect, conversationOf, Home, person } from '../../../../support/conversations.ts'
import { eachStorage } from '../../../../support/each-storage.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'

eachStorage(open => {
  describe('history', () => {
    it('pages both ways over sealed messages and then the outbox', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      const wire = connect(alice, bob)
      for (let index = 0; index < 12; index++)
        await (index % 2 ? alice : bob).send(index % 2 ? bob.person : alice.person, `${index}`)
      await alice.delivered(bob.person)
      await bob.delivered(alice.person)
      wire.cut()
      for (let index = 12; index < 18; index++) await alice.send(bob.person, `${index}`)
      const id = conversationOf(alice.person, bob.person)
      const all = (await alice.conversations.history(id, { limit: 100 })).messages
      assert.deepEqual(
        all.map(({ text }) => text).toSorted((a, b) => Number(a) - Number(b)),
        Array.from({ length: 18 }, (_, index) => `${index}`),
      )
      assert.deepEqual(
        all.map(({ position }) => position),
        all.map(({ position }) => position).toSorted(),
      )
      for (const limit of [1, 4, 5, 18]) {
        assert.deepEqual(await backward(alice, limit), all)
        assert.deepEqual(await forward(alice, limit, all), all.slice(1))
      }
      const [from, to] = [all[3], all[14]]
      const between = await alice.conversations.history(id, {
        limit: 100,
        after: from?.position ?? '',
        before: to?.position ?? '',
      })
      assert.deepEqual(between, { messages: all.slice(4, 14), more: false })
      for (const [index, { position }] of all.entries()) {
        const page = await alice.conversations.history(id, { limit: 4, from: position })
        assert.deepEqual(page, { messages: all.slice(index, index + 4), more: index + 4 < all.length })
      }

      async function backward(home: Home, limit: number) {
        return home.messages(bob.person, limit)
      }
      async function forward(home: Home, limit: number, known: readonly StoredMessage[]) {
        const found: StoredMessage[] = []
        for (let after = known[0]?.position ?? ''; ; after = found.at(-1)?.position ?? '') {
          const page = await home.conversations.history(id, { limit, after })
          found.push(...page.messages)
          if (!page.more) return found
        }
      }
    })
  })
})

describe('a page of history', () => {
  it('is refused where it is to begin both after a message and from one on', async () => {
    await using alice = await Home.open(person('alice'))
    const { position } = await alice.send(person('bob'), 'hi')
    const id = alice.conversations.list()[0]?.conversation ?? assert.fail()
    const both = alice.conversations.history(id, { limit: 1, after: position, from: position })
    await assert.rejects(both, { code: 'usage' })
  })

  it('is refused for a position that is none, and for no number of messages', async () => {
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    await alice.send(bob, 'hello')
    const id = conversationOf(alice.person, bob)
    for (const range of [
      { limit: 5, before: 'yesterday' },
      { limit: 5, after: '../keys' },
      { limit: 0 },
      { limit: Number.NaN },
    ]) {
      await assert.rejects(alice.conversations.history(id, range), { code: 'usage' })
    }
  })

  it('is empty for a conversation that is not known', async () => {
    await using alice = await Home.open(person('alice'))
    const id = conversationOf(alice.person, person('nobody'))
    assert.deepEqual(await alice.conversations.history(id, { limit: 10 }), { messages: [], more: false })
  })

  it('stays small enough to be handed on, however large the messages are', async () => {
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    for (let index = 0; index < 30; index++) await alice.send(bob, `${index} ${'z'.repeat(limits.text - 10)}`)
    const page = await alice.conversations.history(conversationOf(alice.person, bob), { limit: 100 })
    const bytes = page.messages.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    assert.ok(bytes <= limits.historyBytes && page.more)
    assert.equal((await alice.texts(bob)).length, 30)
  })
})

describe('a page of messages that grow on the way', () => {
  it('fits into one message of the control API, whatever characters they are of', async () => {
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    for (let index = 0; index < 10; index++) await alice.send(bob, `${index} ${'\u0001'.repeat(limits.text - 10)}`)
    const page = await alice.conversations.history(conversationOf(alice.person, bob), { limit: 100 })
    assert.ok(encodeControl(page).length < limits.controlMessage)
    assert.ok(page.messages.length > 0 && page.more)
    assert.equal((await alice.texts(bob)).length, 10)
  })
})

describe('the list of conversations', () => {
  it('is there after a start without reading a message', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    const people = Array.from({ length: 20 }, (_, index) => person(`person${index}`))
    for (const other of people) for (let index = 0; index < 50; index++) await alice.send(other, `line ${index}`)
    await alice.stop()
    storage.reads = 0
    await alice.start()
    assert.ok(storage.reads <= 8, `${storage.reads} reads`)
    const list = alice.conversations.list()
    assert.deepEqual(list.map(({ peer }) => peer.name).sort(), people.map(({ name }) => name).sort())
    for (const { lastLine, lastMine, queued, count, linked } of list) {
      assert.deepEqual(
        { lastLine, lastMine, queued, count, linked },
        { lastLine: 'line 49', lastMine: true, queued: 50, count: 50, linked: false },
      )
    }
  })

  it('shows one line of at most 100 characters, whole ones', async () => {
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    await alice.send(bob, `a\n\tb ${'👋'.repeat(150)}`)
    const [{ lastLine } = { lastLine: '' }] = alice.conversations.list()
    assert.equal(Array.from(lastLine).length, 100)
    assert.match(lastLine, /^a b 👋+$/u)
  })

  it('has the other’s name as last seen, and says while a link is up', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    await alice.send({ ...bob.person, name: 'bobby', displayName: 'Bobby' }, 'hello')
    assert.equal(alice.conversations.list()[0]?.peer.displayName, 'Bobby')
    const wire = connect(alice, bob)
    assert.equal(alice.conversations.list()[0]?.peer.displayName, 'bob')
    assert.equal(alice.conversations.list()[0]?.linked, true)
    await alice.delivered(bob.person)
    wire.cut()
    assert.equal(alice.conversations.list()[0]?.linked, false)
    await alice.restart()
    assert.equal(alice.conversations.list()[0]?.peer.displayName, 'bob')
  })
})

describe('a page that is read while a message is delivered', () => {
  it('does not say less than was told meanwhile', async () => {
    const stored = openMemoryStorage()
    const reading = Promise.withResolvers<void>()
    const delivered = Promise.withResolvers<void>()
    let isHeld = false
    const slow: Storage = {
      durable: stored.durable,
      get: keys => stored.get(keys),
      write: changes => stored.write(changes),
      async list(prefix, range) {
        const page = await stored.list(prefix, range)
        if (isHeld) {
          reading.resolve()
          await delivered.promise
        }
        return page
      },
    }
    const faulty = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), slow)
    await using bob = await Home.open(person('bob'), faulty)
    const wire = connect(alice, bob)
    await alice.send(bob.person, 'first')
    await alice.delivered(bob.person)
    const received = Promise.withResolvers<'commit'>()
    faulty.fate = () => received.promise
    await alice.send(bob.person, 'second')
    isHeld = true
    const page = alice.messages(bob.person)
    await reading.promise
    received.resolve('commit')
    await alice.delivered(bob.person)
    isHeld = false
    delivered.resolve()
    assert.deepEqual(
      (await page).map(({ text, state }) => [text, state]),
      [
        ['first', 'delivered'],
        ['second', 'delivered'],
      ],
    )
    wire.cut()
  })
})

describe('a message that cannot be sent', () => {
  it('is refused in words of its own', async () => {
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    await assert.rejects(alice.send(bob, ''), { code: 'bad-message' })
    await assert.rejects(alice.send(bob, 'x'.repeat(limits.text + 1)), { code: 'bad-message' })
    await assert.rejects(alice.send(alice.person, 'to myself'), { code: 'usage' })
    assert.deepEqual(alice.conversations.list(), [])
  })
})
