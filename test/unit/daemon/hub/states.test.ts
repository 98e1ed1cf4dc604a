import assert from 'node:assert/strict'
import { hubHome, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

const signUp = ({ hub }: RunningHub, registry: string, name: string) => hub.signUp({ registry, name, password })

describe('hub: what becomes of a message', () => {
  it('is told as far as the other one tells it, and who is writing meanwhile', async () => {
    await using at = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    await signUp(alice, at.registry.address, 'alice')
    await signUp(bob, at.registry.address, 'bob')
    const { conversation, message } = await bob.say('alice', 'lunch?')
    const state = async () =>
      (await bob.hub.history({ with: 'alice', limit: 10 })).messages.find(({ mine }) => mine)?.state
    const members = async () => {
      const reached = await bob.hub.messages.reached({ conversation, message })
      return reached.members.map(({ person, state: is }) => [person.name, is])
    }
    await bob.hub.waitDelivered({ conversation, message, timeout: 10_000 })
    assert.deepEqual(await members(), [['alice', 'delivered']])

    await alice.hub.messages.typing({ conversation })
    const writers = ({ hub }: RunningHub) => hub.conversation(conversation)?.typing?.map(({ name }) => name)
    await bob.seen('alice writes', () => writers(bob)?.[0] === 'alice')
    const position = (await alice.hub.history({ with: 'bob', limit: 1 })).messages[0]?.position ?? ''
    await alice.hub.chats.markRead({ conversation, position })
    await bob.seen('it is read', () =>
      bob.news.some(({ messages }) =>
        messages?.messages.some(each => each.message === message && each.state === 'read'),
      ),
    )
    assert.deepEqual([await state(), await members()], ['read', [['alice', 'read']]])
    assert.equal((await bob.hub.waitDelivered({ conversation, message, timeout: 1 })).state, 'read')
    await alice.say('bob', 'yes')
    await bob.seen('her message ends it', () => writers(bob) === undefined)
    await alice.hub.messages.typing({ conversation })
    await bob.seen('alice writes again', () => writers(bob)?.[0] === 'alice')
    await alice.hub.messages.typing({ conversation, stopped: true })
    await bob.seen('she has stopped', () => writers(bob) === undefined)

    await bob.hub.chats.setReceipts({ receipts: false })
    assert.deepEqual([await state(), await members()], ['delivered', [['alice', 'delivered']]])
    await bob.hub.chats.setReceipts({ receipts: true })
    await bob.hub.strangers.block({ with: 'alice', blocked: true })
    await until('nobody is linked', () => bob.hub.status().links === 0)
    await alice.hub.messages.typing({ conversation })
    assert.equal(writers(bob), undefined)
    assert.equal(writers(alice), undefined)
  })
})
