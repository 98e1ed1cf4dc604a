import assert from 'node:assert/strict'
import type { SearchIndex } from '@parley/kit'
import type { ControlRequests } from '../../../../../daemon/src/protocol/control.ts'
import { openMemorySearch } from '../../../../../plugins/storage-memory/src/index.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

type Asked = Partial<ControlRequests['search'][0]>

describe('search', () => {
  for (const [how, search] of [
    ['through an index', () => openMemorySearch()],
    ['without one', () => undefined],
  ] as const) {
    describe(how, () => {
      let three: Awaited<ReturnType<typeof company>>

      before(async function () {
        this.timeout(60_000)
        three = await company(search())
      })

      after(() => three?.[Symbol.asyncDispose]())

      it('finds what was said, by anybody, anywhere, the newest first', async () => {
        const { alice, bob } = three
        await alice.say('bob', 'the release is on Friday')
        await until('bob has it', async () => (await bob.texts('alice')).includes('the release is on Friday'))
        await bob.say('alice', 'RELEASED!')
        await alice.say('carol', 'Freitag release?')
        await until('alice has it', async () => (await alice.texts('bob')).includes('RELEASED!'))
        const { hits } = await alice.hub.archive.search({ query: 'release', limit: 10 })
        assert.deepEqual(
          hits.map(({ message }) => message.text),
          ['Freitag release?', 'RELEASED!', 'the release is on Friday'],
        )
        assert.deepEqual(hits[1]?.marks, [[0, 7]])
        assert.equal(hits[0]?.conversation.kind === 'direct' && hits[0].conversation.person.name, 'carol')
      })

      it('holds to whom, where and when', async () => {
        const { alice, bob } = three
        const first = await alice.say('bob', 'lunch at noon')
        await until('bob has it', async () => (await bob.texts('alice')).includes('lunch at noon'))
        await bob.say('alice', 'no lunch for me')
        await alice.say('carol', 'lunch at one')
        await until('alice has it', async () => (await alice.texts('bob')).includes('no lunch for me'))
        assert.deepEqual(await texts(alice, { with: 'bob' }), ['no lunch for me', 'lunch at noon'])
        assert.deepEqual(await texts(alice, { from: 'bob' }), ['no lunch for me'])
        assert.deepEqual(await texts(alice, { from: 'me', with: 'carol' }), ['lunch at one'])
        assert.deepEqual(await texts(alice, { from: 'alice' }), ['lunch at one', 'lunch at noon'])
        assert.deepEqual(await texts(alice, { before: first.written - 60_000 }), [])
        assert.deepEqual((await texts(alice, { after: first.written - 60_000 })).length, 3)
        assert.deepEqual(await texts(alice, { hasFile: true }), [])
      })

      it('goes on where the page before ended', async () => {
        const { alice } = three
        for (let count = 1; count <= 7; count++) await alice.say('bob', `number ${count} of many`)
        const seen: string[] = []
        let next: string | undefined
        do {
          const page = await alice.hub.archive.search({
            query: 'many',
            limit: 3,
            ...(next === undefined ? {} : { next }),
          })
          seen.push(...page.hits.map(({ message }) => message.text))
          next = page.next
        } while (next !== undefined)
        assert.deepEqual(
          seen,
          [7, 6, 5, 4, 3, 2, 1].map(count => `number ${count} of many`),
        )
      })

      it('refuses to look for nothing and to go on from nowhere, and takes a name that nobody has for none', async () => {
        const { alice } = three
        await assert.rejects(alice.hub.archive.search({ query: ' ', limit: 5 }), { code: 'usage' })
        await assert.rejects(alice.hub.archive.search({ query: 'x', limit: 5, next: 'garbage' }), { code: 'usage' })
        await assert.rejects(alice.hub.archive.search({ query: 'x', from: 'nobody', limit: 5 }), {
          code: 'unknown-user',
        })
      })
    })
  }

  it('knows after a restart what was said before, and what was said without an index', async () => {
    await using three = await company(undefined)
    await three.alice.say('bob', 'said without an index')
    await three.restart(openMemorySearch())
    await until('the index is filled', async () => {
      const { hits, isIndexing } = await three.alice.hub.archive.search({ query: 'without', limit: 5 })
      return hits.length === 1 && !isIndexing
    })
    await three.alice.say('bob', 'said with one')
    assert.deepEqual(await texts(three.alice, { query: 'said' }), ['said with one', 'said without an index'])
  })

  it('fills an index anew that was lost', async () => {
    const index = openMemorySearch()
    await using three = await company(index)
    await three.alice.say('bob', 'lost and found')
    assert.deepEqual(await texts(three.alice, { query: 'lost' }), ['lost and found'])
    await index.clear()
    await three.alice.say('bob', 'again')
    await until('the index is filled again', async () => (await texts(three.alice, { query: 'lost' })).length === 1)
  })

  it('leaves nothing behind that waits, with an index and without', async () => {
    for (const index of [openMemorySearch(), undefined]) {
      await using three = await company(index)
      await three.alice.say('bob', 'done')
      const waiting = async () => (await three.home.storage.list('unindexed/', { limit: 10 })).rows.length
      await until('nothing waits', async () => (await waiting()) === 0)
    }
  })

  it('goes on when the index fails for a while', async () => {
    const index = openMemorySearch()
    let isBroken = false
    const put: SearchIndex['put'] = documents =>
      isBroken ? Promise.reject(new Error('the index is on fire')) : index.put(documents)
    const { identity, remove, search, clear } = index
    const faulty = {
      put,
      identity: identity.bind(index),
      remove: remove.bind(index),
      search: search.bind(index),
      clear: clear.bind(index),
    }
    await using three = await company(faulty)
    isBroken = true
    await three.alice.say('bob', 'out of the fire')
    assert.deepEqual(await texts(three.alice, { query: 'fire' }), [])
    assert.equal((await three.alice.hub.archive.search({ query: 'fire', limit: 5 })).isIndexing, true)
    isBroken = false
    await until('it is found', async () => (await texts(three.alice, { query: 'fire' })).length === 1)
  })
})

async function texts({ hub }: RunningHub, asked: Asked): Promise<string[]> {
  const { hits } = await hub.archive.search({ query: 'lunch', limit: 20, ...asked })
  return hits.map(({ message }) => message.text)
}

/** Alice, whose hub has the index, with bob and carol, who has a name and no hub that runs. */
async function company(search: SearchIndex | undefined) {
  const registry = await startTestRegistry()
  const homes: HubHome[] = [await hubHome(), await hubHome(), await hubHome()]
  const [home, bobHome, carolHome] = homes as [HubHome, HubHome, HubHome]
  let alice = await startTestHub(home, { search })
  const bob = await startTestHub(bobHome)
  const carol = await startTestHub(carolHome)
  const address = registry.registry.address
  for (const [name, { hub }] of Object.entries({ alice, bob, carol })) {
    await hub.signUp({ registry: address, name, password })
  }
  await carol[Symbol.asyncDispose]()
  const { conversation, message } = await alice.say('bob', 'hello')
  await alice.hub.waitDelivered({ conversation, message, timeout: 10_000 })
  return {
    home,
    get alice() {
      return alice
    },
    bob,
    async restart(index: SearchIndex | undefined) {
      await alice[Symbol.asyncDispose]()
      alice = await startTestHub(home, { search: index })
    },
    async [Symbol.asyncDispose]() {
      for (const each of [alice, bob, registry, ...homes]) await each[Symbol.asyncDispose]()
    },
  }
}
