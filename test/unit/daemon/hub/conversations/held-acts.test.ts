import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import type { ConversationId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, Home, type Person, person } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'

const open: Home[] = []

async function people(...names: string[]): Promise<RoomPerson[]> {
  const homes = await Promise.all(names.map(name => Home.open(person(name))))
  open.push(...homes)
  return homes.map(home => new RoomPerson(home))
}

/** Ann founds a room and invites both, cas only from then on; cas takes what ann says, and bob hears of his invitation alone. */
async function roomOf(ann: RoomPerson, bob: RoomPerson, cas: RoomPerson): Promise<ConversationId> {
  const room = await ann.found('Tea', 'from-invitation')
  await ann.invite(room, bob.person)
  const toBob = connect(ann.home, bob.home)
  await bob.stands(room, bob.person, 'invited')
  toBob.cut()
  await ann.invite(room, cas.person, ann.heads(room))
  connect(ann.home, cas.home)
  await cas.stands(room, cas.person, 'invited')
  await cas.join(room)
  await ann.stands(room, cas.person, 'member')
  for (const text of ['one', 'two', 'three']) await ann.send(room, text)
  await cas.showsTexts(room, ['one', 'two', 'three'])
  return room
}

/** The highest number that somebody has of one's log. */
function topAt(who: RoomPerson, room: ConversationId, of: Person): number {
  return Math.max(0, ...who.heads(room, of).map(({ seq }) => seq))
}

describe('membership entries that are held by themselves', () => {
  afterEach(async () => {
    for (const home of open.splice(0)) await home.stop()
  })

  it('begin a log that nobody who is left has from its beginning', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob, cas)
    const said = topAt(ann, room, ann.person)
    await ann.act(room, { is: 'leaving', cut: ann.heads(room, ann.person) })
    await cas.stands(room, cas.person, 'owner')
    await ann.home.stop()
    await bob.join(room)
    connect(bob.home, cas.home)
    await bob.showsTexts(room, ['one', 'two', 'three'])
    assert.ok(topAt(bob, room, ann.person) >= said)
    await bob.home.restart()
    await bob.showsTexts(room, ['one', 'two', 'three'])
  })

  it('begin the own log of a home that was put back, where only somebody invited later has the rest', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob, cas)
    const said = topAt(ann, room, ann.person)
    await ann.home.restart(openMemoryStorage())
    connect(ann.home, cas.home)
    await ann.showsTexts(room, ['one', 'two', 'three'])
    assert.equal(topAt(ann, room, ann.person), said)
    assert.deepEqual(ann.heads(room, ann.person), cas.heads(room, ann.person))
    await ann.send(room, 'four')
    await cas.showsTexts(room, ['one', 'two', 'three', 'four'])
    assert.equal(ann.heads(room, ann.person).length, 1)
    assert.deepEqual(ann.heads(room, ann.person), cas.heads(room, ann.person))
  })
})
