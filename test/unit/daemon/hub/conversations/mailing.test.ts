import assert from 'node:assert/strict'
import type { MailLot } from '../../../../../daemon/src/hub/conversations/mail.ts'
import { connect, conversationOf, Home, person } from '../../../../support/conversations.ts'
import { until } from '../../../../support/wait.ts'

const everything = 120 * 1024

/** All that waits for bob's device of what alice has written, in items of about `bytes`, each noted as posted. */
async function lotsFor(alice: Home, bob: Home, bytes = everything): Promise<MailLot[]> {
  const { mail } = alice.conversations
  const { user, device } = bob.person.account
  const lots: MailLot[] = []
  for (let lot = await mail.mailFor(user, device, bytes); lot; lot = await mail.mailFor(user, device, bytes)) {
    await mail.posted(lot.conversation, device, lot.upTo)
    lots.push(lot)
  }
  return lots
}

const take = (home: Home, from: Home, { conversation, entries }: MailLot) =>
  home.conversations.mail.take(from.person.account, conversation, entries)

async function scene() {
  const [ann, ben] = [person('ann'), person('ben')]
  const id = conversationOf(ann, ben)
  const stack = new AsyncDisposableStack()
  const alice = stack.use(await Home.open(ann))
  const bob = stack.use(await Home.open(ben))
  const texts = async ({ conversations }: Home) =>
    (await conversations.history(id, { limit: 100 })).messages.map(({ text }) => text)
  const states = async ({ conversations }: Home) =>
    (await conversations.history(id, { limit: 100 })).messages.map(({ state }) => state)
  return { alice, bob, texts, states, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('mail of a conversation', () => {
  it('carries what is queued, in order, and is posted once', async () => {
    await using at = await scene()
    const { alice, bob } = at
    const words = ['one', 'two', 'three']
    for (const text of words) await alice.send(bob.person, text)
    const { device, user } = bob.person.account
    assert.ok(alice.conversations.mail.lacksMail(user, device))
    const lots = await lotsFor(alice, bob)
    assert.ok(!alice.conversations.mail.lacksMail(user, device))
    assert.deepEqual(await at.states(alice), ['sent', 'sent', 'sent'])
    for (const lot of [...lots, ...lots]) await take(bob, alice, lot)
    assert.deepEqual(await at.texts(bob), words)
  })

  it('is cut into lots, goes on after a restart, and what is lost of it comes over a link', async () => {
    await using at = await scene()
    const { alice, bob } = at
    const words = Array.from({ length: 9 }, (_, n) => `${n} ${'x'.repeat(2000)}`)
    for (const text of words) await alice.send(bob.person, text)
    const first = await lotsFor(alice, bob, 4000)
    assert.ok(first.length > 2)
    await alice.restart()
    assert.deepEqual(await lotsFor(alice, bob, 4000), [])
    await alice.send(bob.person, 'last')
    const [late] = await lotsFor(alice, bob)
    assert.equal(late?.entries.length, 1)
    for (const [n, lot] of first.entries()) if (n !== 1) await take(bob, alice, lot)
    assert.ok((await at.texts(bob)).length < 9)
    const wire = connect(alice, bob)
    await until('all is there', async () => (await at.texts(bob)).length === 10)
    assert.deepEqual(await at.texts(bob), [...words, 'last'])
    await until('and acknowledged', async () => (await at.states(alice)).every(state => state === 'delivered'))
    wire.cut()
  })

  it('from somebody who has no part in the conversation is refused', async () => {
    await using at = await scene()
    const { alice, bob } = at
    await alice.send(bob.person, 'for ben')
    const [lot] = await lotsFor(alice, bob)
    await using carol = await Home.open(person('carol'))
    assert.ok(lot)
    await assert.rejects(take(carol, alice, lot), { code: 'stranger' })
    await assert.rejects(take(bob, carol, lot), { code: 'stranger' })
    assert.deepEqual(await at.texts(bob), [])
  })
})
