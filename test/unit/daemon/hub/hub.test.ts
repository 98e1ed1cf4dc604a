import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { hubHome, messageText, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'

describe('hub', () => {
  it('signs up two people, carries a message between them and says when it is delivered', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    const { address } = registry.registry

    const signedUp = await alice.hub.signUp({ registry: address, name: 'Alice', displayName: 'Alice A', password })
    await bob.hub.signUp({ registry: address, name: 'bob', password })
    assert.equal(signedUp.name, 'alice')
    assert.equal(signedUp.displayName, 'Alice A')
    assert.equal(signedUp.state, 'online')
    assert.equal(signedUp.registry, registry.registry.id)

    const sent = await alice.say('bob', 'hello')
    assert.equal(sent.mine, true)
    const { conversation, message } = sent
    const delivered = await alice.hub.waitDelivered({ conversation, message, timeout: 10_000 })
    assert.equal(delivered.state, 'delivered')
    const { messages } = await bob.hub.history({ with: 'alice', limit: 10 })
    assert.deepEqual(
      messages.map(({ text, mine, name }) => ({ text, mine, name })),
      [{ text: 'hello', mine: false, name: 'alice' }],
    )

    const answer = await bob.say('alice', 'hello yourself')
    await bob.hub.waitDelivered({ conversation, message: answer.message, timeout: 10_000 })
    assert.deepEqual(await alice.texts('bob'), ['hello', 'hello yourself'])
    assert.deepEqual(await bob.texts('alice'), ['hello', 'hello yourself'])
  })

  it('keeps its keys to itself', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    const keys = (await readdir(home.path)).filter(name => name.endsWith('.key'))
    assert.equal(keys.length, 2, 'one device key, one account key')
    for (const name of keys) assert.equal((await stat(path.join(home.path, name))).mode & 0o777, 0o600, name)
  })

  it('takes the same message id as the same message', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    await bob.hub.signUp({ registry: registry.registry.address, name: 'bob', password })
    const message = messageText()
    const { conversation } = await alice.hub.send({ to: 'bob', text: 'once', message })
    await alice.hub.send({ to: '@Bob', text: 'once', message })
    await alice.hub.waitDelivered({ conversation, message, timeout: 10_000 })
    assert.deepEqual(await bob.texts('alice'), ['once'])
  })
})
