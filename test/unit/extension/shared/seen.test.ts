import assert from 'node:assert/strict'
import { lastSeen, nextDay, presenceWord, standingWords } from '../../../../extension/src/shared/seen.ts'

/** Local times, whatever zone the tests run in. */
const at = (text: string) => new Date(text).getTime()
const seen = (since: string, now: string, locale = 'en-GB') => lastSeen(at(since), { now: at(now), locale })

describe('words for when somebody was seen last', () => {
  it('are a time for today and yesterday, a weekday for a week, then a date', () => {
    const now = '2026-05-20T12:00'
    assert.equal(seen('2026-05-20T00:00', now), 'last seen 00:00')
    assert.equal(seen('2026-05-20T09:05', now), 'last seen 09:05')
    assert.equal(seen('2026-05-19T23:59', now), 'last seen yesterday 23:59')
    assert.equal(seen('2026-05-18T18:04', now), 'last seen Monday 18:04')
    assert.equal(seen('2026-05-14T18:04', now), 'last seen Thursday 18:04')
    assert.equal(seen('2026-05-13T18:04', now), 'last seen 13 May')
    assert.equal(seen('2025-12-31T23:59', now), 'last seen 31 Dec 2025')
  })

  it('go by the calendar, also on days that have 23 or 25 hours', () => {
    assert.equal(seen('2026-03-28T23:30', '2026-03-29T23:30'), 'last seen yesterday 23:30')
    assert.equal(seen('2026-10-25T00:30', '2026-10-25T23:30'), 'last seen 00:30')
    assert.equal(seen('2026-10-24T23:30', '2026-10-25T23:30'), 'last seen yesterday 23:30')
  })

  it('take a time ahead of this computer’s clock for one of today', () => {
    assert.equal(seen('2026-05-21T00:01', '2026-05-20T23:59'), 'last seen 00:01')
  })

  it('are in the language of the editor, and in some language where that is no language', () => {
    assert.match(seen('2026-05-18T18:04', '2026-05-20T12:00', 'de'), /Montag 18:04/)
    assert.match(seen('2026-05-20T09:05', '2026-05-20T12:00', 'no such language!'), /^last seen /)
  })

  it('are plain where nothing is known, and said only of those who are offline', () => {
    const when = { now: at('2026-05-20T12:00'), locale: 'en-GB' }
    assert.equal(standingWords({ status: 'offline', since: 0 }, when), 'offline')
    assert.equal(standingWords({ status: 'offline', since: at('2026-05-20T09:05') }, when), 'last seen 09:05')
    for (const status of ['online', 'away', 'busy'] as const) {
      assert.equal(standingWords({ status, since: 1 }, when), presenceWord(status))
    }
  })

  it('change at midnight', () => {
    assert.equal(nextDay(at('2026-05-20T12:00')), at('2026-05-21T00:00'))
    assert.equal(nextDay(at('2026-12-31T23:59')), at('2027-01-01T00:00'))
    assert.equal(nextDay(at('2026-10-25T00:00')), at('2026-10-26T00:00'))
  })
})
