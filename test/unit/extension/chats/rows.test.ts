import assert from 'node:assert/strict'
import { byActivity } from '@parley/daemon/protocol/conversation-infos'
import { nextUnread, rowOf, totalUnread } from '../../../../extension/src/chats/rows.ts'
import { conversation, person, room } from '../../../support/front-hub.ts'

const lineOf = (change: Parameters<typeof conversation>[1]) => rowOf(conversation('bob', change)).line

describe('a chat in the list', () => {
  it('says what was said last, and by whom', () => {
    assert.deepEqual(lineOf({ lastLine: 'see you' }), { is: 'theirs', text: 'see you' })
    assert.deepEqual(lineOf({ lastLine: 'see you', lastMine: true }), { is: 'mine', text: 'see you' })
  })

  it('shows of a shared block its place and code', () => {
    assert.equal(lineOf({ lastLine: 'see ```ts src/a.ts:3-4 return 1 ```' }).text, 'see src/a.ts:3-4 return 1')
  })

  it('says what is being written, rather', () => {
    assert.deepEqual(lineOf({ lastLine: 'see you', draft: 'wait\nfor me' }), { is: 'draft', text: 'wait for me' })
    assert.deepEqual(lineOf({ lastLine: 'see you', draft: ' \n ' }), { is: 'theirs', text: 'see you' })
  })

  it('shows harmlessly what others wrote and are called', () => {
    const hostile = person('bob', { displayName: '\u001b[31mBob\u202e\n Larsen' })
    const row = rowOf(conversation('bob', { person: hostile, lastLine: '\u001b[2Jgone\u2066' }))
    assert.equal(row.name, 'Bob Larsen')
    assert.equal(row.line.text, 'gone')
  })

  it('has the user name where nothing of the name can be seen', () => {
    assert.equal(rowOf(conversation('bob', { person: person('bob', { displayName: '\u200b' }) })).name, 'bob')
  })
})

describe('a room in the list', () => {
  it('says who wrote last, how many belong to it, and how one stands', () => {
    const row = rowOf(room('ci', { lastLine: 'green', lastName: 'Bob\u202e', room: { topic: 'the\nbuild' } }))
    assert.deepEqual(row.line, { is: 'theirs', text: 'green', by: 'Bob' })
    assert.deepEqual(row.of, { is: 'room', topic: 'the build', members: 3, standing: 'member', by: '' })
    assert.deepEqual(row.flags, ['room', 'member'])
  })

  it('says who invites', () => {
    const { of } = rowOf(room('ci', { room: { standing: 'invited', by: person('bob', { displayName: 'Bob\u0007' }) } }))
    assert.equal(of.is === 'room' && of.by, 'Bob')
  })
})

describe('the list of chats', () => {
  const bob = conversation('bob', { lastTime: 20 })
  const carol = conversation('carol', { lastTime: 30, unread: 2, muted: true })
  const dana = conversation('dana', { lastTime: 10, unread: 1 })
  const emre = conversation('emre', { lastTime: 5, unread: 4 })
  const farah = conversation('farah')
  const all = [farah, emre, dana, carol, bob]

  it('begins with the one in which something was said last', () => {
    assert.deepEqual(byActivity(all), [carol, bob, dana, emre, farah])
  })

  it('has invitations before what is pinned, and that before the rest', () => {
    const pinned = room('ci', { pinned: true, lastTime: 1 })
    const invited = room('ops', { room: { standing: 'invited' } })
    assert.deepEqual(byActivity([carol, pinned, bob, invited]), [invited, pinned, carol, bob])
  })

  it('leads to what was marked as unread as well', () => {
    const marked = conversation('gus', { isMarkedUnread: true })
    assert.equal(nextUnread([bob, marked], undefined), marked)
  })

  it('counts what is unread and not muted', () => {
    assert.equal(totalUnread(all), 5)
    assert.equal(totalUnread([]), 0)
  })

  it('leads from one unread chat to the next', () => {
    assert.equal(nextUnread(all, undefined), dana)
    assert.equal(nextUnread(all, dana.conversation), emre)
    assert.equal(nextUnread([carol, bob], undefined), carol)
    assert.equal(nextUnread([dana], dana.conversation), dana)
    assert.equal(nextUnread([bob], undefined), undefined)
  })
})
