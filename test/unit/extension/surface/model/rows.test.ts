import assert from 'node:assert/strict'
import type { MessageInfo } from '@parley/daemon/protocol/control'
import { type Row, rowsOf } from '../../../../../extension/surface/model/rows.ts'
import type { Unsent } from '../../../../../extension/surface/model/unsent.ts'
import { alice, conversationOf, message, now, positionOf } from '../../../../support/surface/messages.ts'

const minute = 60_000

describe('the rows of a chat', () => {
  const rows = (
    messages: readonly MessageInfo[],
    more: Partial<{ moreBefore: boolean; moreAfter: boolean; unsent: readonly Unsent[]; newLine: string }> = {},
  ): readonly Row[] => {
    const { moreBefore = false, moreAfter = false, unsent = [], newLine } = more
    return rowsOf({ held: { messages, moreBefore, moreAfter }, unsent, self: alice, newLine })
  }
  const from = (mine: boolean, number: number, written: number, given: Partial<MessageInfo> = {}) =>
    message(number, { mine, written, ...given })

  it('names the author once for what is written within five minutes', () => {
    const shown = rows([
      from(true, 1, now),
      from(true, 2, now + 4 * minute),
      from(true, 3, now + 10 * minute),
      from(false, 4, now + 10 * minute),
    ])
    assert.deepEqual(
      shown.map(({ hasHead }) => hasHead),
      [true, false, true, true],
    )
  })

  it('begins each day with its date', () => {
    const day = 24 * 60 * minute
    const shown = rows([from(true, 1, now - day), from(true, 2, now - day), from(true, 3, now)])
    assert.deepEqual(
      shown.map(row => row.day !== undefined),
      [true, false, true],
    )
    assert.equal(shown[2]?.hasHead, true)
  })

  it('says the date of a message that was written the day before and got its place today', () => {
    const day = 24 * 60 * minute
    const shown = rows([from(false, 1, now), from(true, 2, now - day), from(false, 3, now)])
    assert.deepEqual(
      shown.map(({ day, isOtherDay }) => [day !== undefined, isOtherDay]),
      [
        [true, false],
        [false, true],
        [false, false],
      ],
    )
  })

  it('puts the New line above the first unread message of somebody else', () => {
    const shown = rows([from(false, 1, now), from(false, 2, now), from(true, 3, now)], { newLine: positionOf(2) })
    assert.deepEqual(
      shown.map(({ isNew, hasHead }) => [isNew, hasHead]),
      [
        [false, true],
        [true, true],
        [false, true],
      ],
    )
    const below = rows([from(false, 1, now), from(false, 2, now)], { newLine: positionOf(0), moreBefore: true })
    assert.ok(!below.some(({ isNew }) => isNew), 'the line is above all that is held')
  })

  it('says what is true beside the last message that it is true of', () => {
    const queued = { state: 'queued' as const }
    const unsent: Unsent[] = [
      { message: 'u1', text: 'one', written: now, standing: { is: 'failed', why: 'No.' } },
      { message: 'u2', text: 'two', written: now, standing: { is: 'failed', why: 'No.' } },
      { message: 'u3', text: 'three', written: now, standing: { is: 'sending' } },
      { message: 'u4', text: 'four', written: now, standing: { is: 'sending' } },
    ]
    const shown = rows(
      [from(true, 1, now), from(true, 2, now), from(true, 3, now, queued), from(true, 4, now, queued)],
      { unsent },
    )
    assert.deepEqual(
      shown.filter(({ isStandingSaid }) => isStandingSaid).map(({ message }) => message),
      [message(2).message, message(4).message, 'u1', 'u2', 'u4'],
    )
  })

  it('shows what waits here once, when the hub has it already', () => {
    const sent = from(true, 1, now)
    const unsent: Unsent[] = [{ message: sent.message, text: sent.text, written: now, standing: { is: 'sending' } }]
    assert.equal(rows([sent], { unsent }).length, 1)
    assert.equal(rows([], { unsent })[0]?.key, rows([sent])[0]?.key, 'it is the same row before and after')
  })

  it('shows what waits here only at the end of the conversation', () => {
    const unsent: Unsent[] = [{ message: 'u', text: 'u', written: now, standing: { is: 'sending' } }]
    assert.equal(rows([from(true, 1, now)], { unsent, moreAfter: true }).length, 1)
  })

  it('looks the same with and without the page before: nothing in sight changes its height', () => {
    const all = conversationOf(200)
    const shown = rows(all.slice(100), { moreBefore: true })
    const more = rows(all.slice(40), { moreBefore: true })
    assert.equal(shown.length, 99)
    assert.deepEqual(more.slice(-shown.length), shown)
  })

  it('knows where the conversation begins', () => {
    const all = conversationOf(3)
    assert.deepEqual(
      rows(all).map(({ isFirst }) => isFirst),
      [true, false, false],
    )
    assert.ok(!rows(all, { moreBefore: true }).some(({ isFirst }) => isFirst))
  })
})
