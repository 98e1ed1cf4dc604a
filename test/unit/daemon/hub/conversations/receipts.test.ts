import assert from 'node:assert/strict'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type Marks, marksOf, type UserMarks, withMark } from '../../../../../daemon/src/hub/conversations/marks.ts'
import { type MarkLink, Receipts } from '../../../../../daemon/src/hub/conversations/receipts.ts'
import { conversationId, type DeviceId, type UserId } from '../../../../../daemon/src/protocol/ids.ts'
import { publicKeyOf } from '../../../../../daemon/src/protocol/keys.ts'
import { signMark } from '../../../../../daemon/src/protocol/marks.ts'
import { type Event, EventSchema, MarksSchema, type Signed } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { type Person, person } from '../../../../support/conversations.ts'
import { testLog } from '../../../../support/links.ts'
import { until } from '../../../../support/wait.ts'

const conversation = conversationId(new Uint8Array(32).fill(1))
const ends = new Map<DeviceId, string>()

/** The marks of one conversation at one device, without the conversation. */
class Side implements Disposable {
  readonly person: Person
  readonly marks = new Map<UserId, UserMarks>()
  readonly receipts: Receipts
  readonly log = testLog()
  readonly members: readonly Person[]
  areOn = true
  commits = 0

  constructor(owner: Person, members: readonly Person[]) {
    this.person = owner
    this.members = members
    const side = this
    this.receipts = new Receipts(
      {
        conversation,
        user: owner.user,
        marks: this.marks as Marks,
        get areOn() {
          return side.areOn
        },
        acked: new Map(),
        isOwn: device => device === owner.account.device,
        acknowledge: () => {},
        isMember: user => members.some(member => member.user === user),
        keyOf: device => {
          const found = members.find(member => member.account.device === device)
          return found && { user: found.user, key: publicKeyOf(found.account.spki) }
        },
        commit: ({ user, signed, read }) => {
          const next = withMark(this.marks.get(user), signed, read)
          if (next === undefined) return
          this.commits++
          this.marks.set(user, next)
          this.receipts.changed(user)
        },
        log: this.log,
      },
      { own: 1, gossip: 1 },
    )
  }

  /** The person here reads on. */
  read(of: Person, seq: number): void {
    const read = new Map<DeviceId, number>([[of.account.device, seq]])
    this.marks.set(this.person.user, marksOf([this.sign(read)]))
    this.receipts.changed(this.person.user)
  }

  sign(read: ReadonlyMap<DeviceId, number>): Signed {
    const { user, account } = this.person
    return signMark({ conversation, user, device: account.device, read, ends }, account.privateKey)
  }

  seen(who: Person, of: Person): number {
    return this.marks.get(who.user)?.read.get(of.account.device) ?? 0
  }

  tell(marks: readonly Signed[]): Promise<'forged' | 'taken'> {
    const link = { user: this.person.user, device: this.person.account.device, wake: () => {} }
    return this.receipts.take(link, create(MarksSchema, { conversation: new Uint8Array(32), marks: [...marks] }))
  }

  [Symbol.dispose](): void {
    this.receipts.close()
  }
}

/** Links two sides and compares their digests, as a link does when it comes up. */
function link(a: Side, b: Side) {
  const frames: Event['is'][] = []
  const end = (from: Side, to: Side, back: () => MarkLink): MarkLink => {
    const here: MarkLink = {
      user: to.person.user,
      device: to.person.account.device,
      wake: () =>
        void setImmediate(() => {
          const is = from.receipts.next(here)
          if (is === undefined) return
          frames.push(is)
          const read = fromBinary(EventSchema, toBinary(EventSchema, create(EventSchema, { is }))).is
          if (read.case === 'marks') void to.receipts.take(back(), read.value)
          here.wake()
        }),
    }
    return here
  }
  const atA: MarkLink = end(a, b, () => atB)
  const atB: MarkLink = end(b, a, () => atA)
  a.receipts.join(atA)
  b.receipts.join(atB)
  const digests = [a.receipts.digestFor(b.person.user), b.receipts.digestFor(a.person.user)] as const
  if (Buffer.compare(...digests) !== 0) {
    a.receipts.differ(atA)
    b.receipts.differ(atB)
  }
  return {
    frames,
    cut() {
      a.receipts.leave(atA)
      b.receipts.leave(atB)
    },
  }
}

describe('receipts', () => {
  const [alice, bob, carol] = [person('alice'), person('bob'), person('carol')]
  const all = [alice, bob, carol]

  it('tell the other one how far one has read, and never that one has read less', async () => {
    using a = new Side(alice, all)
    using b = new Side(bob, all)
    link(a, b)
    a.read(bob, 3)
    await until('bob knows', () => b.seen(alice, bob) === 3)
    a.read(bob, 2)
    await a.tell([])
    await until('it was told', () => a.seen(alice, bob) === 2)
    assert.equal(b.seen(alice, bob), 3)
  })

  it('catch up when a link comes up, and are silent where both know the same', async () => {
    using a = new Side(alice, all)
    using b = new Side(bob, all)
    a.read(bob, 3)
    b.read(alice, 5)
    link(a, b).frames
    await until('both know', () => b.seen(alice, bob) === 3 && a.seen(bob, alice) === 5)
    const { frames } = link(b, a)
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    assert.deepEqual(frames, [])
  })

  it('go to nobody else while they are off', async () => {
    using a = new Side(alice, all)
    using phone = new Side({ ...person('phone'), user: alice.user }, [...all])
    using b = new Side(bob, all)
    a.areOn = false
    const { frames } = link(a, b)
    link(a, phone)
    a.read(bob, 3)
    await until('the own other device knows', () => phone.seen(alice, bob) === 3)
    b.read(alice, 1)
    await until('what others tell comes', () => a.seen(bob, alice) === 1)
    assert.equal(b.seen(alice, bob), 0)
    assert.equal(frames.length, 1)
  })

  it('are told after all once whoever has read is known to take part', async () => {
    const known = [bob]
    using a = new Side(alice, known)
    using phone = new Side({ ...person('phone'), user: alice.user }, all)
    const { frames } = link(a, phone)
    a.read(bob, 3)
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    assert.deepEqual(frames, [])
    known.push(alice)
    a.receipts.membersChanged()
    await until('the own other device knows', () => phone.seen(alice, bob) === 3)
  })

  it('reach those of a room who are not linked with whoever has read', async () => {
    using a = new Side(alice, all)
    using b = new Side(bob, all)
    using c = new Side(carol, all)
    link(a, b)
    link(b, c)
    a.read(carol, 4)
    await until('carol knows', () => c.seen(alice, carol) === 4)
    assert.equal(c.marks.get(alice.user)?.signed[0]?.signature.length, 64)
    assert.deepEqual([a.commits, b.commits, c.commits], [0, 1, 1], 'it ends there')
  })

  it('that are forged, of another conversation, or of somebody else change nothing', async () => {
    using b = new Side(bob, [alice, bob])
    using a = new Side(alice, all)
    const read = new Map([[bob.account.device, 9]])
    const good = a.sign(read)
    const { user, account } = alice
    const stranger = person('eve')
    const elsewhere = conversationId(new Uint8Array(32).fill(2))
    const forged = [
      { ...good, signature: new Uint8Array(64) },
      { ...good, payload: good.payload.subarray(1) },
      signMark({ conversation: elsewhere, user, device: account.device, read, ends }, account.privateKey),
      signMark({ conversation, user, device: account.device, read, ends }, stranger.account.privateKey),
      signMark({ conversation, user, device: bob.account.device, read, ends }, bob.account.privateKey),
      signMark({ conversation, user, device: stranger.account.device, read, ends }, stranger.account.privateKey),
      signMark({ conversation, user: carol.user, device: carol.account.device, read, ends }, carol.account.privateKey),
    ]
    for (const mark of forged) await b.tell([mark])
    assert.equal(b.commits, 0)
    assert.equal(b.log.lines.length, 4, 'what is forged is logged')
    await b.tell([good])
    await b.tell([good, a.sign(new Map([[bob.account.device, 8]]))])
    assert.deepEqual([b.commits, b.seen(alice, bob)], [1, 9])
  })
})
