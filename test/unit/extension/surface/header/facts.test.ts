import assert from 'node:assert/strict'
import { factsOf, statusOf } from '../../../../../extension/surface/header/facts.ts'
import { viewOf } from '../../../../support/surface/messages.ts'

describe('what the header says', () => {
  const now = new Date(2026, 1, 6, 9, 45).getTime()
  const words = (view: ReturnType<typeof viewOf>) => factsOf(view, { now, locale: 'en-GB' }).map(({ word }) => word)

  it('is how somebody is, how one is connected, and whom one has to believe', () => {
    assert.deepEqual(words(viewOf()), ['online', 'Direct', 'Not verified'])
    const gone = viewOf({ conversation: { linked: false }, person: { status: 'offline', since: 0 } })
    assert.deepEqual(words(gone), ['offline', 'Not connected', 'Not verified'])
  })

  it('does not alarm anybody as long as there is nothing to send', () => {
    const there = (queued: number) => viewOf({ conversation: { linked: false, queued }, person: { status: 'busy' } })
    assert.deepEqual(words(there(0)), ['busy', 'Not verified'])
    assert.deepEqual(words(there(1)), ['busy', 'Connecting', 'Not verified'])
  })

  it('is that messages go through the relay, which sees nothing of them', () => {
    const [, link] = factsOf(viewOf({ conversation: { relayed: true } }), { now, locale: 'en' })
    assert.equal(link?.word, 'Relayed')
    assert.match(link?.sentence ?? '', /relay of Acme, which sees only encrypted bytes/)
  })

  it('is that somebody is verified, or has another key than the one that was', () => {
    const trust = (of: 'verified' | 'changed') =>
      factsOf(viewOf({ person: { trust: of } }), { now, locale: 'en' }).find(({ is }) => is === 'trust')
    assert.deepEqual([trust('verified')?.word, trust('verified')?.icon], ['Verified', 'verified'])
    assert.deepEqual([trust('changed')?.word, trust('changed')?.isWarning], ['Key has changed', true])
    assert.equal(trust('changed')?.action?.what, 'verify')
  })

  it('is of a classic client that nothing is encrypted, and no word on keys that it has not', () => {
    const view = viewOf({ person: { via: 'classic', address: '192.0.2.9' }, conversation: { linked: false } })
    assert.deepEqual(words(view), ['online', 'Not encrypted'])
    assert.match(factsOf(view, { now, locale: 'en' })[1]?.sentence ?? '', /192\.0\.2\.9/)
  })

  it('is known of people of no team though one’s own team is away', () => {
    const direct = { via: 'direct', address: '192.0.2.7:5858' } as const
    const view = viewOf({ person: direct, account: { state: 'unreachable' } })
    assert.deepEqual(words(view), ['online', 'Direct', 'Not verified'])
  })

  it('is when somebody was seen last, once they are gone', () => {
    const since = new Date(2026, 1, 5, 18, 4).getTime()
    const [word] = words(viewOf({ conversation: { linked: false }, person: { status: 'offline', since } }))
    assert.equal(word, 'last seen yesterday 18:04')
  })

  it('claims nothing that this device cannot know', () => {
    const view = viewOf({ account: { state: 'unreachable' }, conversation: { linked: false } })
    assert.deepEqual(words(view).slice(0, 2), ['not known', 'Not connected'])
    assert.equal(statusOf(view), 'offline')
    const stopped = viewOf({ hub: { is: 'failed', why: 'gone' } })
    assert.deepEqual(words(stopped).slice(0, 2), ['not known', 'Not connected'])
  })

  it('explains each of its words in a sentence', () => {
    for (const { sentence } of factsOf(viewOf(), { now, locale: 'en' })) assert.match(sentence, /Bob Larsen.*\.$/)
  })
})
