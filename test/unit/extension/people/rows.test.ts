import assert from 'node:assert/strict'
import {
  byPresence,
  changedRows,
  rowOf,
  spoken,
  tooltipOf,
  unreadByUser,
} from '../../../../extension/src/people/rows.ts'
import { conversation, person } from '../../../support/front-hub.ts'

const now = new Date('2026-05-20T12:00').getTime()
const when = { now, locale: 'en-GB' }
const yesterday = new Date('2026-05-19T18:04').getTime()
const names = (people: ReturnType<typeof byPresence>) => people.map(({ name }) => name)

describe('the rows of people', () => {
  it('show who is there first, then who was here last, then by name', () => {
    const people = [
      person('long-gone', { status: 'offline', since: 5 }),
      person('never', { status: 'offline' }),
      person('ever', { status: 'offline' }),
      person('just-gone', { status: 'offline', since: 9 }),
      person('awa', { status: 'away', since: 100 }),
      person('busy', { status: 'busy' }),
      person('zoe', { displayName: 'Zoë 10' }),
      person('ann', { displayName: 'zoe 9' }),
      person('same2', { displayName: 'Same' }),
      person('same1', { displayName: 'Same' }),
    ]
    const expected = ['same1', 'same2', 'ann', 'zoe', 'busy', 'awa', 'just-gone', 'long-gone', 'ever', 'never']
    assert.deepEqual(names(byPresence(people, 'en')), expected)
    assert.deepEqual(names(byPresence(people.toReversed(), 'no such language!')), expected)
  })

  it('say a name, how somebody stands and what was not read, on the line, on hovering and aloud', () => {
    const bob = person('bob', { displayName: 'Bob Larsen', status: 'offline', since: yesterday })
    const row = rowOf(bob, { count: 3, isMuted: false }, when)
    assert.deepEqual([row.name, row.standing], ['Bob Larsen', 'last seen yesterday 18:04'])
    assert.equal(spoken(row), 'Bob Larsen, last seen yesterday 18:04, 3 unread messages')
    assert.equal(
      tooltipOf(row, when),
      '\u2068Bob Larsen\u2069 (@bob)\nlast seen yesterday 18:04 · Tuesday, 19 May 2026 at 18:04\n3 unread messages',
    )
    const away = rowOf(person('cy', { status: 'away' }), undefined, when)
    assert.equal(spoken(away), 'cy, away')
    assert.equal(tooltipOf(away, when), '\u2068cy\u2069 (@cy)\naway')
  })

  it('keep what others chose on one harmless line', () => {
    const evil = person('evil', { displayName: `\u202e\u001b[31m${'a\n'.repeat(100_000)}` })
    const row = rowOf(evil, undefined, when)
    assert.ok(row.name.length <= 64)
    assert.doesNotMatch(`${row.name}${spoken(row)}`, /[\p{Cc}\u202e]/u)
    assert.equal(rowOf(person('blank', { displayName: '\u200b' }), undefined, when).name, 'blank')
  })

  it('count what was not read by person', () => {
    const unread = unreadByUser([
      conversation('bob', { unread: 2 }),
      conversation('carol', { unread: 5, muted: true }),
      conversation('dave'),
    ])
    assert.deepEqual(
      [...unread],
      [
        ['user-bob', { count: 2, isMuted: false }],
        ['user-carol', { count: 5, isMuted: true }],
      ],
    )
  })

  it('are drawn again only when something that they show is different', () => {
    const [bob, gone] = [person('bob', { since: 7 }), person('gone', { status: 'offline', since: now })]
    const rows = (...of: ReturnType<typeof rowOf>[]) => new Map(of.map(row => [row.user, row]))
    const [row, other] = [rowOf(bob, undefined, when), rowOf(gone, undefined, when)]
    const before = rows(row, other)
    assert.deepEqual(changedRows(before, rows(rowOf({ ...bob }, undefined, when), other)), [])
    for (const changed of [
      rowOf({ ...bob, status: 'busy' }, undefined, when),
      rowOf({ ...bob, displayName: 'Bob' }, undefined, when),
      rowOf({ ...bob, since: 8 }, undefined, when),
      rowOf(bob, { count: 1, isMuted: false }, when),
    ]) {
      assert.deepEqual(changedRows(before, rows(changed, other)), ['user-bob'])
    }
    const tomorrow = { ...when, now: now + 24 * 3600_000 }
    assert.deepEqual(changedRows(before, rows(row, rowOf(gone, undefined, tomorrow))), ['user-gone'])
    assert.equal(changedRows(before, rows(other, row)), 'order')
    assert.equal(changedRows(before, rows(row)), 'order')
    assert.equal(changedRows(before, rows(row, rowOf(person('new'), undefined, when))), 'order')
  })
})
