import assert from 'node:assert/strict'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const quick = { first: 20, fast: 100, fastFor: 60_000, slow: 100 }

describe('hub: somebody whom an operator disables', () => {
  it('is let go of at once by others, comes back when enabled, and leaves the lists when deleted', async () => {
    await using at = await startTestRegistry()
    await using alicesHome = await hubHome()
    await using bobsHome = await hubHome()
    await using alice = await startTestHub(alicesHome, { reconnect: quick })
    await using bob = await startTestHub(bobsHome, { reconnect: quick })
    await using carolsHome = await hubHome()
    await using carol = await startTestHub(carolsHome, { reconnect: quick })
    const registry = at.registry.address
    await alice.hub.signUp({ registry, name: 'alice', password })
    await bob.hub.signUp({ registry, name: 'bob', password })
    await carol.hub.signUp({ registry, name: 'carol', password })
    const isAlice = ({ name }: { name: string }) => name === 'alice'
    await carol.seen('carol lists alice', () => carol.hub.people().people.some(isAlice))
    const isLinked = () => bob.hub.snapshot().conversations[0]?.linked
    await alice.say('bob', 'hello')
    await bob.seen('they are linked', isLinked)

    await at.registry.users.setUser({ name: 'alice', disabled: true })
    await bob.seen('bob has let go of alice', () => !isLinked())
    await alice.seen('alice is told', () => alice.account().state === 'refused')
    assert.match(alice.account().why ?? '', /disabled/)
    await bob.say('alice', 'are you there?')

    await at.registry.users.setUser({ name: 'alice', disabled: false })
    await alice.seen('alice is back by herself', () => alice.account().state === 'online', 40_000)
    await bob.seen('they are linked again', isLinked, 40_000)
    await alice.seen('what bob wrote came', () =>
      alice.news.some(({ messages }) => messages?.messages.some(({ text }) => text === 'are you there?')),
    )

    await at.registry.users.deleteUser({ name: 'alice' })
    await bob.seen('bob has let go of alice for good', () => !isLinked())
    await bob.seen('the team is bob and carol', () => bob.hub.people().total === 1)
    await carol.seen('carol does not list alice any more', () => !carol.hub.people().people.some(isAlice))
    assert.deepEqual(await bob.texts('alice'), ['hello', 'are you there?'], 'what they wrote remains')
  })
})
