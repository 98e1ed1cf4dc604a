import assert from 'node:assert/strict'
import { isWanted, noticeName, noticeText } from '../../../../extension/src/notify/words.ts'
import { message, person } from '../../../support/front-hub.ts'

const notice = (text: string, displayName = 'Bob Larsen') => ({
  conversation: 'with-bob',
  person: person('bob', { displayName }),
  message: message('p1', { text }),
})

describe('what a notification says', () => {
  it('is who wrote, and what, on one line', () => {
    assert.equal(noticeName(notice('x')), '\u2068Bob Larsen\u2069')
    assert.equal(noticeText(notice('hello\nthere')), 'hello there')
    assert.equal(Array.from(noticeText(notice('x'.repeat(100_000)))).length, 120)
  })

  it('is place and code of a shared block', () => {
    assert.equal(noticeText(notice('```ts src/a.ts:3-4\nreturn 1\n```\nlook')), 'src/a.ts:3-4 return 1 look')
  })

  it('runs no command, shows no icon and turns nothing around', () => {
    const hostile = notice('[Free](command:quit) $(alert) \u202eevil\u001b[31m', '\u202e[Bob](command:quit)')
    assert.equal(noticeText(hostile), '[Free] (command:quit) $ (alert) evil')
    assert.equal(noticeName(hostile), '\u2068[Bob] (command:quit)\u2069')
  })
})

describe('whether one is told of a message', () => {
  const wanted = (setting: 'off' | 'direct' | 'all', kind: 'direct' | 'room', text = 'hi', change = {}) =>
    isWanted(setting, { message: message('p1', { text, ...change }), ...(kind === 'room' && { room: 'ci' }) }, 'al.ice')

  it('is as the setting says', () => {
    assert.equal(wanted('all', 'room'), true)
    assert.equal(wanted('direct', 'direct'), true)
    assert.equal(wanted('direct', 'room'), false)
    assert.equal(wanted('off', 'direct', '@al.ice'), false)
  })

  it('is so when the hub says that the message names one, as `@all` does', () => {
    assert.equal(wanted('direct', 'room', '@all', { mentionsMe: true }), true)
  })

  it('is so when the message is to one by name', () => {
    for (const text of ['@al.ice look', 'hey @AL.ICE.', '(@al.ice)']) assert.equal(wanted('direct', 'room', text), true)
    for (const text of ['@alxice', '@al.ices', 'x@al.ice', '@al.ice.b', '@@al.ice', 'al.ice']) {
      assert.equal(wanted('direct', 'room', text), false, text)
    }
  })
})
