import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { readHeader } from '../../../../../daemon/src/protocol/entries.ts'
import { BarePeer } from '../../../../support/bare-peer.ts'
import { connect, Home, person } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'

describe('somebody who was invited behind both branches of a log', () => {
  it('is brought nothing older by naming one of them alone', async () => {
    await using ann = await Home.open(person('ann'))
    await using eve = await Home.open(person('eve'))
    const bob = person('bob')
    const [founder, friend] = [new RoomPerson(ann), new RoomPerson(eve)]
    const room = await founder.found('Tea', 'from-invitation')
    await founder.invite(room, eve.person)
    const early = connect(ann, eve)
    await friend.stands(room, eve.person, 'invited')
    await friend.join(room)
    await founder.stands(room, eve.person, 'member')
    const copy = await copyOf(ann.storage)
    for (const text of ['one', 'two']) await founder.send(room, text)
    await friend.showsTexts(room, ['one', 'two'])
    early.cut()
    await ann.restart(copy)
    for (const text of ['uno', 'due']) await founder.send(room, text)
    await ann.conversations.mail.mailFor(eve.person.user, eve.person.account.device, 100_000)
    connect(ann, eve)
    await founder.showsTexts(room, ['one', 'two', 'uno', 'due'])
    const floors = founder.heads(room, ann.person)
    assert.equal(floors.length, 2)
    const beginning = Math.max(...floors.map(({ seq }) => seq))
    {
      await using home = await Home.open(bob)
      const guest = new RoomPerson(home)
      await founder.invite(room, bob, founder.heads(room))
      connect(ann, home)
      await guest.stands(room, bob, 'invited')
      await guest.join(room)
      await founder.stands(room, bob, 'member')
    }
    for (const floor of floors) {
      using peer = new BarePeer(bob, ann)
      peer.conversation = room
      await peer.want(1_000_000, [{ ...floor, device: ann.person }])
      const { value } = await peer.hear('entries')
      const numbers = value.entries.map(entry => readHeader(entry).header.seq)
      assert.deepEqual(
        numbers.filter(seq => seq <= beginning),
        [],
      )
    }
  })
})

async function copyOf(storage: Storage): Promise<Storage> {
  const copy = openMemoryStorage()
  const { rows } = await storage.list('', { limit: 500 })
  await copy.write(rows.map(([put, value]) => ({ put, value })))
  return copy
}
