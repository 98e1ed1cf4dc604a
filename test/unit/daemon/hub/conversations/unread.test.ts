import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { keys } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { readMarks } from '../../../../../daemon/src/hub/conversations/marks.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { HybridClock, timeOf } from '../../../../../daemon/src/protocol/clock.ts'
import { publicKeyOf } from '../../../../../daemon/src/protocol/keys.ts'
import { readMark } from '../../../../../daemon/src/protocol/marks.ts'
import { verify } from '../../../../../daemon/src/protocol/signed.ts'
import { BarePeer, type Sealed, seal } from '../../../../support/bare-peer.ts'
import { connect, conversationOf, Home, person, withDevice } from '../../../../support/conversations.ts'
import { eachStorage } from '../../../../support/each-storage.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'
import { Random } from '../../../../support/random.ts'
import { until } from '../../../../support/wait.ts'

/** Alice's home, where messages of bob's arrive. */
async function openPair(
  storage: Storage = openMemoryStorage(),
  clocks: { alice?: HybridClock; bob?: HybridClock } = {},
) {
  const alice = await Home.open(person('alice'), storage, clocks.alice)
  const bob = await Home.open(person('bob'), openMemoryStorage(), clocks.bob)
  const id = conversationOf(alice.person, bob.person)
  return {
    alice,
    bob,
    id,
    unread: () => alice.conversations.get(id)?.unread ?? 0,
    firstUnread: () => alice.conversations.get(id)?.firstUnread,
    read: (position: string | undefined) => alice.conversations.markRead(id, position ?? ''),
    /** Bob says it, and alice has it. */
    async hear(...texts: string[]): Promise<void> {
      const wire = connect(alice, bob)
      for (const text of texts) await bob.send(alice.person, text)
      await bob.delivered(alice.person)
      wire.cut()
    },
    /** The position of the message with that text. */
    async at(text: string): Promise<string> {
      const found = (await alice.messages(bob.person)).find(message => message.text === text)
      assert.ok(found, `no message ${text}`)
      return found.position
    },
    async [Symbol.asyncDispose]() {
      await alice.stop()
      await bob.stop()
    },
  }
}

eachStorage(open => {
  describe('what is unread', () => {
    it('is what others wrote since one read, and never what one wrote oneself', async () => {
      await using chat = await openPair(await open())
      await chat.alice.send(chat.bob.person, 'are you there?')
      assert.equal(chat.unread(), 0)
      await chat.hear('one', 'two', 'three')
      assert.equal(chat.unread(), 3)
      assert.equal(chat.firstUnread(), await chat.at('one'))
      await chat.alice.send(chat.bob.person, 'wait')
      assert.equal(chat.unread(), 3)

      await chat.read(await chat.at('two'))
      assert.equal(chat.unread(), 1)
      assert.equal(chat.firstUnread(), await chat.at('three'))
      await chat.read(await chat.at('one'))
      assert.equal(chat.unread(), 1, 'reading never goes back')
      await chat.read(await chat.at('three'))
      assert.deepEqual([chat.unread(), chat.firstUnread()], [0, undefined])
      await chat.hear('four')
      assert.deepEqual([chat.unread(), chat.firstUnread()], [1, await chat.at('four')])
    })

    it('is known after a restart, without counting', async () => {
      await using chat = await openPair(await open())
      await chat.hear(...Array.from({ length: 300 }, (_, n) => `line ${n}`))
      await chat.read(await chat.at('line 99'))
      const reads = new FaultyStorage(chat.alice.storage)
      await chat.alice.restart(reads)
      assert.ok(reads.reads <= 8, `${reads.reads} reads`)
      assert.deepEqual([chat.unread(), chat.firstUnread()], [200, await chat.at('line 100')])
      await chat.read(await chat.at('line 199'))
      assert.equal(chat.unread(), 100)
    })
  })
})

describe('what is unread', () => {
  it('is read to the end by one’s own message at the end, and by one that waits', async () => {
    await using chat = await openPair()
    await chat.hear('one')
    const sent = await chat.alice.send(chat.bob.person, 'mine')
    assert.match(sent.position, /^outbox/)
    await chat.read(sent.position)
    assert.equal(chat.unread(), 0)
  })

  it('has what arrives late though it stands above what was read', async () => {
    const ahead = new HybridClock({ now: () => Date.now() + 300_000, monotonic: () => performance.now() })
    await using chat = await openPair(openMemoryStorage(), { alice: ahead })
    // Bob has hers only once he has sealed his: his stands five minutes before it.
    const wire = connect(chat.alice, chat.bob, {
      fate: ({ from, is }) => (from.name === 'alice' && is.case === 'entries' ? 'cut' : 'deliver'),
    })
    await until('linked', () => wire.frames.filter(({ is }) => is.case === 'resume').length === 2)
    await chat.alice.send(chat.bob.person, 'hers')
    await chat.alice.until('sealed', async () => !(await chat.at('hers')).startsWith('outbox'))
    wire.cut()
    await chat.read(await chat.at('hers'))
    const again = connect(chat.alice, chat.bob, {
      fate: ({ from, is }) => (from.name === 'alice' && is.case === 'entries' ? 'drop' : 'deliver'),
    })
    await chat.bob.send(chat.alice.person, 'his')
    await chat.alice.until('his is here', () => chat.unread() === 1)
    again.cut()
    const texts = await chat.alice.texts(chat.bob.person)
    assert.deepEqual(texts, ['his', 'hers'], 'it stands before')
    assert.equal(chat.firstUnread(), await chat.at('his'))
    await chat.read(await chat.at('his'))
    assert.equal(chat.unread(), 0)
  })

  it('is marked by device and sequence, signed by the device that read', async () => {
    await using chat = await openPair()
    await chat.hear('one', 'two', 'three')
    const { storage, person: alice } = chat.alice
    const key = keys.mark(chat.id, alice.user)
    assert.deepEqual(await storage.get([key]), [undefined], 'nothing is read yet')
    for (const [text, seq] of [
      ['two', 2],
      ['three', 3],
    ] as const) {
      await chat.read(await chat.at(text))
      const [value] = await storage.get([key])
      assert.ok(value)
      const { signed } = readMarks(key, value)
      assert.equal(signed.length, 1, 'one that is within another is dropped')
      const [mark] = signed
      assert.ok(mark && verify('mark', mark, publicKeyOf(alice.account.spki)))
      const { user, device, conversation, read } = readMark(mark)
      assert.deepEqual([user, device, conversation], [alice.user, alice.account.device, chat.id])
      assert.deepEqual([...read], [[chat.bob.person.account.device, seq]])
    }
  })

  it('is exact when more is read than in one go', async function () {
    this.timeout(20_000)
    await using chat = await openPair()
    const count = limits.readAtOnce * 2 + 500
    await chat.hear(...Array.from({ length: count }, (_, n) => `${n}`))
    assert.equal(chat.unread(), count)
    const reading = chat.read(await chat.at(`${count - 101}`))
    // What is said meanwhile does not wait for all of it.
    await chat.alice.send(chat.bob.person, 'meanwhile')
    await reading
    assert.deepEqual([chat.unread(), chat.firstUnread()], [100, await chat.at(`${count - 100}`)])
  })

  it('survives a disk that fails, and an answer that is lost', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using chat = await openPair(storage)
    await chat.hear('one', 'two', 'three')
    storage.fate = () => 'fail'
    await assert.rejects(chat.read(await chat.at('one')), { code: 'storage' })
    assert.equal(chat.unread(), 3)
    storage.fate = () => 'unknown'
    await assert.rejects(chat.read(await chat.at('two')), { code: 'storage' })
    assert.equal(chat.unread(), 1, 'it was written all the same')
    storage.fate = () => 'commit'
    await chat.alice.send(chat.bob.person, 'awake')
    await chat.hear('four')
    assert.equal(chat.unread(), 2)
    await chat.read(await chat.at('three'))
    assert.equal(chat.unread(), 1)
  })

  it('refuses what is no position', async () => {
    await using chat = await openPair()
    await chat.hear('one')
    await assert.rejects(chat.read('9'), { code: 'usage' })
  })

  it('tells of each message of another once, and never again when it is told', async () => {
    await using chat = await openPair()
    const arrived: string[] = []
    const watch = () => {
      chat.alice.conversations.watch(change => arrived.push(...change.arrived.map(({ text }) => text)))
    }
    watch()
    await chat.hear('one', 'two')
    await chat.alice.send(chat.bob.person, 'mine')
    await chat.alice.restart()
    watch()
    await chat.hear('three')
    const wire = connect(chat.alice, chat.bob)
    await chat.alice.delivered(chat.bob.person)
    wire.cut()
    assert.deepEqual(arrived, ['one', 'two', 'three'])
  })

  it('is what a plain count says, whatever happens in whatever order', async function () {
    this.timeout(30_000)
    const seed = Number(process.env.PARLEY_TEST_SEED ?? 7)
    const random = new Random(seed)
    const skewed = new HybridClock({ now: () => Date.now() + 60_000, monotonic: () => performance.now() })
    await using chat = await openPair(openMemoryStorage(), { bob: skewed })
    const seen = new Set<string>()
    let wire = connect(chat.alice, chat.bob)
    for (let step = 0; step < 150; step++) {
      const what = random.below(10)
      if (what < 3) await chat.bob.send(chat.alice.person, `his ${step}`)
      else if (what < 5) await chat.alice.send(chat.bob.person, `hers ${step}`)
      else if (what === 5) wire.cut()
      else if (what === 6) {
        wire.cut()
        wire = connect(chat.alice, chat.bob)
        await chat.bob.delivered(chat.alice.person)
      } else if (what === 7 && random.below(3) === 0) {
        await chat.alice.restart()
        wire = connect(chat.alice, chat.bob)
      } else {
        wire.cut()
        const all = await chat.alice.messages(chat.bob.person)
        const upTo = all[random.below(all.length + 1)]
        if (upTo === undefined) continue
        await chat.read(upTo.position)
        for (const { mine, message, position } of all) if (!mine && position <= upTo.position) seen.add(message)
        const unread = all.filter(({ mine, message }) => !mine && !seen.has(message))
        const words = `step ${step} of seed ${seed}`
        assert.deepEqual([chat.unread(), chat.firstUnread()], [unread.length, unread[0]?.position], words)
      }
    }
    assert.ok(seen.size > 10)
  })

  it('is counted by device where somebody writes at two, whose clocks are apart', async function () {
    this.timeout(30_000)
    const seed = Number(process.env.PARLEY_TEST_SEED ?? 11)
    const random = new Random(seed)
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    const devices = [bob, withDevice(bob)]
    const keys = new Map(devices.map(({ account }) => [account.device, account.spki]))
    using phone = new BarePeer(bob, alice, keys)
    using laptop = new BarePeer(devices[1] ?? bob, alice, keys)
    const logs = [phone, laptop].map(peer => ({ peer, last: undefined as Sealed | undefined }))
    for (const { peer } of logs) await peer.have()
    const id = conversationOf(alice.person, bob)
    const summary = () => alice.conversations.get(id)
    const begun = Date.now() - 3600_000
    const seen = new Set<string>()
    for (let step = 0; step < 120; step++) {
      if (random.below(3) > 0) {
        const log = random.below(2)
        const behind = log === 0 ? 0 : 20_000
        const time = timeOf(begun + step * 1_000 - behind, step)
        const { peer, last } = logs[log] ?? assert.fail()
        const count = summary()?.count ?? 0
        const next = seal(peer.person, id, `${step}`, last, { time })
        Object.assign(logs[log] ?? {}, { last: next })
        await peer.entries(next.entry)
        await alice.until('it is here', () => (summary()?.count ?? 0) > count)
      } else {
        const all = await alice.messages(bob)
        const upTo = all[random.below(all.length)]
        if (upTo === undefined) continue
        await alice.conversations.markRead(id, upTo.position)
        for (const { message, position } of all) if (position <= upTo.position) seen.add(message)
      }
      const unread = (await alice.messages(bob)).filter(({ message }) => !seen.has(message))
      const words = `step ${step} of seed ${seed}`
      assert.deepEqual([summary()?.unread, summary()?.firstUnread], [unread.length, unread[0]?.position], words)
    }
    assert.ok(seen.size > 10)
  })
})
