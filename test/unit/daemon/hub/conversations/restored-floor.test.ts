import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { connect, Home, person } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'
import { until } from '../../../../support/wait.ts'

describe('a home that was put back to before where somebody was invited to begin', () => {
  for (const way of ['over a link', 'by mail'] as const) {
    it(`brings them ${way} what it writes before its log is as long again, and nothing older`, async () => {
      await using ann = await Home.open(person('ann'))
      await using bob = await Home.open(person('bob'))
      await using eve = await Home.open(person('eve'))
      const [founder, guest, friend] = [new RoomPerson(ann), new RoomPerson(bob), new RoomPerson(eve)]
      const room = await founder.found('Tea', 'from-invitation')
      await founder.invite(room, eve.person)
      const early = connect(ann, eve)
      await friend.stands(room, eve.person, 'invited')
      await friend.join(room)
      await founder.stands(room, eve.person, 'member')
      await founder.send(room, 'before')
      await friend.showsTexts(room, ['before'])
      early.cut()
      const copy = await copyOf(ann.storage)
      for (const text of ['one', 'two', 'three', 'four']) await founder.send(room, text)
      // What the mailbox is to carry has its place in the log, though nobody holds it.
      await ann.conversations.mail.mailFor(eve.person.user, eve.person.account.device, 100_000)
      await founder.invite(room, bob.person, founder.heads(room))
      const wire = connect(ann, bob)
      await guest.stands(room, bob.person, 'invited')
      await guest.join(room)
      await founder.stands(room, bob.person, 'member')
      wire.cut()
      await ann.restart(copy)
      const again = connect(ann, bob)
      await founder.stands(room, bob.person, 'member')
      again.cut()
      await founder.send(room, 'where were we?')
      const { user, account } = bob.person
      const lot = await ann.conversations.mail.mailFor(user, account.device, 100_000)
      if (way === 'over a link') connect(ann, bob)
      else
        await bob.conversations.mail.take(
          { ...ann.person, device: ann.person.account.device },
          room,
          lot?.entries ?? [],
        )
      await guest.showsTexts(room, ['where were we?'])
      if (way === 'by mail') return
      const { device } = ann.person.account
      await until('it is delivered', () => ann.conversations.room(room)?.queued === 0)
      assert.equal(bob.conversations.headsOf(room).get(device)?.length, 2)
    })
  }
})

async function copyOf(storage: Storage): Promise<Storage> {
  const copy = openMemoryStorage()
  const { rows } = await storage.list('', { limit: 500 })
  await copy.write(rows.map(([put, value]) => ({ put, value })))
  return copy
}
