import assert from 'node:assert/strict'
import type { MessageInfo } from '@parley/daemon/protocol/control'
import fc from 'fast-check'
import { limits } from '../../../../../extension/surface/limits.ts'
import {
  type Held,
  keyOf,
  nothingHeld,
  trimmed,
  withNewer,
  withOlder,
  withTold,
} from '../../../../../extension/surface/model/held.ts'
import { conversationOf, message, positionOf } from '../../../../support/surface/messages.ts'

describe('the messages that a surface holds', () => {
  const all = conversationOf(1000)
  const some = (from: number, to: number): Held => ({
    messages: all.slice(from, to),
    moreBefore: from > 0,
    moreAfter: to < all.length,
  })

  it('puts pages at both ends, and knows when there are no more', () => {
    const older = withOlder(some(60, 120), { messages: all.slice(0, 60), more: false })
    assert.deepEqual(older, some(0, 120))
    assert.deepEqual(withNewer(some(900, 960), { messages: all.slice(960), more: false }), some(900, 1000))
  })

  it('shows a message once, whether it comes with a page or is told', () => {
    const held = withTold(some(900, 1000), [message(1000), message(1000), all[999] ?? message(999)])
    assert.equal(held.messages.length, 101)
    assert.equal(withOlder(held, { messages: all.slice(850, 920), more: true }).messages.length, 151)
  })

  it('moves a queued message to its place once it has one', () => {
    const queued = message(1, { mine: true, state: 'queued', position: 'outbox/00000000001' })
    const waiting = withTold(nothingHeld, [queued])
    const between = withTold(waiting, [message(5, { mine: false })])
    assert.deepEqual(between.messages.map(keyOf), [keyOf(message(5, { mine: false })), keyOf(queued)])
    const sealed = withTold(between, [{ ...queued, position: positionOf(3) }])
    assert.deepEqual(sealed.messages.map(keyOf), [keyOf(queued), keyOf(message(5, { mine: false }))])
  })

  it('drops what is gone, wherever it was', () => {
    const held = withTold(some(900, 1000), [{ ...(all[950] ?? message(950)), gone: true }])
    assert.deepEqual(
      held.messages,
      some(900, 1000).messages.filter((_, index) => index !== 50),
    )
    assert.equal(withTold(held, [{ ...(all[10] ?? message(10)), gone: true }]), held)
    const queued = message(1, { mine: true, state: 'queued', position: 'outbox/00000000001' })
    const dropped = withTold(withTold(nothingHeld, [queued]), [{ ...queued, position: positionOf(4), gone: true }])
    assert.deepEqual(dropped.messages, [])
  })

  it('takes nothing back: what was read before comes after what was told', () => {
    const delivered = message(3, { mine: true, state: 'delivered' })
    const held = withTold(nothingHeld, [delivered])
    const sealed = { ...delivered, state: 'queued' as const }
    const queued = { ...sealed, position: 'outbox/00000000001' }
    assert.equal(withOlder(held, { messages: [sealed], more: false }).messages[0], delivered)
    assert.equal(withTold(held, [queued]).messages[0], delivered)
    assert.equal(withTold(withTold(nothingHeld, [queued]), [sealed]).messages[0], sealed)
  })

  it('leaves to their page what is told of elsewhere', () => {
    const held = some(100, 200)
    assert.equal(withTold(held, [message(1000), message(50)]), held)
    assert.equal(withTold(some(900, 1000), [message(1000)]).messages.length, 101)
  })

  it('drops the farther end when it holds too much', () => {
    const reading = trimmed(some(200, 200 + limits.held + 1), positionOf(230))
    assert.equal(reading.messages.length, limits.heldAfterTrim)
    assert.equal(reading.messages[0], all[200], 'above the message in sight nothing has to go')
    assert.equal(reading.moreAfter, true)
    const atEnd = trimmed(some(1000 - limits.held - 1, 1000), undefined)
    assert.deepEqual([atEnd.messages.at(-1), atEnd.moreAfter, atEnd.moreBefore], [all[999], false, true])
  })

  it('holds few of the longest messages, the one in sight always', () => {
    const long = 'x'.repeat(100_000)
    const held = { ...some(0, 100), messages: all.slice(0, 100).map(one => ({ ...one, text: long })) }
    const less = trimmed(held, positionOf(50))
    assert.ok(less.messages.length * long.length <= limits.heldCharacters)
    assert.ok(less.messages.some(({ position }) => position === positionOf(50)))
    assert.deepEqual([less.moreBefore, less.moreAfter], [true, true])
    const giant = { ...some(0, 1), messages: [{ ...message(0), text: 'x'.repeat(limits.heldCharacters + 1) }] }
    assert.equal(trimmed(giant, undefined).messages.length, 1)
  })

  it('comes to the same, in whatever order news and pages come', () => {
    const news = fc.array(
      fc.tuple(fc.nat(30), fc.constantFrom('waits', 'queued', 'delivered')).map(([number, is]) =>
        message(number, {
          mine: true,
          state: is === 'delivered' ? is : 'queued',
          ...(is === 'waits' ? { position: `outbox/${String(number).padStart(11, '0')}` } : {}),
        }),
      ),
      { maxLength: 40 },
    )
    const taken = (held: Held) => held.messages.map(({ message, position, state }) => [message, position, state])
    fc.assert(
      fc.property(news, fc.nat(), (told, turn) => {
        const inOrder = withTold(nothingHeld, told)
        const other = [...told.slice(turn % 40), ...told.slice(0, turn % 40)].reduce(
          (held, one) => withTold(held, [one]),
          nothingHeld,
        )
        assert.deepEqual(taken(inOrder), taken(other))
        const positions = inOrder.messages.map(({ position }) => position)
        assert.deepEqual(positions, positions.toSorted())
      }),
    )
  })

  it('never has a gap, however one scrolls and whatever comes', () => {
    const step = fc.oneof(
      fc.constantFrom('older' as const, 'newer' as const, 'new' as const),
      fc.nat(limits.page).map(place => ({ place })),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const conversation = conversationOf(700)
        let held: Held = { messages: conversation.slice(-60), moreBefore: true, moreAfter: false }
        let around: string | undefined
        for (const next of steps) {
          const numberOf = (one: MessageInfo | undefined) => (one ? conversation.indexOf(one) : -1)
          const first = numberOf(held.messages.at(0))
          const last = numberOf(held.messages.at(-1))
          if (next === 'older' && held.moreBefore) {
            const from = Math.max(0, first - limits.page)
            held = withOlder(held, { messages: conversation.slice(from, first), more: from > 0 })
          } else if (next === 'newer' && held.moreAfter) {
            const to = last + 1 + limits.page
            held = withNewer(held, {
              messages: conversation.slice(last + 1, to),
              more: to < conversation.length,
            })
          } else if (next === 'new') {
            const arrived = message(conversation.length)
            conversation.push(arrived)
            held = withTold(held, [arrived])
          } else if (typeof next === 'object') {
            around = held.messages[next.place]?.position
          }
          held = trimmed(held, around)
          const from = numberOf(held.messages[0])
          assert.deepEqual(held.messages, conversation.slice(from, from + held.messages.length))
          assert.equal(held.moreBefore, from > 0)
          assert.equal(held.moreAfter, from + held.messages.length < conversation.length)
          assert.ok(held.messages.length <= limits.held)
        }
      }),
    )
  })
})
