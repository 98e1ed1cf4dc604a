import assert from 'node:assert/strict'
import { inSight, startAt } from '../../../../../extension/surface/list/place.ts'
import { rowsOf } from '../../../../../extension/surface/model/rows.ts'
import { alice, message, now, positionOf } from '../../../../support/surface/messages.ts'

describe('the place in a chat', () => {
  const messages = Array.from({ length: 10 }, (_, number) => message(number, { mine: number > 5, written: now }))
  const rows = (newLine?: string) =>
    rowsOf({ held: { messages, moreBefore: false, moreAfter: false }, unsent: [], self: alice, newLine })
  /** A list whose rows are 10 px high, of which 30 px are in sight. */
  const list = (top: number) => ({
    top,
    seen: 30,
    below: 70 - top,
    indexAt: (offset: number) => Math.min(9, Math.floor(offset / 10)),
    offsetOf: (index: number) => index * 10,
  })
  const keyAt = (number: number) => rows()[number]?.key

  it('begins at the end, at the line, or where one was', () => {
    assert.equal(startAt('latest', rows()), 'end')
    assert.deepEqual(startAt('newLine', rows(positionOf(3))), { key: keyAt(3), align: 'start', offset: 0 })
    const place = { position: positionOf(4), offset: 7 }
    assert.deepEqual(startAt(place, rows()), { key: keyAt(4), align: 'start', offset: 7 })
    assert.equal(startAt('latest', []), 'end')
  })

  it('begins at the next message when the one that was there is gone, and at the end when there is none', () => {
    const gone = rows().filter(({ position }) => position !== positionOf(4))
    assert.deepEqual(startAt({ position: positionOf(4), offset: 7 }, gone), {
      key: keyAt(5),
      align: 'start',
      offset: 0,
    })
    assert.equal(startAt({ position: positionOf(50), offset: 7 }, rows()), 'end')
  })

  it('is the topmost message and how much of it is above the edge', () => {
    assert.deepEqual(inSight(rows(), list(24), false), {
      isAtEnd: false,
      top: { position: positionOf(2), offset: 4 },
      lowest: positionOf(5),
    })
  })

  it('reads up to the lowest message of somebody else', () => {
    assert.equal(inSight(rows(), list(0), false).lowest, positionOf(2))
    assert.equal(inSight(rows(), list(70), true).lowest, positionOf(5))
  })

  it('is never at a queued message, which gets another place', () => {
    const last = message(9, { mine: true, state: 'queued', position: 'outbox/00000000001' })
    const held = { messages: [...messages.slice(0, 9), last], moreBefore: false, moreAfter: false }
    const queued = rowsOf({ held, unsent: [], self: alice })
    assert.deepEqual(inSight(queued, list(95), false).top, { position: positionOf(8), offset: 15 })
  })
})
