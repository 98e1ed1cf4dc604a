import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { limits } from '../../../../../daemon/src/limits.ts'
import { encodeText } from '../../../../../daemon/src/protocol/bodies.ts'
import { timeOf } from '../../../../../daemon/src/protocol/clock.ts'
import { readHeader } from '../../../../../daemon/src/protocol/entries.ts'
import { fromText, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { BodySchema, type Entry, HaveSchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { BarePeer, type Sealed, seal } from '../../../../support/bare-peer.ts'
import { conversationOf, Home, person } from '../../../../support/conversations.ts'

const altered = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 5 ? byte ^ 1 : byte))

/** A bob with one message from alice, and alice as a peer that says what she likes. */
async function scene() {
  const home = await Home.open(person('bob'))
  const alice = person('alice')
  const peer = new BarePeer(alice, home)
  const conversation = peer.conversation
  await peer.have()
  await peer.hear('ack')
  const first = seal(alice, conversation, 'first')
  await peer.entries(first.entry)
  await peer.hear('ack')
  return {
    home,
    alice,
    peer,
    conversation,
    first,
    async [Symbol.asyncDispose]() {
      peer[Symbol.dispose]()
      await home.stop()
    },
  }
}

type Scene = Awaited<ReturnType<typeof scene>>

/** What is dropped: the next good entry with its number is taken. */
const dropped: Record<string, { code: string; make: (scene: Scene) => Entry }> = {
  'signed by another key': {
    code: 'bad-signature',
    make: ({ alice, conversation, first }) => {
      const mallory = { ...alice, account: { ...alice.account, privateKey: person('mallory').account.privateKey } }
      return seal(mallory, conversation, 'forged', first).entry
    },
  },
  'with an altered signature': {
    code: 'bad-signature',
    make: ({ alice, conversation, first }) => {
      const { entry } = seal(alice, conversation, 'mauled', first)
      return { ...entry, signature: altered(entry.signature) }
    },
  },
  'with no signature': {
    code: 'bad-signature',
    make: ({ alice, conversation, first }) => ({
      ...seal(alice, conversation, 'bare', first).entry,
      signature: new Uint8Array(0),
    }),
  },
  'with an altered header': {
    code: '',
    make: ({ alice, conversation, first }) => {
      const { entry } = seal(alice, conversation, 'altered', first)
      return { ...entry, header: altered(entry.header) }
    },
  },
  'of another conversation': {
    code: 'forged',
    make: ({ alice, first }) => seal(alice, conversationOf(alice, person('carol')), 'elsewhere', first).entry,
  },
  'by a device that is not in the roster': {
    code: 'stranger',
    make: ({ alice, conversation, first }) => {
      const other = { ...alice, account: person('other').account }
      return seal(other, conversation, 'new device', first).entry
    },
  },
  'written in the name of the receiver': {
    code: 'bad-signature',
    make: ({ alice, conversation, home }) => {
      const posing = { ...alice, account: { ...home.person.account, privateKey: alice.account.privateKey } }
      return seal(posing, conversation, 'as bob').entry
    },
  },
  'larger than an entry may be': {
    code: 'forged',
    make: ({ alice, conversation, first }) => {
      const { entry } = seal(alice, conversation, 'large', first)
      return { ...entry, header: new Uint8Array(limits.header + 1) }
    },
  },
  'that is no entry at all': {
    code: 'bad-frame',
    make: () => ({
      ...seal(person('x'), conversationOf(person('x'), person('y')), 'x').entry,
      header: new Uint8Array([255, 255]),
    }),
  },
}

describe('an entry that is refused', () => {
  for (const [what, { code, make }] of Object.entries(dropped)) {
    it(`${what} is not shown, told and logged, and the next good one flows`, async () => {
      await using it = await scene()
      await it.peer.entries(make(it))
      const refuse = await it.peer.hear('refuse')
      if (code !== '') assert.equal(refuse.value.code, code)
      assert.match(refuse.value.message, /\.$/)
      assert.ok(it.home.log.lines.some(({ level, text }) => level === 'warn' && text.includes('refused')))
      await it.peer.entries(seal(it.alice, it.conversation, 'good', it.first).entry)
      await it.home.until('the good one', async () => (await it.home.texts(it.alice)).length === 2)
      assert.deepEqual(await it.home.texts(it.alice), ['first', 'good'])
    })
  }

  it('in the middle of a run does not take the good ones before it along, nor those sent again after it', async () => {
    await using it = await scene()
    const run: Sealed[] = [it.first]
    for (let index = 0; index < 5; index++) run.push(seal(it.alice, it.conversation, `run ${index}`, run.at(-1)))
    const entries = run.slice(1).map(({ entry }) => entry)
    const bad = entries.map((entry, index) => (index >= 2 ? { ...entry, signature: altered(entry.signature) } : entry))
    await it.peer.entries(...bad)
    assert.equal((await it.peer.hear('refuse')).value.seq, 4n)
    await it.home.until('the good part', async () => (await it.home.texts(it.alice)).length === 3)
    await it.peer.entries(...entries)
    await it.home.until('all', async () => (await it.home.texts(it.alice)).length === 6)
  })

  it('is told and logged once, however often it comes', async () => {
    await using it = await scene()
    const bad = { ...seal(it.alice, it.conversation, 'bad', it.first).entry, signature: new Uint8Array(64) }
    for (let index = 0; index < 20; index++) await it.peer.entries(bad)
    assert.equal(it.home.log.lines.filter(({ level }) => level === 'warn').length, 1)
  })

  it('leaves at most so many lines in the log of one link', async () => {
    await using it = await scene()
    for (let index = 0; index < limits.refusals + 20; index++) {
      await it.peer.entries({
        ...seal(it.alice, it.conversation, `${index}`, it.first).entry,
        signature: new Uint8Array(64),
      })
    }
    assert.equal(it.home.log.lines.filter(({ level }) => level === 'warn').length, limits.refusals)
  })
})

describe('an entry with a gap before it', () => {
  it('is dropped and asked for again', async () => {
    await using it = await scene()
    const second = seal(it.alice, it.conversation, 'second', it.first)
    const third = seal(it.alice, it.conversation, 'third', second)
    await it.peer.entries(third.entry)
    const { value } = await it.peer.hear('want')
    assert.equal(value.known[0]?.seq, 1n)
    await it.peer.entries(second.entry, third.entry)
    await it.home.until('all', async () => (await it.home.texts(it.alice)).length === 3)
  })
})

describe('a log in several branches', () => {
  it('is taken whole, whether another branch begins at its start or behind an entry', async () => {
    await using it = await scene()
    const other = seal(it.alice, it.conversation, 'other first')
    await it.peer.entries(other.entry)
    const second = seal(it.alice, it.conversation, 'behind the other', other)
    await it.peer.entries(second.entry)
    const behindFirst = seal(it.alice, it.conversation, 'behind the first', it.first)
    await it.peer.entries(behindFirst.entry)
    await it.peer.entries(seal(it.alice, it.conversation, 'another behind the other', other).entry)
    await it.home.until('all', async () => (await it.home.texts(it.alice)).length === 5)
    const merged = seal(it.alice, it.conversation, 'merged', undefined, {
      seq: 3,
      prev: [second.hash, behindFirst.hash],
    })
    await it.peer.entries(merged.entry)
    await it.home.until('the merged one', async () => (await it.home.texts(it.alice)).length === 6)
    assert.deepEqual(
      it.home.log.lines.filter(({ text }) => !/two states/.test(text)),
      [],
    )
  })

  it('is told to people while it is so', async () => {
    await using it = await scene()
    await it.peer.entries(seal(it.alice, it.conversation, 'other first').entry)
    const problem = () => it.home.conversations.get(it.conversation)?.problem
    await it.home.until('told', () => problem() !== undefined)
    assert.match(problem() ?? '', /alice.*copy/)
  })

  it('has at most eight of them: what begins another is refused, and the next good one flows', async () => {
    await using it = await scene()
    const branches = [it.first, ...Array.from({ length: 8 }, (_, index) => seal(it.alice, it.conversation, `${index}`))]
    for (const { entry } of branches.slice(1)) await it.peer.entries(entry)
    assert.equal((await it.peer.hear('refuse')).value.code, 'fork')
    const merged = seal(it.alice, it.conversation, 'merged', undefined, {
      seq: 2,
      prev: branches.slice(0, 8).map(({ hash }) => hash),
    })
    await it.peer.entries(merged.entry)
    await it.home.until('merged', async () => (await it.home.texts(it.alice)).includes('merged'))
  })

  it('of one’s own is fetched and goes on from all of its heads', async () => {
    await using home = await Home.open(person('bob'))
    const alice = person('alice')
    using first = new BarePeer(alice, home)
    await first.have()
    await home.send(alice, 'mine')
    first[Symbol.dispose]()
    using again = new BarePeer(alice, home)
    const elsewhere = seal(home.person, again.conversation, 'from a copy of the home')
    await again.have({ seq: 1, hash: elsewhere.hash, device: home.person })
    assert.match((await home.send(alice, 'waits')).position, /^outbox/)
    await again.hear('want')
    await again.entries(elsewhere.entry)
    await home.until('sealed', async () =>
      (await home.messages(alice)).every(({ position }) => !/^outbox/.test(position)),
    )
    assert.deepEqual((await home.texts(alice)).toSorted(), ['from a copy of the home', 'mine', 'waits'])
    await again.begin()
    await again.want(limits.credit, [], home.person)
    const { value } = await again.hear('entries')
    const last = value.entries.at(-1)
    assert.equal(last && readHeader(last).header.prev.length, 2)
  })
})

describe('a void entry', () => {
  const bodies: Record<string, (scene: Scene) => Entry> = {
    'whose body is not the signed one': ({ alice, conversation, first }) => {
      const { entry } = seal(alice, conversation, 'signed', first)
      return { ...entry, body: altered(entry.body) }
    },
    'whose body cannot be read': ({ alice, conversation, first }) =>
      seal(alice, conversation, '', first, { body: new Uint8Array([255, 255, 255]) }).entry,
    'that says nothing': ({ alice, conversation, first }) =>
      seal(alice, conversation, '', first, { body: new Uint8Array(0) }).entry,
  }
  for (const [what, make] of Object.entries(bodies)) {
    it(`${what} links and shows nothing, and its author is told`, async () => {
      await using it = await scene()
      const entry = make(it)
      await it.peer.entries(entry)
      await it.peer.hear('refuse')
      const ack = await it.peer.hear('ack')
      assert.equal(ack.value.heads[0]?.seq, 2n)
      const before = { entry, seq: 2, hash: ack.value.heads[0]?.hash ?? new Uint8Array() }
      await it.peer.entries(seal(it.alice, it.conversation, 'after', before).entry)
      await it.home.until('the next one', async () => (await it.home.texts(it.alice)).length === 2)
      assert.deepEqual(await it.home.texts(it.alice), ['first', 'after'])
    })
  }

  it('of a kind that is not known is kept and shows nothing, with no word of refusal', async () => {
    await using it = await scene()
    // Field 99 of a body, with three bytes.
    const unknown = new Uint8Array([0x9a, 0x06, 3, 1, 2, 3])
    const body = Buffer.concat([toBinary(BodySchema, create(BodySchema, { message: randomBytes(16) })), unknown])
    const strange = seal(it.alice, it.conversation, '', it.first, { kind: 99, body })
    await it.peer.entries(strange.entry)
    await it.peer.hear('ack')
    assert.deepEqual(await it.home.texts(it.alice), ['first'])
    assert.equal(
      it.peer.heard.some(({ case: heard }) => heard === 'refuse'),
      false,
    )
    const { rows } = await it.home.storage.list(`log/${it.conversation}/`, { limit: 10 })
    assert.ok(rows.some(([, value]) => Buffer.from(value).includes(Buffer.from(strange.entry.body))))
  })
})

describe('a message sealed twice', () => {
  it('is shown once, in the same frame and later, and both entries link', async () => {
    await using it = await scene()
    const body = encodeText(messageId(new Uint8Array(16).fill(3)), Date.now(), 'once')
    const run = [seal(it.alice, it.conversation, '', it.first, { body })]
    for (let index = 0; index < 2; index++) run.push(seal(it.alice, it.conversation, '', run.at(-1), { body }))
    await it.peer.entries(...run.slice(0, 2).map(({ entry }) => entry))
    await it.peer.hear('ack')
    await it.peer.entries(...run.slice(2).map(({ entry }) => entry))
    assert.equal((await it.peer.hear('ack')).value.heads[0]?.seq, 4n)
    assert.deepEqual(await it.home.texts(it.alice), ['first', 'once'])
    assert.equal(it.home.conversations.list()[0]?.count, 2)
  })
})

describe('an entry from the future', () => {
  it('a day ahead shows nothing and does not move this clock, its author is told, and the next ten flow', async () => {
    await using it = await scene()
    const ahead = seal(it.alice, it.conversation, 'ahead', it.first, { time: timeOf(Date.now() + 24 * 3600_000) })
    const run = [ahead]
    for (let index = 0; index < 10; index++) run.push(seal(it.alice, it.conversation, `good ${index}`, run.at(-1)))
    await it.peer.entries(...run.map(({ entry }) => entry))
    await it.home.until('the good ones', async () => (await it.home.texts(it.alice)).length === 11)
    assert.equal((await it.peer.hear('refuse')).value.code, 'clock')
    assert.ok(it.home.clock.next() < timeOf(Date.now() + 60_000))
  })

  it('less than ten minutes ahead is shown', async () => {
    await using it = await scene()
    await it.peer.entries(
      seal(it.alice, it.conversation, 'soon', it.first, { time: timeOf(Date.now() + 500_000) }).entry,
    )
    await it.home.until('shown', async () => (await it.home.texts(it.alice)).includes('soon'))
  })
})

describe('a message that a guard refuses', () => {
  it('is not shown, its author is told, and the next ten flow', async () => {
    await using home = await Home.open(person('bob'), undefined, undefined, {
      guard: async (_, { said }) =>
        'text' in said && said.text.includes('buy')
          ? { code: 'bad-message', message: 'No advertising here.' }
          : undefined,
    })
    const alice = person('alice')
    using peer = new BarePeer(alice, home)
    const run = [seal(alice, peer.conversation, 'buy this')]
    for (let index = 0; index < 10; index++) run.push(seal(alice, peer.conversation, `good ${index}`, run.at(-1)))
    await peer.entries(...run.map(({ entry }) => entry))
    await home.until('the good ones', async () => (await home.texts(alice)).length === 10)
    const { value } = await peer.hear('refuse')
    assert.deepEqual([value.code, value.seq, value.message], ['bad-message', 1n, 'No advertising here.'])
  })
})

describe('a conversation of others', () => {
  it('is refused, and nothing is made of it', async () => {
    await using it = await scene()
    const conversation = fromText(conversationOf(it.alice, person('carol')))
    await it.peer.say({ case: 'have', value: create(HaveSchema, { conversation, full: true }) })
    assert.equal((await it.peer.hear('refuse')).value.code, 'stranger')
    assert.equal(it.home.conversations.list().length, 1)
  })

  it('of exactly these two begins with the first message of either', async () => {
    await using home = await Home.open(person('bob'))
    using peer = new BarePeer(person('alice'), home)
    await peer.have()
    await peer.hear('ack')
    assert.deepEqual(home.conversations.list(), [])
    await peer.entries(seal(peer.person, peer.conversation, 'hello').entry)
    await peer.hear('ack')
    assert.equal(home.conversations.list()[0]?.lastLine, 'hello')
  })
})
