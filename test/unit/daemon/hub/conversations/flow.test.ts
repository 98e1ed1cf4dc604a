import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { openMemoryStorage } from '@parley/storage-memory'
import { sizeOf } from '../../../../../daemon/src/hub/conversations/intake.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { fromText } from '../../../../../daemon/src/protocol/ids.ts'
import { AckSchema, HaveSchema, HeadSchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { BarePeer, type Sealed, seal } from '../../../../support/bare-peer.ts'
import { connect, type Frame, Home, person } from '../../../../support/conversations.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'

const sizeIn = (frames: readonly Frame[]) =>
  frames.reduce(
    (sum, is) => sum + (is.case === 'entries' ? is.value.entries.reduce((all, entry) => all + sizeOf(entry), 0) : 0),
    0,
  )

describe('credit', () => {
  it('bounds what is in flight to a peer that does not acknowledge, by one entry at most', async () => {
    await using alice = await Home.open(person('alice'))
    const bob = person('bob')
    for (let index = 0; index < 200; index++) await alice.send(bob, `${index} ${'x'.repeat(1000)}`)
    using peer = new BarePeer(bob, alice)
    await peer.have()
    await peer.want(20_000)
    await alice.until('all sealed', () => (alice.conversations.get(peer.conversation)?.count ?? 0) === 200)
    await turns(50)
    const sent = sizeIn(peer.heard)
    assert.ok(sent >= 20_000 && sent < 20_000 + 2_000, `${sent} bytes are in flight`)
    const heads = [
      create(HeadSchema, { device: fromText(alice.person.account.device), seq: 1n, hash: new Uint8Array(32) }),
    ]
    await peer.say({
      case: 'ack',
      value: create(AckSchema, { conversation: fromText(peer.conversation), heads, credit: 10_000 }),
    })
    await turns(50)
    assert.ok(sizeIn(peer.heard) < 30_000 + 4_000)
    assert.ok(sizeIn(peer.heard) > sent)
  })

  it('is not given back by a receiver before it has committed, and reading pauses when too much waits', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    await using bob = await Home.open(person('bob'), storage)
    using alice = new BarePeer(person('alice'), bob)
    assert.equal((await alice.hear('resume')).value.credit, limits.credit)
    await alice.have()
    const commit = Promise.withResolvers<'commit'>()
    storage.fate = () => commit.promise
    let last: Sealed | undefined
    const taken: Promise<void>[] = []
    let isPaused = true
    for (let sent = 0; sent < limits.credit * 1.2; ) {
      last = seal(alice.person, alice.conversation, 'x'.repeat(60_000), last)
      sent += sizeOf(last.entry)
      taken.push(alice.entries(last.entry))
    }
    void Promise.all(taken).then(() => {
      isPaused = false
    })
    await turns(100)
    assert.equal(isPaused, true)
    commit.resolve('commit')
    await Promise.all(taken)
    await bob.until('all there', async () => (await bob.texts(alice.person)).length === taken.length)
  })

  it('lets large messages through, each within the frame’s limit', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    const wire = connect(alice, bob)
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => alice.send(bob.person, `${index}${'y'.repeat(limits.text - 10)}`)),
    )
    await alice.delivered(bob.person)
    assert.equal((await bob.texts(alice.person)).length, 30)
    for (const { is } of wire.frames) assert.ok(sizeIn([is]) <= limits.run)
  })
})

describe('a peer that talks without end', () => {
  it('gets one small answer for each of its questions at most', async () => {
    await using bob = await Home.open(person('bob'))
    using alice = new BarePeer(person('alice'), bob)
    for (let index = 0; index < 1000; index++) {
      await alice.have()
      await alice.want(1)
    }
    await turns(20)
    const answers = alice.heard.filter(({ case: heard }) => heard !== 'resume')
    assert.ok(answers.length <= 1000, `${answers.length} frames were said`)
    assert.ok(answers.every(({ case: heard }) => heard === 'ack'))
  })

  it('holds no memory with heads of strange devices, or endless pages of them', async () => {
    await using bob = await Home.open(person('bob'))
    using alice = new BarePeer(person('alice'), bob)
    const heads = Array.from({ length: 5000 }, (_, index) =>
      create(HeadSchema, { device: new Uint8Array(32).fill(index), seq: BigInt(index + 1), hash: new Uint8Array(32) }),
    )
    for (let page = 0; page < 20; page++) {
      const value = create(HaveSchema, { conversation: fromText(alice.conversation), heads, full: true, more: true })
      await alice.say({ case: 'have', value })
    }
    await alice.have()
    await alice.entries(seal(alice.person, alice.conversation, 'still here').entry)
    await alice.hear('ack')
  })

  it('that claims to hold more of one’s own log than it gives only makes messages to itself wait', async () => {
    await using alice = await Home.open(person('alice'))
    using bob = new BarePeer(person('bob'), alice)
    await bob.have({ seq: 1000, hash: new Uint8Array(32), device: alice.person })
    assert.equal((await alice.send(bob.person, 'waits')).position.startsWith('outbox'), true)
    await using carol = await Home.open(person('carol'))
    connect(alice, carol)
    await alice.send(carol.person, 'flows')
    await alice.delivered(carol.person)
  })
})

describe('clocks that are too far apart', () => {
  it('let no entries pass', async () => {
    await using alice = await Home.open(person('alice'))
    await using bob = await Home.open(person('bob'))
    const wire = connect(alice, bob, { clockApart: true })
    await alice.send(bob.person, 'waits')
    await turns(20)
    assert.deepEqual(wire.frames, [])
    assert.equal(alice.conversations.lacking(bob.person.user), true)
  })
})

describe('a run', () => {
  it('whose inner signatures are empty is taken, and served on', async () => {
    await using bob = await Home.open(person('bob'))
    using alice = new BarePeer(person('alice'), bob)
    await alice.have()
    await alice.hear('ack')
    const run: Sealed[] = []
    for (let index = 0; index < 100; index++) run.push(seal(alice.person, alice.conversation, `${index}`, run.at(-1)))
    const bare = run.map(({ entry }, index) =>
      index < 99 ? { ...entry, signature: new Uint8Array(0), alg: 0 } : entry,
    )
    await alice.entries(...bare)
    await alice.hear('ack')
    assert.equal((await bob.texts(alice.person)).length, 100)
    await alice.want(1000, [], alice.person)
    const { value } = await alice.hear('entries')
    assert.equal(value.entries.length, 100)
    assert.equal(value.entries.at(-1)?.signature.length, 64)
  })

  it('keeps no signature that was not checked', async () => {
    await using bob = await Home.open(person('bob'))
    using alice = new BarePeer(person('alice'), bob)
    await alice.have()
    await alice.hear('ack')
    const first = seal(alice.person, alice.conversation, 'first')
    const second = seal(alice.person, alice.conversation, 'second', first)
    await alice.entries({ ...first.entry, signature: new Uint8Array(64).fill(9) }, second.entry)
    await alice.hear('ack')
    await alice.want(limits.credit, [], alice.person)
    const { value } = await alice.hear('entries')
    assert.deepEqual(
      value.entries.map(({ signature }) => signature.length),
      [0, 64],
    )
  })
})

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}
