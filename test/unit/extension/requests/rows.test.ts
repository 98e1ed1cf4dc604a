import assert from 'node:assert/strict'
import { detailsOf, rowOf, rowsOf, spoken } from '../../../../extension/src/requests/rows.ts'
import { request } from '../../../support/front-hub.ts'

describe('a chat request in the list', () => {
  it('says who asks and from where', () => {
    const row = rowOf(request('zoe', { displayName: 'Zoë' }))
    assert.deepEqual([row.name, row.words], ['Zoë', '192.0.2.7:5858'])
    assert.equal(spoken(row), 'Zoë, 192.0.2.7:5858, wants to chat')
    const details = detailsOf(row).join('\n')
    assert.match(details, /nobody vouches for the name/)
    assert.match(details, /12345 {2}12345 {2}12345\n12345/)
  })

  it('of a classic client says that the name is claimed and nothing encrypted', () => {
    const { safetyNumber: _, ...classic } = request('bob', { kind: 'classic', address: '192.0.2.9' })
    const row = rowOf(classic)
    assert.deepEqual([row.name, row.words, row.digits], ['claims to be bob', '192.0.2.9 · not encrypted', []])
    assert.match(detailsOf(row).join(), /anybody on the way can read and change/)
  })

  it('is harmless, whatever strangers call themselves', () => {
    const row = rowOf(request('x', { displayName: `\u202e\u001b[31m${'a\n'.repeat(100_000)}`, address: 'a\u0007\n' }))
    assert.ok(row.name.length <= 64)
    assert.doesNotMatch(`${row.name}${row.words}${spoken(row)}`, /[\p{Cc}\u202e]/u)
  })

  it('stands above those that came before', () => {
    const rows = rowsOf([request('a', { at: 1 }), request('b', { at: 3 }), request('c', { at: 2 })])
    assert.deepEqual(
      rows.map(({ name }) => name),
      ['b', 'c', 'a'],
    )
  })
})
