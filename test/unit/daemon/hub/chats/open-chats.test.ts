import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import { OpenChats } from '../../../../../daemon/src/hub/chats/open-chats.ts'
import { RowSaver } from '../../../../../daemon/src/hub/chats/row-saver.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { conversationId } from '../../../../../daemon/src/protocol/ids.ts'

const chat = (n: number) => conversationId(new Uint8Array(32).fill(n))

describe('the chats that are open in a place', () => {
  it('are there after a restart, each once, in their order', async () => {
    const storage = openMemoryStorage()
    const open = await OpenChats.open(storage, new RowSaver(storage))
    assert.deepEqual(open.at('here'), [])
    await open.save('here', [chat(2), chat(1), chat(2)])
    await open.save('there', [chat(3)])
    await open.save('there', [])
    const again = await OpenChats.open(storage, new RowSaver(storage))
    assert.deepEqual([again.at('here'), again.at('there')], [[chat(2), chat(1)], []])
  })

  it('are forgotten by age: the place saved longest ago first', async () => {
    const storage = openMemoryStorage()
    const saver = new RowSaver(storage, 0)
    const open = await OpenChats.open(storage, saver)
    const most = Array.from({ length: limits.openChats + 5 }, (_, n) => chat(n))
    // The longest keys of the widest characters: the row must fit into storage all the same.
    const place = (n: number) => `${n}`.padStart(limits.placeKey, '世')
    for (let n = 0; n < limits.openPlaces; n++) void open.save(place(n), most)
    void open.save(place(0), most)
    await open.save(place(limits.openPlaces), most)
    const again = await OpenChats.open(storage, saver)
    assert.deepEqual(
      [0, 1, 2, limits.openPlaces].map(n => again.at(place(n)).length),
      [limits.openChats, 0, limits.openChats, limits.openChats],
    )
    await saver.close()
  })
})
