import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { StoredMessage } from '../../../../../daemon/src/hub/conversations/conversations.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import type { Act, Deed } from '../../../../../daemon/src/protocol/bodies.ts'
import { messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, conversationOf, Home, type Person, person } from '../../../../support/conversations.ts'
import { eachStorage } from '../../../../support/each-storage.ts'

eachStorage(open => {
  describe('what is done with messages', () => {
    it('reaches the other side: edited, reacted to, answered and deleted', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      connect(alice, bob)
      const hello = await alice.send(bob.person, 'hello')
      await bob.until('it is here', async () => (await bob.texts(alice.person)).length === 1)
      const answer = await bob.send(alice.person, 'good morning', { replyTo: named(hello) })
      await act(bob, alice.person, { is: 'reaction', target: named(hello), emoji: '👍', isOff: false })
      await act(alice, bob.person, { is: 'edit', target: hello.message, text: 'hello there' })
      await bob.until('it is edited', async () => (await bob.texts(alice.person))[0] === 'hello there')
      await alice.until('it has a reaction', async () => (await alice.messages(bob.person))[0]?.reactions !== undefined)
      for (const home of [alice, bob]) {
        const [first, second] = await home.messages(home === alice ? bob.person : alice.person)
        assert.deepEqual(first?.reactions, [{ user: bob.person.user, emoji: '👍' }])
        assert.ok(first?.edited)
        assert.deepEqual(second?.replyTo, { ...named(hello), text: 'hello there', position: first.position })
      }
      await act(bob, alice.person, { is: 'deletion', target: named(answer), entries: [] })
      await alice.until('it is deleted', async () => (await alice.messages(bob.person))[1]?.deleted === true)
      assert.deepEqual(await alice.texts(bob.person), ['hello there', ''])
      const words = await bodies(alice)
      assert.doesNotMatch(words, /good morning/)
    })

    it('waits in the outbox, shows at once, and arrives once', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      const wire = connect(alice, bob)
      const hello = await bob.send(alice.person, 'hello')
      await alice.until('it is here', async () => (await alice.texts(bob.person)).length === 1)
      await bob.delivered(alice.person)
      wire.cut()
      const like = reaction(hello, '🎉')
      await alice.conversations.act(conversationOf(alice.person, bob.person), like)
      await alice.conversations.act(conversationOf(alice.person, bob.person), like)
      assert.equal((await alice.messages(bob.person))[0]?.reactions?.length, 1)
      assert.equal(alice.conversations.list()[0]?.queued, 1)
      assert.ok(alice.conversations.lacking(bob.person.user))
      await alice.restart()
      connect(alice, bob)
      await bob.until('it has come', async () => (await bob.messages(alice.person))[0]?.reactions !== undefined)
      await alice.delivered(bob.person)
      assert.equal(alice.conversations.list()[0]?.queued, 0)
      assert.deepEqual(await bob.messages(alice.person).then(shownOf), await alice.messages(bob.person).then(shownOf))
    })

    it('changes what has not left where it waits', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      const [first, second] = [await alice.send(bob.person, 'helo'), await alice.send(bob.person, 'never mind')]
      await act(alice, bob.person, { is: 'edit', target: first.message, text: 'hello' })
      await act(alice, bob.person, { is: 'deletion', target: named(second), entries: [] })
      assert.deepEqual(await alice.texts(bob.person), ['hello'])
      connect(alice, bob)
      await bob.until('it is here', async () => (await bob.texts(alice.person)).length === 1)
      await alice.delivered(bob.person)
      const [got] = await bob.messages(alice.person)
      assert.equal(got?.text, 'hello')
      assert.equal(got?.edited, undefined)
      assert.equal(bob.conversations.list()[0]?.count, 1)
      const again = await alice.send(bob.person, 'never mind', { message: second.message })
      assert.equal(again.deleted, true)
      assert.deepEqual(await bob.texts(alice.person), ['hello'])
    })
  })
})

describe('what cannot be done with a message', () => {
  it('is refused in words', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    connect(alice, bob)
    const hello = await alice.send(bob.person, 'hello')
    await bob.until('it is here', async () => (await bob.texts(alice.person)).length === 1)
    await refused(
      bob,
      alice.person,
      { is: 'edit', target: hello.message, text: 'mine now' },
      /only its author can edit/,
    )
    await refused(bob, alice.person, { is: 'deletion', target: named(hello), entries: [] }, /Only its author/)
    await refused(alice, bob.person, { is: 'edit', target: hello.message, text: '  ' }, /Delete it instead/)
    const missing = { user: bob.person.user, message: messageId(randomBytes(16)) }
    await refused(alice, bob.person, { is: 'reaction', target: missing, emoji: '👍', isOff: false }, /not here/)
    await act(alice, bob.person, { is: 'deletion', target: named(hello), entries: [] })
    await act(alice, bob.person, { is: 'deletion', target: named(hello), entries: [] })
    await refused(alice, bob.person, { is: 'edit', target: hello.message, text: 'back' }, /was deleted/)
    await refused(alice, bob.person, { ...reaction(hello, '👍').act }, /was deleted/)
  })

  it('is too much of it', async function () {
    this.timeout(30_000)
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    connect(alice, bob)
    const hello = await alice.send(bob.person, 'hello')
    await bob.until('it is here', async () => (await bob.texts(alice.person)).length === 1)
    for (let index = 0; index < limits.reactionsOfPerson; index++)
      await act(bob, alice.person, reaction(hello, String.fromCodePoint(0x1f600 + index)).act)
    await refused(bob, alice.person, reaction(hello, '👍').act, /Take one back/)
    await act(bob, alice.person, { ...reactionDeed(hello, '😀'), isOff: true })
    await act(bob, alice.person, reactionDeed(hello, '👍'))
    for (let index = 0; index < limits.editsOfMessage; index++)
      await act(alice, bob.person, { is: 'edit', target: hello.message, text: `${index}` })
    await refused(alice, bob.person, { is: 'edit', target: hello.message, text: 'more' }, /100 times/)
    await act(alice, bob.person, { is: 'deletion', target: named(hello), entries: [] })
    assert.doesNotMatch(await bodies(alice), /hello/)
  })

  it('shows nothing where somebody does it all the same, and what follows flows', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    connect(alice, bob)
    const hello = await alice.send(bob.person, 'hello')
    await bob.until('it is here', async () => (await bob.texts(alice.person)).length === 1)
    // Bob's own program has lost its scruples.
    await bob.conversations.send({ peer: alice.person, ...unscrupulous(hello) }).catch(() => {})
    await bob.send(alice.person, 'after')
    await alice.until('what follows is here', async () => (await alice.texts(bob.person)).includes('after'))
    assert.deepEqual(await alice.texts(bob.person), ['hello', 'after'])
  })
})

describe('a message that was dropped here', () => {
  it('is gone here alone, and stays so', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    connect(alice, bob)
    for (const words of ['one', 'two']) await alice.send(bob.person, words)
    await bob.until('they are here', async () => (await bob.texts(alice.person)).length === 2)
    const [one, two] = await bob.messages(alice.person)
    if (!one || !two) assert.fail()
    const id = conversationOf(alice.person, bob.person)
    await bob.conversations.lettingGo(id)?.hide([two.position])
    assert.deepEqual(await bob.texts(alice.person), ['one'])
    assert.equal(bob.conversations.get(id)?.lastLine, 'one')
    assert.equal(bob.conversations.get(id)?.unread, 1)
    assert.equal(bob.told.at(-1)?.isGone, true)
    await act(alice, bob.person, { is: 'edit', target: two.message, text: 'two again' })
    await act(alice, bob.person, { is: 'edit', target: one.message, text: 'one again' })
    await bob.until('the other one is edited', async () => (await bob.texts(alice.person))[0] === 'one again')
    assert.deepEqual(await bob.texts(alice.person), ['one again'])
    assert.deepEqual(await alice.texts(bob.person), ['one again', 'two again'])
  })
})

async function act(home: Home, other: Person, deed: Deed): Promise<void> {
  await home.conversations.act(conversationOf(home.person, other), said(deed))
}

async function refused(home: Home, other: Person, deed: Deed, why: RegExp): Promise<void> {
  const done = home.conversations.act(conversationOf(home.person, other), said(deed))
  await assert.rejects(done, { code: 'bad-message', message: why })
}

function said(deed: Deed): Act {
  return { message: messageId(randomBytes(16)), written: Date.now(), act: deed }
}

function reaction(to: StoredMessage, emoji: string): Act {
  return said(reactionDeed(to, emoji))
}

function reactionDeed(to: StoredMessage, emoji: string) {
  return { is: 'reaction', target: named(to), emoji, isOff: false } as const
}

function named({ user, message }: StoredMessage) {
  return { user, message }
}

/** What is sent in the place of a message, and is the deletion of somebody else's. */
function unscrupulous(of: StoredMessage): { message: ReturnType<typeof messageId>; written: number; text: string } {
  const { message, written, act: deed } = said({ is: 'deletion', target: named(of), entries: [] })
  return { message, written, text: 'x', ...{ act: deed } }
}

function shownOf(messages: readonly StoredMessage[]) {
  return messages.map(({ user, text, reactions, edited, position }) => ({ user, text, reactions, edited, position }))
}

/** Everything that a home keeps of logs, as text. */
async function bodies(home: Home): Promise<string> {
  const { rows } = await home.storage.list('log/', { limit: 1000 })
  return rows.map(([, value]) => Buffer.from(value).toString('latin1')).join('\n')
}
