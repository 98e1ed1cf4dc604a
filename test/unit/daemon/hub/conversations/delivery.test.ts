import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, conversationOf, Home, person } from '../../../../support/conversations.ts'
import { eachStorage } from '../../../../support/each-storage.ts'

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`)

eachStorage(open => {
  describe('messages between two people', () => {
    it('arrive at the other side and are told delivered', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      connect(alice, bob)
      const sent = await alice.send(bob.person, 'hello')
      assert.equal(sent.state, 'queued')
      await alice.delivered(bob.person)
      const [there] = await bob.messages(alice.person)
      assert.deepEqual(
        { text: there?.text, mine: there?.mine, message: there?.message, user: there?.user, written: there?.written },
        { text: 'hello', mine: false, message: sent.message, user: alice.person.user, written: sent.written },
      )
      assert.equal(alice.told.at(-1)?.state, 'delivered')
      assert.equal((await alice.messages(bob.person))[0]?.state, 'delivered')
    })

    it('wait in the outbox while the other is offline, through two restarts, and arrive once and in order', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      const said = texts(1000)
      const halves = [said.slice(0, 400), said.slice(400, 700), said.slice(700)]
      for (const part of halves) {
        await Promise.all(part.map(text => alice.send(bob.person, text)))
        if (part !== halves[2]) await alice.restart()
      }
      assert.equal(alice.conversations.get(conversationOf(alice.person, bob.person))?.queued, 1000)
      assert.deepEqual(await alice.texts(bob.person), said)
      connect(alice, bob)
      await alice.delivered(bob.person)
      assert.deepEqual(await bob.texts(alice.person), said)
      assert.deepEqual(await alice.texts(bob.person), said)
      assert.equal(alice.conversations.get(conversationOf(alice.person, bob.person))?.queued, 0)
    })

    it('stand in the same order on both sides when both write at once', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      connect(alice, bob)
      for (const text of texts(40)) {
        await Promise.all([alice.send(bob.person, `a ${text}`), bob.send(alice.person, `b ${text}`)])
      }
      await alice.delivered(bob.person)
      await bob.delivered(alice.person)
      assert.deepEqual(await alice.texts(bob.person), await bob.texts(alice.person))
      assert.equal((await alice.texts(bob.person)).length, 80)
    })

    it('are the same message when sent again under the same id', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      const message = messageId(randomBytes(16))
      const both = await Promise.all([
        alice.send(bob.person, 'once', { message }),
        alice.send(bob.person, 'once', { message }),
      ])
      assert.deepEqual(both[0], both[1])
      await alice.restart()
      assert.deepEqual(await alice.send(bob.person, 'once', { message }), both[0])
      connect(alice, bob)
      await alice.delivered(bob.person)
      const again = await alice.send(bob.person, 'once', { message })
      assert.equal(again.state, 'delivered')
      assert.deepEqual(await bob.texts(alice.person), ['once'])
      assert.deepEqual(await alice.texts(bob.person), ['once'])
    })

    it('reach a person whose entries of the same message id are their own', async () => {
      await using alice = await Home.open(person('alice'), await open())
      await using bob = await Home.open(person('bob'), await open())
      connect(alice, bob)
      const message = messageId(randomBytes(16))
      await alice.send(bob.person, 'from alice', { message })
      await alice.delivered(bob.person)
      await bob.send(alice.person, 'from bob', { message })
      await bob.delivered(alice.person)
      assert.deepEqual(await alice.texts(bob.person), ['from alice', 'from bob'])
    })
  })
})
