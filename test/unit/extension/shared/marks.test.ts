import assert from 'node:assert/strict'
import { flagsOf, listedName, markLines, marksOf } from '../../../../extension/src/shared/marks.ts'
import { addresseeOf } from '../../../../extension/src/shared/person.ts'
import { whomOf } from '../../../../extension/src/shared/whom.ts'
import { conversation, FrontHub, person } from '../../../support/front-hub.ts'

const classic = person('bob', { via: 'classic', address: '192.0.2.9' })
const direct = person('bob', { via: 'direct', address: '192.0.2.7:5858' })

describe('what is to be known of somebody at a glance', () => {
  it('is nothing of one of the team', () => {
    assert.deepEqual(marksOf(person('bob')), [])
    assert.deepEqual(markLines(person('bob')), [])
    assert.equal(listedName(person('bob')), 'bob')
    assert.deepEqual(flagsOf(person('bob')), ['team'])
  })

  it('is of a classic client that the name is claimed, and that nothing is encrypted', () => {
    assert.equal(listedName(classic), 'claims to be bob')
    assert.deepEqual(marksOf(classic), ['not encrypted'])
    assert.match(markLines(classic).join(), /original program at 192\.0\.2\.9/)
    assert.deepEqual(flagsOf(classic), ['classic'])
  })

  it('is of somebody of no team where they are', () => {
    assert.deepEqual(marksOf(direct), ['192.0.2.7:5858'])
    assert.deepEqual(marksOf({ ...direct, address: '\u202eevil\n' }), ['evil'])
  })

  it('is a changed key and a block, and that one has verified somebody only on hovering', () => {
    const changed = person('bob', { trust: 'changed', isBlocked: true })
    assert.deepEqual(marksOf(changed), ['blocked', 'key has changed'])
    assert.deepEqual(flagsOf(changed), ['team', 'changed', 'blocked'])
    const verified = person('bob', { trust: 'verified' })
    assert.deepEqual(marksOf(verified), [])
    assert.match(markLines(verified).join(), /^Verified/)
  })
})

describe('whom a message or a command is for', () => {
  it('is somebody of the team by name, and anybody else by the conversation: they choose their names themselves', () => {
    assert.equal(addresseeOf(conversation('bob')), 'bob')
    assert.equal(addresseeOf(conversation('x', { person: direct })), 'with-x')
  })

  it('is found by a conversation or a user id, and by nothing else', () => {
    const hub = new FrontHub()
    hub.setConversations(conversation('bob'))
    hub.setPeople({ people: [person('bob'), person('carol')], online: 0, total: 2 })
    assert.equal(whomOf(hub, 'with-bob').with, 'with-bob')
    assert.equal(whomOf(hub, undefined, 'user-bob').with, 'with-bob')
    assert.deepEqual([whomOf(hub, 'user-carol').with, whomOf(hub, 'user-carol').name], ['carol', 'carol'])
    assert.throws(() => whomOf(hub, 'bob', { user: 'user-bob' }, 7), { code: 'unknown-user' })
  })
})
