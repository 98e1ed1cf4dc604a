import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { StoredMessage } from '../../../../../daemon/src/hub/conversations/types.ts'
import type { Deed } from '../../../../../daemon/src/protocol/bodies.ts'
import { type ConversationId, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, Home, person } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'

describe('what members of a room do with messages', () => {
  const open: Home[] = []

  afterEach(async () => {
    for (const home of open.splice(0)) await home.stop()
  })

  it('is what each may: anybody reacts, an admin deletes what others wrote, nobody else', async () => {
    const { room, ann, bob, cas } = await threeInARoom()
    await cas.send(room, 'rude')
    await bob.showsTexts(room, ['rude'])
    await ann.showsTexts(room, ['rude'])
    const rude = await messageOf(bob, room, 'rude')
    await act(bob, room, { is: 'reaction', target: rude, emoji: '🙄', isOff: false })
    await assert.rejects(act(bob, room, { is: 'deletion', target: rude, entries: [] }), { code: 'bad-message' })
    await ann.act(room, { is: 'role', user: bob.person.user, role: 'admin' })
    await bob.stands(room, bob.person, 'admin')
    await act(bob, room, { is: 'deletion', target: rude, entries: [] })
    for (const each of [ann, bob, cas]) await showsDeleted(each, room)
    assert.doesNotMatch(await logs(ann.home), /rude/)
    assert.doesNotMatch(await logs(cas.home), /rude/)
  })

  it('is withdrawn with its author beyond the cut of a removal', async () => {
    const { room, ann, bob, cas } = await threeInARoom()
    await bob.send(room, 'before')
    for (const each of [ann, cas]) await each.showsTexts(room, ['before'])
    const before = await messageOf(ann, room, 'before')
    const cut = ann.heads(room, cas.person)
    await act(cas, room, { is: 'reaction', target: before, emoji: '👎', isOff: false })
    await ann.home.until(
      'it has a reaction',
      async () => (await messageOf(ann, room, 'before')).reactions !== undefined,
    )
    await ann.act(room, { is: 'removal', user: cas.person.user, cut })
    for (const each of [ann, bob])
      await each.home.until('the reaction counts no longer', async () => {
        return (await messageOf(each, room, 'before')).reactions === undefined
      })
  })

  async function threeInARoom() {
    const [ann, bob, cas] = await Promise.all(
      ['ann', 'bob', 'cas'].map(async name => {
        const home = await Home.open(person(name))
        open.push(home)
        return new RoomPerson(home)
      }),
    )
    assert.ok(ann && bob && cas)
    const room = await ann.found('Tea')
    for (const other of [bob, cas]) {
      await ann.invite(room, other.person)
      connect(ann.home, other.home)
      await other.stands(room, other.person, 'invited')
      await other.join(room)
      await ann.stands(room, other.person, 'member')
    }
    connect(bob.home, cas.home)
    return { room, ann, bob, cas }
  }
})

async function messageOf(who: RoomPerson, room: ConversationId, text: string): Promise<StoredMessage> {
  const { messages } = await who.home.conversations.history(room, { limit: 100 })
  return messages.find(each => each.text === text) ?? assert.fail(`${who.person.name} does not show ${text}`)
}

async function showsDeleted(who: RoomPerson, room: ConversationId): Promise<void> {
  await who.home.until('it is deleted', async () => {
    const { messages } = await who.home.conversations.history(room, { limit: 100 })
    return messages.some(({ deleted }) => deleted)
  })
}

function act(who: RoomPerson, room: ConversationId, deed: Deed): Promise<void> {
  const said = { message: messageId(new Uint8Array(randomBytes(16))), written: Date.now(), act: deed }
  return who.home.conversations.act(room, said)
}

async function logs(home: Home): Promise<string> {
  const { rows } = await home.storage.list('log/', { limit: 1000 })
  return rows.map(([, value]) => Buffer.from(value).toString('latin1')).join('\n')
}
