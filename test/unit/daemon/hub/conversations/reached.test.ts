import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Marks } from '../../../../../daemon/src/hub/conversations/marks.ts'
import {
  changedReach,
  type LogReach,
  Reached,
  type ReachGround,
  stateAt,
} from '../../../../../daemon/src/hub/conversations/reached.ts'
import { type DeviceId, deviceId, type UserId, userId } from '../../../../../daemon/src/protocol/ids.ts'

const device = (number: number) => deviceId(new Uint8Array(32).fill(number))
const user = (number: number) => userId(new Uint8Array(16).fill(number))
const [me, bob, carol] = [user(1), user(2), user(3)]
const [here, phone] = [device(10), device(11)]
/** Device `10 n + i` is of user `n`. */
const ownerOf = (of: DeviceId): UserId | undefined => {
  for (let number = 0; number < 50; number++) if (device(number) === of) return user(Math.floor(number / 10))
  return undefined
}
const committed = (rows: readonly (readonly [number, number])[]) =>
  new Map(rows.map(([number, seq]) => [device(number), new Map([[here, seq]])]))
const marks = (rows: readonly (readonly [UserId, number])[], known = rows): Marks => {
  const are = new Map(known.map(([who, seq]) => [who, new Map([[here, seq]])]))
  return new Map(
    rows.map(([who, seq]) => {
      const read = new Map([[here, seq]])
      return [who, { read, signed: [], ends: new Set<string>(), here: are.get(who) ?? new Map() }]
    }),
  )
}

function reached(changes: Partial<ReachGround>): Reached {
  return new Reached({
    device: here,
    user: me,
    logs: new Map([[here, { seq: 10, time: 100n }]]),
    acked: new Map(),
    posted: new Map(),
    marks: new Map(),
    others: new Map([[bob, 0n]]),
    userOf: ownerOf,
    ...changes,
  })
}

const at = (changes: Partial<ReachGround>): LogReach =>
  reached(changes).reach(new Map()).get(here) ?? { sent: 0, delivered: 0, read: 0 }

describe('how far messages have come', () => {
  it('is nowhere before anybody else has them', () => {
    assert.deepEqual(at({}), { sent: 0, delivered: 0, read: 0 })
    assert.equal(stateAt(new Map(), { device: here, seq: 1 }), 'queued')
    assert.equal(stateAt(new Map(), undefined), 'queued')
  })

  it('is sent once the mailbox or another device of one’s own has them', () => {
    assert.deepEqual(at({ posted: committed([[20, 4]]) }), { sent: 4, delivered: 0, read: 0 })
    assert.deepEqual(at({ acked: committed([[11, 6]]) }), { sent: 6, delivered: 0, read: 0 })
  })

  it('is delivered by any device of theirs, and read by their mark', () => {
    const acked = committed([
      [20, 3],
      [21, 8],
    ])
    assert.deepEqual(at({ acked }), { sent: 8, delivered: 8, read: 0 })
    assert.deepEqual(at({ acked, marks: marks([[bob, 5]]) }), { sent: 8, delivered: 8, read: 5 })
    assert.deepEqual(at({ marks: marks([[bob, 5]]) }), { sent: 5, delivered: 5, read: 5 })
  })

  it('counts what a mark says of messages that are not there for nothing', () => {
    assert.deepEqual(at({ marks: marks([[bob, 99]]) }), { sent: 10, delivered: 10, read: 10 })
    assert.deepEqual(at({ posted: committed([[20, 99]]) }), { sent: 10, delivered: 0, read: 0 })
  })

  it('is not read because a mark says so of what is not known to be the same, unless they have committed it', () => {
    assert.deepEqual(at({ marks: marks([[bob, 8]], []) }), { sent: 0, delivered: 0, read: 0 })
    assert.deepEqual(at({ marks: marks([[bob, 8]], [[bob, 3]]) }), { sent: 3, delivered: 3, read: 3 })
    const acked = committed([[20, 5]])
    assert.deepEqual(at({ acked, marks: marks([[bob, 8]], [[bob, 3]]) }), { sent: 5, delivered: 5, read: 5 })
  })

  it('is what all members have in a room, and sent as soon as one has it', () => {
    const others = new Map([
      [bob, 0n],
      [carol, 50n],
    ])
    const acked = committed([
      [20, 9],
      [30, 4],
    ])
    const read = marks([
      [bob, 2],
      [carol, 3],
    ])
    assert.deepEqual(at({ others, acked, marks: read }), { sent: 9, delivered: 4, read: 2 })
    assert.deepEqual(at({ others: new Map(), acked }), { sent: 9, delivered: 0, read: 0 }, 'there is nobody left')
    assert.equal(at({ others: new Map([...others, [user(4), 101n]]), acked }).delivered, 4, 'who joined later')
  })

  it('counts those who had joined when a message was written', () => {
    const others = new Map([
      [bob, 0n],
      [carol, 50n],
    ])
    const room = reached({ others, acked: committed([[20, 9]]), marks: marks([[bob, 2]]) })
    assert.deepEqual(room.counts({ device: here, seq: 2, time: 49n }), { delivered: 1, read: 1, of: 1 })
    assert.deepEqual(room.counts({ device: here, seq: 3, time: 50n }), { delivered: 1, read: 0, of: 2 })
  })

  it('is sent at least where another device of one’s own wrote them', () => {
    const logs = new Map([[phone, { seq: 3, time: 1n }]])
    assert.deepEqual(reached({ logs }).reach(new Map()).get(phone), { sent: 3, delivered: 0, read: 0 })
  })

  it('never goes back, whoever comes and goes and whatever is forgotten', () => {
    const some = fc.array(fc.tuple(fc.constantFrom(11, 20, 21, 30), fc.nat(12)), { maxLength: 4 })
    const reads = fc.array(fc.tuple(fc.constantFrom(bob, carol), fc.nat(12)), { maxLength: 2 })
    const members = fc.array(fc.tuple(fc.constantFrom(bob, carol), fc.bigInt(0n, 120n)), { maxLength: 2 })
    fc.assert(
      fc.property(fc.array(fc.tuple(some, some, reads, members), { maxLength: 8 }), steps => {
        let reach: ReadonlyMap<DeviceId, LogReach> = new Map()
        for (const [acked, posted, read, others] of steps) {
          const ground = { acked: committed(acked), posted: committed(posted), marks: marks(read) }
          const next = reached({ ...ground, others: new Map(others) }).reach(reach)
          const [was, now] = [reach.get(here), next.get(here)]
          if (was) assert.ok(now && now.sent >= was.sent && now.delivered >= was.delivered && now.read >= was.read)
          if (now) assert.ok(now.sent >= now.delivered && now.delivered >= now.read)
          const changed = changedReach(reach, next)
          for (let seq = 1; seq <= 10; seq++) {
            const place = { device: here, seq }
            if (stateAt(reach, place) === stateAt(next, place)) continue
            assert.ok(
              changed.some(({ from, to }) => from < seq && seq <= to),
              'every change is told',
            )
          }
          reach = next
        }
      }),
    )
  })
})
