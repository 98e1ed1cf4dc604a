import assert from 'node:assert/strict'
import { StorageError } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { ParleyError } from '../../../../../daemon/src/errors.ts'
import { keys } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { BarePeer, seal } from '../../../../support/bare-peer.ts'
import { connect, conversationOf, Home, person } from '../../../../support/conversations.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'

describe('an acknowledgement', () => {
  it('is said only after the commit', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using bob = await Home.open(person('bob'), storage)
    using alice = new BarePeer(person('alice'), bob)
    await alice.have()
    await alice.hear('ack')
    const commit = Promise.withResolvers<'commit'>()
    const asked = Promise.withResolvers<void>()
    storage.fate = () => {
      asked.resolve()
      return commit.promise
    }
    await alice.entries(seal(alice.person, alice.conversation, 'hello').entry)
    await asked.promise
    await turns(20)
    assert.equal(
      alice.heard.some(({ case: heard }) => heard === 'ack'),
      false,
    )
    assert.deepEqual(bob.told, [])
    commit.resolve('commit')
    assert.equal((await alice.hear('ack')).value.heads[0]?.seq, 1n)
  })

  it('is not said for a write that failed; the entries are asked for again', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using bob = await Home.open(person('bob'), storage)
    using alice = new BarePeer(person('alice'), bob)
    await alice.have()
    await alice.hear('ack')
    let writes = 0
    storage.fate = () => (++writes === 1 ? 'fail' : 'commit')
    const { entry } = seal(alice.person, alice.conversation, 'hello')
    await alice.entries(entry)
    await alice.hear('want')
    assert.equal(
      alice.heard.some(({ case: heard }) => heard === 'ack'),
      false,
    )
    await alice.entries(entry)
    await alice.hear('ack')
    assert.deepEqual(await bob.texts(alice.person), ['hello'])
  })
})

describe('what a peer lacks', () => {
  it('is sent once storage can be read again, without anybody asking', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    using first = new BarePeer(person('bob'), alice)
    await first.have()
    await alice.send(first.person, 'hello')
    await alice.restart()
    using bob = new BarePeer(first.person, alice)
    await bob.have()
    storage.canRead = false
    await bob.want(limits.credit)
    await turns(20)
    assert.equal(
      bob.heard.some(({ case: heard }) => heard === 'entries'),
      false,
    )
    storage.canRead = true
    assert.equal((await bob.hear('entries', 5_000)).value.entries.length, 1)
  })
})

describe('a message', () => {
  it('is stored after a write that failed once, and once after one whose outcome was unknown', async () => {
    for (const fate of ['fail', 'unknown'] as const) {
      const storage = new FaultyStorage(openMemoryStorage())
      await using alice = await Home.open(person('alice'), storage)
      const bob = person('bob')
      storage.fate = (_, number) => (number === 2 ? fate : 'commit')
      for (const text of ['one', 'two', 'three']) await alice.send(bob, text)
      assert.deepEqual(await alice.texts(bob), ['one', 'two', 'three'])
    }
  })

  it('is refused in clear words while storage fails, and nothing of it is left', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    const bob = person('bob')
    storage.fate = () => 'fail'
    const error = await alice.send(bob, 'lost').catch((reason: unknown) => reason)
    assert.ok(error instanceof ParleyError && error.code === 'storage')
    assert.match(error.message, /could not be stored: the disk is full\. Free some space/)
    const advice = 'There is no room left; free some space and try again.'
    storage.fate = () => {
      throw new StorageError('storage', advice)
    }
    await assert.rejects(alice.send(bob, 'lost'), { message: `The message could not be stored: ${advice}` })
    storage.fate = () => 'fail'
    storage.canRead = false
    await assert.rejects(alice.send(bob, 'lost too'), { code: 'storage' })
    storage.canRead = true
    storage.fate = () => 'commit'
    await alice.send(bob, 'kept')
    assert.deepEqual(await alice.texts(bob), ['kept'])
  })

  it('whose row is gone is damage, and no reason to look for ever', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    const bob = person('bob')
    const { conversation, message } = await alice.send(bob, 'hello')
    const { rows } = await storage.list(keys.outboxOf(conversation), { limit: 1 })
    await storage.write(rows.map(([key]) => ({ remove: key })))
    storage.reads = 0
    const get = storage.get.bind(storage)
    // A loop of reads that are answered at once would never let a deadline pass.
    storage.get = async wanted => (storage.reads < 100 ? get(wanted) : Promise.reject(new Error('read for ever')))
    await assert.rejects(alice.conversations.find(conversation, message), { code: 'damaged-data' })
  })

  it('is refused when the hub stops before it was stored', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    const bob = person('bob')
    const commit = Promise.withResolvers<'commit'>()
    const asked = Promise.withResolvers<void>()
    storage.fate = () => {
      asked.resolve()
      return commit.promise
    }
    const first = alice.send(bob, 'first')
    await asked.promise
    const refused = assert.rejects(alice.send(bob, 'second'), { code: 'closed' })
    const closed = alice.conversations.close()
    commit.resolve('commit')
    assert.equal((await first).text, 'first')
    await Promise.all([refused, closed])
    await assert.rejects(alice.send(bob, 'third'), { code: 'closed' })
  })
})

describe('delivered', () => {
  it('is told only once it is committed here, so that it never goes back', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    await using bob = await Home.open(person('bob'))
    storage.fate = changes =>
      changes.some(change => 'put' in change && change.put.startsWith('ack/')) ? 'fail' : 'commit'
    const wire = connect(alice, bob)
    await alice.send(bob.person, 'hello')
    await bob.until('it is there', async () => (await bob.texts(alice.person)).length === 1)
    await turns(20)
    assert.equal(
      alice.told.some(({ state }) => state === 'delivered'),
      false,
    )
    assert.equal(alice.conversations.lacking(bob.person.user), true)
    storage.fate = () => 'commit'
    await alice.until('delivered', () => alice.told.at(-1)?.state === 'delivered')
    wire.cut()
    await alice.restart()
    assert.equal((await alice.messages(bob.person))[0]?.state, 'delivered')
    assert.equal(alice.conversations.get(conversationOf(alice.person, bob.person))?.queued, 0)
  })
})

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}
