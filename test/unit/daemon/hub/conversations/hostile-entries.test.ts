import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { encodeText } from '../../../../../daemon/src/protocol/bodies.ts'
import { timeOf } from '../../../../../daemon/src/protocol/clock.ts'
import { type ConversationId, fromText, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { encodeAct } from '../../../../../daemon/src/protocol/membership-bodies.ts'
import { EntriesSchema, type Entry } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { BarePeer, type Sealed, seal } from '../../../../support/bare-peer.ts'
import { connect, conversationOf, Home, type Person, person, withDevice } from '../../../../support/conversations.ts'
import { linkPair } from '../../../../support/links.ts'
import { RoomPerson } from '../../../../support/rooms.ts'

const day = 24 * 3_600_000

describe('an entry that must not be shown, over a link', () => {
  const open: AsyncDisposable[] = []

  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })

  for (const where of ['a direct chat', 'a room'] as const) {
    describe(`in ${where}`, () => {
      it('that is forged: it is told and logged, and the next ten flow', async () => {
        const scene = await begin(where)
        const { mallory, last } = scene
        const other = { ...mallory, account: { ...mallory.account, privateKey: person('x').account.privateKey } }
        await scene.sends(seal(other, scene.conversation, 'forged', last).entry)
        await scene.isRefused('bad-signature', last.seq + 1)
        await scene.tenFlow(last)
      })

      it('whose words are altered: it is told and logged, and the next ten flow behind it', async () => {
        const scene = await begin(where)
        const bad = seal(scene.mallory, scene.conversation, 'altered', scene.last)
        await scene.sends({ ...bad.entry, body: altered(bad.entry.body) })
        await scene.isRefused('forged', bad.seq)
        await scene.tenFlow(bad)
      })

      it('whose header is altered: it is told and logged, and the next ten flow', async () => {
        const scene = await begin(where)
        const { entry } = seal(scene.mallory, scene.conversation, 'altered', scene.last)
        const twin = seal(scene.mallory, scene.conversation, 'altered', scene.last)
        await scene.sends({ ...entry, header: twin.entry.header, body: twin.entry.body, salt: twin.entry.salt })
        await scene.isRefused('bad-signature', scene.last.seq + 1)
        await scene.tenFlow(scene.last)
      })

      it('that is replayed, or says again what was said: it is shown once, and the next ten flow', async () => {
        const scene = await begin(where)
        const body = encodeText(messageId(randomBytes(16)), Date.now(), 'said once')
        const once = seal(scene.mallory, scene.conversation, '', scene.last, { body })
        for (let count = 0; count < 3; count++) await scene.sends(once.entry, scene.last.entry)
        const again = seal(scene.mallory, scene.conversation, '', once, { body })
        await scene.sends(again.entry, once.entry)
        await scene.tenFlow(again, ['said once'])
        assert.deepEqual(scene.warnings, [], 'whoever sends something twice does nothing wrong')
      })

      it('of another conversation: it is told and logged, and the next ten flow', async () => {
        const scene = await begin(where)
        const elsewhere = conversationOf(scene.mallory, person('carol'))
        const bad = seal(scene.mallory, elsewhere, 'elsewhere')
        await scene.sends(bad.entry)
        await scene.isRefused('forged')
        const value = create(EntriesSchema, { conversation: fromText(elsewhere), entries: [bad.entry] })
        await scene.peer.say({ case: 'entries', value })
        await scene.isRefused('stranger')
        await scene.tenFlow(scene.last)
      })

      it('that is dated a day ahead: it is told and logged, and the next ten flow behind it', async () => {
        const scene = await begin(where)
        const time = timeOf(Date.now() + day)
        const bad = seal(scene.mallory, scene.conversation, 'from tomorrow', scene.last, { time })
        await scene.sends(bad.entry)
        await scene.isRefused('clock', bad.seq)
        await scene.tenFlow(bad)
        assert.ok(scene.home.clock.next() < timeOf(Date.now() + 60_000), 'no clock is moved by it')
      })

      it('that a guard refuses: it is told and logged, and the next ten flow behind it', async () => {
        const scene = await begin(where)
        const bad = seal(scene.mallory, scene.conversation, 'buy this', scene.last)
        await scene.sends(bad.entry)
        await scene.isRefused('bad-message', bad.seq)
        await scene.tenFlow(bad)
      })
    })
  }

  it('by a removed member, dated before the removal, who brings it: it is told and logged, and the next ten of others flow', async () => {
    const scene = await begin('a room')
    const time = timeOf(Date.now())
    await scene.bob.remove(scene.conversation, scene.mallory)
    await scene.sends(seal(scene.mallory, scene.conversation, 'just before', scene.last, { time }).entry)
    await scene.isRefused('not-member')
    await using carol = await scene.other()
    await carol.tenFlow(carol.last)
  })

  it('by a removed member, dated before the removal, whom another member brings: it is told and logged, and the next ten flow', async () => {
    const scene = await begin('a room')
    const time = timeOf(Date.now())
    await scene.bob.remove(scene.conversation, scene.mallory)
    await using carol = await scene.other()
    const bad = seal(scene.mallory, scene.conversation, 'just before', scene.last, { time })
    await carol.sends(bad.entry)
    await carol.isRefused('stranger', bad.seq)
    await carol.tenFlow(carol.last)
  })

  it('by a revoked device, dated before the revocation: it is told and logged, and the next ten of the other device flow', async () => {
    const scene = await begin('a direct chat')
    const { mallory, last, conversation } = scene
    const phone = withDevice(mallory)
    const time = timeOf(Date.now() - 60_000)
    const before = seal(phone, conversation, 'from my phone', undefined, { time })
    const { device, spki: key } = phone.account
    const cut = [{ device, seq: before.seq, hash: before.hash }]
    const body = encodeAct({ is: 'revocation', device, key, cut }, messageId(randomBytes(16)), Date.now())
    const revoked = seal(mallory, conversation, '', last, { kind: 39, body })
    const bad = seal(phone, conversation, 'stolen', before, { time: time + 1n })
    await scene.sends(before.entry, revoked.entry, bad.entry)
    await scene.isRefused('device-denied', bad.seq)
    await scene.tenFlow(revoked, ['from my phone'])
  })

  /** Bob's home, which is honest, and mallory at the other end of a link, who has said one good thing. */
  async function begin(where: 'a direct chat' | 'a room'): Promise<RoomScene> {
    const home = await Home.open(person('bob'), undefined, undefined, { guard })
    open.push(home)
    if (where === 'a room') return roomScene(home)
    const mallory = person('mallory')
    const scene = await Scene.begin(home, mallory, conversationOf(home.person, mallory), undefined)
    open.push(scene)
    return Object.assign(scene, { bob: new RoomPerson(home), other: async () => scene })
  }

  async function roomScene(home: Home): Promise<RoomScene> {
    const bob = new RoomPerson(home)
    const room = await bob.found('Tea')
    const joined: Sealed[] = []
    const people = [person('mallory'), person('carol')] as const
    for (const who of people) {
      await bob.invite(room, who)
      const member = new RoomPerson(await Home.open(who))
      connect(home, member.home)
      await member.stands(room, who, 'invited')
      await member.join(room)
      await home.until('they have joined', () => home.conversations.headsOf(room).has(who.account.device))
      await member.home.stop()
      const [head] = home.conversations.headsOf(room).get(who.account.device) ?? []
      assert.ok(head)
      joined.push({ ...head, entry: seal(who, room, 'unused').entry })
    }
    const [mallory, carol] = people
    const scene = await Scene.begin(home, mallory, room, joined[0])
    open.push(scene)
    return Object.assign(scene, { bob, other: () => Scene.begin(home, carol, room, joined[1], 'carol is here') })
  }
})

type RoomScene = Scene & { readonly bob: RoomPerson; readonly other: () => Promise<Scene> }

/** One at the far end of a real link to an honest home, who says what a test has them say. */
class Scene implements AsyncDisposable {
  readonly home: Home
  readonly mallory: Person
  readonly conversation: ConversationId
  readonly peer: BarePeer
  readonly #pair: AsyncDisposable
  /** The last good entry that they have written. */
  readonly last: Sealed
  /** What the home showed before. */
  #shown: readonly string[] = []

  private constructor(home: Home, who: Person, peer: BarePeer, pair: AsyncDisposable, last: Sealed) {
    this.home = home
    this.mallory = who
    this.conversation = peer.conversation
    this.peer = peer
    this.#pair = pair
    this.last = last
  }

  static async begin(home: Home, who: Person, conversation: ConversationId, before?: Sealed, words = 'first') {
    const pair = await linkPair()
    const peer = new BarePeer(who, home, undefined, pair)
    peer.conversation = conversation
    await peer.begin()
    const first = seal(who, conversation, words, before)
    const scene = new Scene(home, who, peer, pair, first)
    await peer.entries(first.entry)
    await home.until('the first is there', async () => (await scene.#texts()).includes(words))
    scene.#shown = await scene.#texts()
    return scene
  }

  /** What the log has warned of. */
  get warnings(): readonly string[] {
    return this.home.log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ text }) => text)
  }

  async sends(...entries: Entry[]): Promise<void> {
    await this.peer.entries(...entries)
  }

  /** They are told that something was not accepted, and why, once; and so is the log. */
  async isRefused(code: string, seq = 0): Promise<void> {
    const { value } = await this.peer.hear('refuse')
    assert.deepEqual([value.code, Number(value.seq)], [code, seq])
    assert.match(value.message, /^[A-Z].*\.$/)
    const lines = this.home.log.lines.filter(({ level, about }) => {
      return level === 'warn' && 'code' in about && about.code === code
    })
    assert.equal(lines.length, 1)
    assert.match(lines[0]?.text ?? '', /refused/)
  }

  /** Ten good entries behind `before` are acknowledged and shown, and with them nothing but what was there and `also`. */
  async tenFlow(before: Sealed, also: readonly string[] = []): Promise<void> {
    const run = [before]
    for (let number = 0; number < 10; number++) {
      run.push(seal(this.mallory, this.conversation, `good ${number}`, run.at(-1)))
    }
    await this.peer.entries(...run.slice(1).map(({ entry }) => entry))
    await this.home.until('the good ones', async () => (await this.#texts()).includes('good 9'))
    const expected = [...this.#shown, ...also, ...run.slice(1).map((_, number) => `good ${number}`)].sort()
    assert.deepEqual((await this.#texts()).toSorted(), expected)
    const last = run.at(-1)
    for (let acknowledged = -1; acknowledged !== last?.seq; ) {
      const { value } = await this.peer.hear('ack')
      acknowledged = Number(value.heads.find(({ hash }) => Buffer.compare(hash, last?.hash ?? hash) === 0)?.seq ?? -1)
    }
    await this.home.restart()
    assert.deepEqual((await this.#texts()).toSorted(), expected, 'after a restart')
  }

  async #texts(): Promise<string[]> {
    const { messages } = await this.home.conversations.history(this.conversation, { limit: 200 })
    return messages.filter(({ event }) => !event).map(({ text }) => text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer[Symbol.dispose]()
    await this.#pair[Symbol.asyncDispose]()
  }
}

/** Refuses what advertises. */
const guard: NonNullable<NonNullable<Parameters<typeof Home.open>[3]>['guard']> = async (_, { said }) => {
  const isBad = 'text' in said && said.text.includes('buy')
  return isBad ? { code: 'bad-message', message: 'No advertising here.' } : undefined
}

function altered(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (byte, index) => (index === 5 ? byte ^ 1 : byte))
}
