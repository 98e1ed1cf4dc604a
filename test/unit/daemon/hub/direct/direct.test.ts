import assert from 'node:assert/strict'
import { hubHome, password, startTestHub } from '../../../../support/hub.ts'
import { startTestRegistry } from '../../../../support/registry.ts'
import { acquainted, addressOf, answer, isOnline, linked, peopleOf, twoHomes } from '../../../../support/strangers.ts'
import { until } from '../../../../support/wait.ts'

describe('hub: people of no team', function () {
  this.timeout(40_000)

  it('ask by address, are accepted, and write to each other', async () => {
    await using two = await twoHomes()
    assert.deepEqual(await two.alice.hub.strangers.connect({ address: addressOf(two.bob) }), { state: 'asked' })
    assert.deepEqual(peopleOf(two.alice), [], 'nothing is told of bob before he accepts')

    const request = await two.bob.seen('a request', () => two.bob.hub.snapshot().requests[0])
    assert.deepEqual([request.kind, request.name, request.address], ['direct', 'alice', addressOf(two.alice)])
    const { conversation } = await two.bob.hub.strangers.answerRequest({ id: request.id, answer: 'accept' })
    assert.equal(conversation?.person.name, 'alice')
    assert.deepEqual(two.bob.hub.snapshot().requests, [])

    const bob = await two.alice.seen('bob is online', () => peopleOf(two.alice).find(isOnline))
    assert.deepEqual([bob.name, bob.via, bob.address], ['bob', 'direct', addressOf(two.bob)])
    await two.bob.say('alice', 'hello alice')
    await two.alice.seen('his message', () => two.alice.news.find(({ arrived }) => arrived))
    await two.alice.say('bob', 'hello bob')
    await two.bob.seen('her message', () => two.bob.news.find(({ arrived }) => arrived))
    assert.deepEqual(await two.bob.texts('alice'), ['hello alice', 'hello bob'])
    assert.equal(request.safetyNumber, (await two.bob.hub.trust.safetyNumber({ with: 'alice' })).digits)
    assert.equal(request.safetyNumber, (await two.alice.hub.trust.safetyNumber({ with: 'bob' })).digits)
  })

  it('find each other again after restarts, at an address that has changed too, with what was written meanwhile', async () => {
    await using two = await acquainted()
    await two.stop('bob')
    await two.alice.seen('bob is gone', () => !peopleOf(two.alice).some(isOnline))
    await two.alice.say('bob', 'while you were away')
    await two.restart('alice', 'another port')
    const bob = await two.restart('bob')
    await linked(two)
    await bob.seen('her message', () => bob.news.find(({ arrived }) => arrived))
    assert.deepEqual(await bob.texts(addressOf(two.alice)), ['while you were away'], 'her new address is known')
  })

  it('are let in at once where everybody is', async () => {
    await using two = await twoHomes()
    await two.bob.hub.strangers.setRequestPolicy({ policy: 'accept' })
    const found = await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })
    assert.equal(found.state === 'open' && found.conversation.person.name, 'bob')
    await linked(two)
    assert.deepEqual((await two.bob.hub.strangers.requests()).requests, [])
    await two.restart('bob')
    assert.equal(two.bob.hub.strangers.policy, 'accept')
  })

  it('need no yes where both have asked', async () => {
    await using two = await twoHomes()
    assert.equal((await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })).state, 'asked')
    assert.equal((await two.bob.hub.strangers.connect({ address: addressOf(two.alice) })).state, 'open')
    await linked(two)
    assert.deepEqual(two.bob.hub.snapshot().requests, [])
  })

  it('are asked again after a restart, until they accept', async () => {
    await using two = await twoHomes()
    await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })
    await two.restart('alice', 'another port')
    await answer(two.bob, 'accept')
    await linked(two)
  })

  it('are not shown again for a day once they were declined', async () => {
    await using two = await twoHomes()
    await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })
    await answer(two.bob, 'decline')
    assert.deepEqual(await two.alice.hub.strangers.connect({ address: addressOf(two.bob) }), { state: 'asked' })
    assert.deepEqual(two.bob.hub.snapshot().requests, [])
    await two.restart('bob')
    assert.deepEqual(await two.alice.hub.strangers.connect({ address: addressOf(two.bob) }), { state: 'asked' })
    assert.deepEqual(two.bob.hub.snapshot().requests, [])
  })

  it('are somebody else when another key answers where they were, and that is told', async () => {
    await using two = await acquainted()
    const place = addressOf(two.bob)
    await two.stop('bob')
    await using home = await hubHome()
    await using mallory = await startTestHub(home, { options: { listen: [place] } })
    await mallory.hub.strangers.setRequestPolicy({ policy: 'accept' })
    const found = await two.alice.hub.strangers.connect({ address: place, name: 'alice' })
    assert.ok(found.state === 'open')
    assert.equal(peopleOf(two.alice).length, 2)
    assert.match(two.alice.hub.status().warnings.join(' '), /is not bob, who was there before: its key is another one/)
  })

  it('are not what answers as a registry, or as oneself', async () => {
    await using two = await twoHomes()
    await using at = await startTestRegistry()
    const { alice } = two
    const connect = (address: string) => alice.hub.strangers.connect({ address })
    await assert.rejects(connect(`127.0.0.1:${at.port}`), { code: 'bad-address', message: /is a team's registry/ })
    await assert.rejects(connect(addressOf(alice)), { code: 'bad-address', message: /this very computer/ })
    await assert.rejects(connect('127.0.0.1:0'), { code: 'bad-address' })
    await assert.rejects(connect('nobody at all'), { code: 'bad-address' })
    await assert.rejects(connect('127.0.0.1:1'), { code: 'unreachable' })
    await assert.rejects(alice.say(addressOf(two.bob), 'hi'), { code: 'unknown-user', message: /parley connect/ })
  })
})

describe('hub: whom one blocks', function () {
  this.timeout(40_000)

  it('is cut off, hears nothing and is not told, until unblocked', async () => {
    await using two = await acquainted()
    const { alice, bob } = two
    await bob.hub.strangers.block({ with: 'alice', blocked: true })
    await alice.seen('the link is gone', () => !peopleOf(alice).some(isOnline))
    await assert.rejects(bob.say('alice', 'hi'), { code: 'blocked' })
    await assert.rejects(bob.hub.strangers.connect({ address: addressOf(alice) }), { code: 'blocked' })
    await alice.say('bob', 'are you there?')
    const again = async () => (await alice.hub.strangers.connect({ address: addressOf(bob) })).state === 'asked'
    await until('no link is on its way any more', again)
    assert.deepEqual(bob.hub.snapshot().requests, [], 'she is not shown as somebody who asks')
    assert.deepEqual(
      peopleOf(bob).map(({ name, isBlocked }) => [name, isBlocked]),
      [['alice', true]],
    )

    await two.restart('bob')
    assert.equal((await two.bob.hub.strangers.blocked()).people[0]?.name, 'alice')
    await two.bob.hub.strangers.block({ with: 'alice', blocked: false })
    await two.bob.seen('what she wrote', () => two.bob.news.find(({ arrived }) => arrived))
    assert.deepEqual(await two.bob.texts('alice'), ['are you there?'])
  })

  it('may be somebody who has only asked', async () => {
    await using two = await twoHomes()
    await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })
    await answer(two.bob, 'block')
    await two.alice.hub.strangers.connect({ address: addressOf(two.bob) })
    assert.deepEqual([two.bob.hub.snapshot().requests, peopleOf(two.bob)], [[], []])
    await two.bob.hub.strangers.block({ with: 'alice', blocked: false })
    await answer(two.bob, 'accept')
    await linked(two)
  })
})

describe('hub: a team beside people of no team', function () {
  this.timeout(40_000)

  it('keeps its names, its ways in and its blocks', async () => {
    await using registry = await startTestRegistry()
    await using two = await acquainted()
    await using home = await hubHome()
    await using namesake = await startTestHub(home)
    const address = registry.registry.address
    await two.alice.hub.signUp({ registry: address, name: 'anna', password })
    await namesake.hub.signUp({ registry: address, name: 'bob', password })

    // A stranger is called bob, and so is somebody of the team whom she has never met.
    const sent = await two.alice.say('bob', 'to the one of the team')
    await namesake.seen('her message', () => namesake.news.find(({ arrived }) => arrived))
    const direct = await two.alice.say(addressOf(two.bob), 'to the other one')
    assert.notEqual(sent.conversation, direct.conversation)
    assert.deepEqual(namesake.hub.snapshot().requests, [], 'whoever is of the team asks nobody')
    // By address too, somebody of the team is who they are there.
    const found = await two.alice.hub.strangers.connect({ address: addressOf(namesake) })
    assert.equal(found.state === 'open' && found.conversation.conversation, sent.conversation)
    await assert.rejects(two.alice.hub.strangers.connect({ address: addressOf(namesake), name: 'eve' }), {
      code: 'usage',
    })

    await namesake.hub.strangers.block({ with: 'anna', blocked: true })
    await two.alice.seen('the link is gone', () => two.alice.hub.conversation(sent.conversation)?.linked === false)
    await assert.rejects(namesake.say('anna', 'no'), { code: 'blocked' })
    await two.alice.say(sent.conversation, 'and now?')
    await namesake.hub.strangers.block({ with: 'anna', blocked: false })
    const last = () => namesake.news.some(({ arrived }) => arrived?.messages.some(({ text }) => text === 'and now?'))
    await namesake.seen('what she wrote meanwhile', last)
  })
})
