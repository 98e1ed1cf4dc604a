import assert from 'node:assert/strict'
import { openMemorySearch } from '@parley/storage-memory'
import { positionAt } from '../../../../../daemon/src/protocol/positions.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

const day = 24 * 60 * 60_000

describe('clearing a chat', () => {
  it('drops what was said, here alone, with the count of what is unread', async () => {
    await using two = await pair()
    const { alice, bob } = two
    await alice.say('bob', 'first')
    await until('bob has it', async () => (await bob.texts('alice')).length === 1)
    await bob.say('alice', 'second')
    await until('alice has both', async () => (await alice.texts('bob')).length === 2)
    const { conversation } = await alice.hub.chats.openChat({ with: 'bob' })
    assert.equal(conversation.unread, 1)
    await alice.hub.archive.clearHistory({ conversation: conversation.conversation })
    assert.deepEqual(await alice.texts('bob'), [])
    const after = alice.hub.conversation(conversation.conversation)
    assert.deepEqual([after?.unread, after?.lastLine], [0, ''])
    assert.deepEqual((await alice.hub.archive.search({ query: 'second', limit: 5 })).hits, [])
    assert.deepEqual(await bob.texts('alice'), ['first', 'second'])
    await bob.say('alice', 'third')
    await until('what comes is shown', async () => (await alice.texts('bob')).join() === 'third')
  })

  it('drops only what stands before a position, and never what waits to be sent', async () => {
    await using two = await pair()
    const { alice, bob } = two
    await alice.say('bob', 'old')
    await until('bob has it', async () => (await bob.texts('alice')).length === 1)
    const kept = await bob.say('alice', 'new')
    await until('alice has both', async () => (await alice.texts('bob')).length === 2)
    const { conversation } = kept
    await alice.hub.archive.clearHistory({ conversation, before: kept.position })
    await until('the newer one is left', async () => (await alice.texts('bob')).join() === 'new')
    await bob[Symbol.asyncDispose]()
    await alice.seen('bob is gone', () => alice.hub.conversation(conversation)?.linked === false)
    await alice.say('bob', 'waits')
    await alice.hub.archive.clearHistory({ conversation })
    assert.deepEqual(await alice.texts('bob'), ['waits'])
    assert.equal(alice.hub.conversation(conversation)?.queued, 1)
  })

  it('refuses a chat that nobody knows, and what is no position', async () => {
    await using two = await pair()
    const { conversation } = await two.alice.say('bob', 'hello')
    const { archive } = two.alice.hub
    await assert.rejects(archive.clearHistory({ conversation, before: 'yesterday' }), { code: 'usage' })
    await assert.rejects(archive.clearHistory({ conversation: 'a'.repeat(52) }), { code: 'usage' })
  })
})

describe('retention', () => {
  it('drops what is older than its days, also after a restart, and says how many they are', async () => {
    await using two = await pair()
    const { conversation } = await two.alice.say('bob', 'of a month ago')
    await until('bob has it', async () => (await two.bob.texts('alice')).length === 1)
    await two.alice.hub.archive.setRetention({ conversation, days: 7 })
    assert.equal(two.alice.hub.conversation(conversation)?.retention, 7)
    await two.restart(30 * day)
    assert.equal(two.alice.hub.conversation(conversation)?.retention, 7)
    // Said again, so that it is looked at soon instead of after a while.
    await two.alice.hub.archive.setRetention({ conversation, days: 7 })
    await until('the old one is dropped', async () => (await two.alice.texts('bob')).length === 0)
    await two.alice.say('bob', 'of today')
    await two.alice.hub.archive.setRetention({ conversation, days: null })
    assert.equal(two.alice.hub.conversation(conversation)?.retention, undefined)
    assert.deepEqual(await two.alice.texts('bob'), ['of today'])
  })
})

describe('a position of a time', () => {
  it('stands before what was sealed from then on, and behind what was before', async () => {
    await using two = await pair()
    const { position, written } = await two.alice.say('bob', 'now')
    await until('it is sealed', async () => {
      const { messages } = await two.alice.hub.history({ with: 'bob', limit: 1 })
      return messages[0] !== undefined && !messages[0].position.startsWith('outbox/')
    })
    const before = await two.alice.hub.history({ with: 'bob', after: positionAt(written - 1000), limit: 5 })
    const behind = await two.alice.hub.history({ with: 'bob', after: positionAt(written + 60_000), limit: 5 })
    assert.equal(before.messages.length, 1, position)
    assert.equal(behind.messages.length, 0)
  })
})

interface Pair extends AsyncDisposable {
  readonly alice: RunningHub
  readonly bob: RunningHub
  /** Starts alice's hub again, so much later in ms. */
  restart(later: number): Promise<void>
}

async function pair(): Promise<Pair> {
  const registry = await startTestRegistry()
  const homes: readonly [HubHome, HubHome] = [await hubHome(), await hubHome()]
  // What waits to be sent is not to leave by mail meanwhile.
  const mailWaits = { patience: 3_600_000, away: 3_600_000 }
  let alice = await startTestHub(homes[0], { search: openMemorySearch(), mailWaits })
  const bob = await startTestHub(homes[1])
  for (const [name, { hub }] of Object.entries({ alice, bob })) {
    await hub.signUp({ registry: registry.registry.address, name, password })
  }
  return {
    get alice() {
      return alice
    },
    bob,
    async restart(later) {
      await alice[Symbol.asyncDispose]()
      // Nobody tells it the time: it believes its own clock.
      await registry[Symbol.asyncDispose]()
      alice = await startTestHub(homes[0], { now: () => Date.now() + later })
    },
    async [Symbol.asyncDispose]() {
      for (const each of [alice, bob, registry, ...homes]) await each[Symbol.asyncDispose]()
    },
  }
}
