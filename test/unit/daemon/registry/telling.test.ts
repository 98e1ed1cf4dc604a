import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { encodeFrame } from '../../../../daemon/src/protocol/frames.ts'
import { encodePeople, onlineChangeFrame } from '../../../../daemon/src/protocol/online-frames.ts'
import { OnlineChangeSchema, PersonSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { ChangeLog } from '../../../../daemon/src/registry/change-log.ts'
import { Pages } from '../../../../daemon/src/registry/pages.ts'
import { Turns } from '../../../../daemon/src/registry/turns.ts'

describe('what tells many of each other', () => {
  it('makes frames that are those of the schema, whatever the number and the length', () => {
    for (const number of [0n, 1n, 127n, 128n, 2n ** 40n]) {
      for (const count of [0, 1, 300]) {
        const person = create(PersonSchema, { user: new Uint8Array(16), name: 'alice', status: 'online', since: 5n })
        const people = Array.from({ length: count }, () => person)
        const value = create(OnlineChangeSchema, { number, people, total: 7 })
        const is = {
          case: 'event',
          value: { $typeName: 'parley.v1.Event', is: { case: 'onlineChange', value } },
        } as const
        const whole = encodeFrame({ $typeName: 'parley.v1.Frame', id: 0, is })
        assert.deepEqual(onlineChangeFrame(number, encodePeople(people, 7)), whole)
      }
    }
  })

  describe('a log of changes', () => {
    it('gives who has changed since, each once, up to the end that is asked for', () => {
      const log = new ChangeLog<string>()
      for (const name of 'abcab') log.add(name)
      assert.deepEqual(log.after(0, 5, 10), { items: ['a', 'b', 'c'], upTo: 5 })
      assert.deepEqual(log.after(3, 5, 10), { items: ['a', 'b'], upTo: 5 })
      assert.deepEqual(log.after(0, 2, 10), { items: ['a', 'b'], upTo: 2 })
      assert.deepEqual(log.after(0, 5, 2), { items: ['a', 'b'], upTo: 2 })
      assert.deepEqual(log.after(5, 5, 10), { items: [], upTo: 5 })
    })

    it('never loses a change for whoever lags, and stays short', () => {
      fc.assert(
        fc.property(fc.array(fc.nat(20), { maxLength: 300 }), fc.nat(300), (changes, lag) => {
          const log = new ChangeLog<number>(10)
          const told = Math.min(lag, changes.length)
          for (const [at, item] of changes.entries()) {
            log.add(item)
            if (log.isLong) log.forget(Math.min(told, at + 1))
          }
          const { items, upTo } = log.after(told, log.last, 1000)
          assert.equal(upTo, changes.length)
          assert.deepEqual(new Set(items), new Set(changes.slice(told)))
          assert.ok(log.length <= 10 + 2 * 21 + 1)
        }),
      )
    })
  })

  it('keeps members in pages that are encoded once while nothing changes', () => {
    let encoded = 0
    const encode = (items: readonly number[]) => {
      encoded++
      return Uint8Array.from(items)
    }
    const pages = new Pages<number>(2, encode, 0)
    for (const item of [1, 2, 3]) pages.set(item)
    assert.deepEqual([pages.size, pages.count], [3, 2])
    assert.deepEqual([...pages.page(0, 7).bytes, ...pages.page(1, 7).bytes], [1, 2, 3])
    assert.deepEqual({ ...pages.page(0, 9) }, { bytes: Uint8Array.of(1, 2), at: 9 }, 'still the truth')
    assert.equal(encoded, 2)
    pages.delete(1)
    pages.set(4)
    assert.deepEqual(pages.page(0, 10).bytes, Uint8Array.of(4, 2), 'a free place is taken again')
    assert.equal(encoded, 3)
    const lazy = new Pages<number>(2, encode, 60_000)
    lazy.set(1)
    lazy.page(0, 1)
    lazy.set(2)
    assert.deepEqual(
      [lazy.page(0, 5).bytes, lazy.page(0, 5).at],
      [Uint8Array.of(1), 1],
      'an older page says how old it is',
    )
    lazy.forget(5)
    assert.deepEqual(lazy.page(0, 5).bytes, Uint8Array.of(1, 2))
  })

  it('takes so many turns at a time, in order', async () => {
    const order: number[] = []
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    const turns = new Turns<number>(2, async item => {
      order.push(item)
      await gates[item]?.promise
    })
    for (const item of [0, 1, 2, 3]) turns.add(item)
    assert.deepEqual([order, turns.waiting], [[0, 1], 2])
    gates[1]?.resolve()
    await new Promise(setImmediate)
    assert.deepEqual(order, [0, 1, 2])
    for (const { resolve } of gates) resolve()
    await new Promise(setImmediate)
    assert.deepEqual([order, turns.waiting], [[0, 1, 2, 3], 0])
  })
})
