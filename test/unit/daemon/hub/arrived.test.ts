import assert from 'node:assert/strict'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'

describe('hub: messages to tell a person of', () => {
  it('are those of chats that are not muted, while the person is not busy; all count as unread', async () => {
    await using at = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    const { address } = at.registry
    await alice.hub.signUp({ registry: address, name: 'alice', password })
    await bob.hub.signUp({ registry: address, name: 'bob', password })
    const told = () => alice.news.flatMap(({ arrived }) => arrived?.messages ?? []).map(({ text }) => text)
    const tell = async (text: string) => {
      const { conversation, message } = await bob.say('alice', text)
      await bob.hub.waitDelivered({ conversation, message, timeout: 10_000 })
      return conversation
    }

    const conversation = await tell('at first')
    await alice.hub.setAvailability({ availability: 'busy' })
    await tell('while busy')
    await alice.hub.setAvailability({ availability: 'available' })
    await tell('not busy any more')
    await alice.hub.chats.setMuted({ conversation, muted: true })
    await tell('while muted')
    await alice.hub.chats.setMuted({ conversation, muted: false })
    await tell('at last')
    assert.deepEqual(told(), ['at first', 'not busy any more', 'at last'])
    assert.equal(alice.hub.conversation(conversation)?.unread, 5)
  })
})
