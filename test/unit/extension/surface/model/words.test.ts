import assert from 'node:assert/strict'
import { toText } from '../../../../../daemon/src/protocol/ids.ts'
import { lastSeen } from '../../../../../extension/src/shared/seen.ts'
import { limits } from '../../../../../extension/surface/limits.ts'
import { announcement } from '../../../../../extension/surface/model/announce.ts'
import { datesIn } from '../../../../../extension/surface/model/dates.ts'
import { base32, newMessageId } from '../../../../../extension/surface/model/ids.ts'
import { noticeOf, whyNotWritten } from '../../../../../extension/surface/model/notice.ts'
import { plainText } from '../../../../../extension/surface/model/plain.ts'
import { viewOf } from '../../../../support/surface/messages.ts'

describe('message ids', () => {
  it('are written as the hub writes them', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index * 37)
    assert.equal(base32(bytes), toText(bytes))
    assert.match(newMessageId(), /^[a-z2-7]{26}$/)
    assert.notEqual(newMessageId(), newMessageId())
  })
})

describe('days and times', () => {
  const at = (day: number, hour = 9) => new Date(2026, 1, day, hour, 41).getTime()

  it('are named from today on', () => {
    const { day, time } = datesIn('en-GB')
    assert.equal(day(at(6), at(6, 23)), 'Today')
    assert.equal(day(at(5, 23), at(6, 0)), 'Yesterday')
    assert.equal(day(at(4), at(6)), 'Wednesday 4 February')
    assert.equal(day(new Date(2024, 0, 1).getTime(), at(6)), 'Monday, 1 January 2024')
    assert.equal(time(at(6)), '09:41')
  })

  it('are the same as in the lists, and short where the time above tells the half of the day', () => {
    const { time, shortTime } = datesIn('en')
    const now = at(6)
    assert.equal(lastSeen(now, { now, locale: 'en' }), `last seen ${time(now)}`)
    assert.match(time(now), /^9:41\sAM$/)
    assert.equal(shortTime(now), '9:41')
    assert.match(datesIn('ar-EG').shortTime(now), /^٩:٤١$/)
    assert.equal(datesIn('ko').shortTime(now), '9:41')
  })

  it('are in the language of the editor, whatever it is called', () => {
    assert.equal(datesIn('de').day(at(4), at(6)), 'Mittwoch, 4. Februar')
    assert.doesNotThrow(() => datesIn('not a language').time(at(6)))
  })
})

describe('a message as it is read aloud', () => {
  it('has no marks of formatting, and code only by name', () => {
    assert.equal(
      plainText('**Look** at `this`:\n\n```ts\nconst a = 1\n```\nand [that](https://example.com)', 200),
      'Look at this: code and that',
    )
    assert.equal(plainText('> quoted\n\n- one\n- two\n# three', 200), 'quoted one two three')
  })

  it('ends soon, at a whole character', () => {
    const long = plainText('word '.repeat(50_000), 200)
    assert.ok(long.length <= 200 && long.endsWith('…'), long)
    assert.equal(plainText('😀'.repeat(200), 10), `${'😀'.repeat(4)}…`)
  })

  it('cannot turn the direction of what follows', () => {
    assert.equal(plainText('a\u202eb\u2066c\u0007d', 200), 'abcd')
  })

  it('is announced with its author, many of them as a number', () => {
    const heard = { name: 'Bob', text: 'hi' }
    assert.equal(announcement([heard, heard]), 'Bob: hi\nBob: hi')
    const many = Array.from({ length: limits.announcedSingly + 1 }, () => heard)
    assert.equal(announcement(many), '4 new messages from Bob')
  })
})

describe('the bar of a chat', () => {
  it('is not there while all is well', () => {
    assert.equal(noticeOf(viewOf()), undefined)
  })

  it('speaks of the nearest cause', () => {
    const failed = noticeOf(
      viewOf({ hub: { is: 'failed', why: 'It ends at once.' }, account: { state: 'unreachable' } }),
    )
    assert.equal(failed?.text, 'It ends at once.')
    assert.deepEqual(
      failed?.actions.map(({ label }) => label),
      ['Restart', 'Show log'],
    )
  })

  it('says what becomes of what is written', () => {
    const alone = { conversation: { linked: false }, account: { state: 'unreachable' as const } }
    assert.equal(
      noticeOf(viewOf(alone))?.text,
      'You are offline. What you write is sent when Acme can be reached again.',
    )
    assert.match(noticeOf(viewOf({ account: { state: 'unreachable' } }))?.text ?? '', /still connected with Bob Larsen/)
  })

  it('has a person decide about a changed key, whatever the team is doing', () => {
    const view = viewOf({ person: { trust: 'changed' }, account: { state: 'unreachable' } })
    const notice = noticeOf(view)
    assert.match(notice?.text ?? '', /Nothing is sent to them or shown of theirs/)
    assert.deepEqual(
      notice?.actions.map(({ what }) => what),
      ['verify', 'acceptKey'],
    )
    assert.match(whyNotWritten(view) ?? '', /key has changed/)
    assert.equal(whyNotWritten(viewOf()), undefined)
  })

  it('says that somebody is blocked, and that a device waits', () => {
    const blocked = viewOf({ person: { isBlocked: true } })
    assert.deepEqual(
      [noticeOf(blocked)?.actions[0]?.what, whyNotWritten(blocked)],
      ['unblock', 'You have blocked Bob Larsen'],
    )
    const pending = viewOf({ account: { state: 'pending' } })
    assert.deepEqual([noticeOf(pending)?.actions[0]?.what, whyNotWritten(pending)], ['showPending', undefined])
  })

  it('leaves one alone with people of no team, whatever one’s own is doing', () => {
    const person = { via: 'direct', address: '192.0.2.7:5858' } as const
    assert.equal(noticeOf(viewOf({ person, account: { state: 'unreachable' } })), undefined)
  })

  it('never shows offline as signed out', () => {
    const texts = (['connecting', 'unreachable'] as const).map(state => noticeOf(viewOf({ account: { state } })))
    for (const notice of texts) {
      assert.equal(notice?.is, 'quiet')
      assert.doesNotMatch(notice.text, /sign/i)
    }
    assert.deepEqual(
      noticeOf(viewOf({ account: { state: 'signed-out' } }))?.actions.map(({ what }) => what),
      ['signIn'],
    )
  })
})
