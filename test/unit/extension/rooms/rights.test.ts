import assert from 'node:assert/strict'
import type { RoomMember } from '@parley/daemon/protocol/control'
import { actsOn, mayChange, mayInvite } from '../../../../extension/src/rooms/rights.ts'
import { roomOf } from '../../../../extension/src/rooms/room.ts'
import { conversation, FrontHub, person, room } from '../../../support/front-hub.ts'

describe('what one may do in a room', () => {
  const role: Readonly<Record<string, RoomMember['role']>> = {
    olga: 'owner',
    ada: 'admin',
    abe: 'admin',
    mia: 'member',
    ida: 'invited',
  }
  const acts = (self: string, other: string) => {
    const members = Object.entries(role).map(
      ([name, is]): RoomMember => ({ person: person(name), role: is, ...(name === self && { isSelf: true }) }),
    )
    const member = members.find(each => each.person.name === other)
    return member ? actsOn(member, members) : assert.fail(other)
  }

  it('is more than to chat with those who are less senior, for the owner and the admins', () => {
    assert.deepEqual(acts('olga', 'ada'), ['chat', 'makeMember', 'remove'])
    assert.deepEqual(acts('ada', 'abe'), ['chat', 'makeMember', 'remove'])
    assert.deepEqual(acts('ada', 'mia'), ['chat', 'makeAdmin', 'remove'])
    assert.deepEqual(acts('abe', 'ada'), ['chat'])
    assert.deepEqual(acts('mia', 'olga'), ['chat'])
    assert.deepEqual(acts('mia', 'ida'), ['chat', 'takeBack'])
    assert.deepEqual(acts('mia', 'mia'), [])
    assert.deepEqual(acts('nobody', 'mia'), ['chat'])
  })

  it('is to invite for every member, to rename for owner and admins', () => {
    assert.deepEqual((['owner', 'admin', 'member', 'invited', 'left'] as const).map(mayInvite), [
      true,
      true,
      true,
      false,
      false,
    ])
    assert.deepEqual((['owner', 'admin', 'member'] as const).map(mayChange), [true, true, false])
  })
})

describe('the room of a command', () => {
  it('is the first that is one, with a harmless name', () => {
    const hub = new FrontHub()
    hub.setConversations(conversation('bob'), room('ci', { room: { name: '\u202e[ci](command:quit)' } }))
    assert.equal(roomOf(hub, 'with-bob', { id: 'x' }, 'room-ci').name, '[ci] (command:quit)')
    assert.throws(() => roomOf(hub, 'with-bob', undefined), { code: 'usage', message: /Choose a room/ })
  })
})
