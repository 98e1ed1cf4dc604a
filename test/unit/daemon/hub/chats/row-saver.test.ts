import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import { RowSaver } from '../../../../../daemon/src/hub/chats/row-saver.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'

const bytes = (text: string) => Buffer.from(text)
const textsOf = async (storage: FaultyStorage, ...keys: string[]) =>
  (await storage.get(keys)).map(value => value && Buffer.from(value).toString())

describe('rows of which only the last state counts', () => {
  it('are written few times, however often they are saved', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const saver = new RowSaver(storage, 100)
    const begun = performance.now()
    for (let n = 0; performance.now() - begun < 350; n++) {
      await Promise.race([saver.save('draft', bytes(`${n}`)), new Promise(resolve => setTimeout(resolve, 5))])
    }
    const most = (performance.now() - begun) / 100 + 1
    await saver.save('draft', bytes('the end'))
    assert.ok(storage.writes <= most + 1, `${storage.writes} writes`)
    assert.deepEqual(await textsOf(storage, 'draft'), ['the end'])
    await saver.close()
  })

  it('go into one write, whichever they are', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const saver = new RowSaver(storage)
    await Promise.all([saver.save('a', bytes('1')), saver.save('b', bytes('2')), saver.save('a', bytes('3'))])
    assert.equal(storage.writes, 1)
    assert.deepEqual(await textsOf(storage, 'a', 'b'), ['3', '2'])
    await saver.save('b', undefined)
    assert.deepEqual(await textsOf(storage, 'a', 'b'), ['3', undefined])
    await saver.close()
  })

  it('go into several writes where they are too much for one', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const saver = new RowSaver(storage)
    const large = new Uint8Array(100 * 1024)
    await Promise.all(Array.from({ length: 100 }, (_, n) => saver.save(`draft/${n}`, large)))
    assert.ok(storage.writes > 1)
    assert.equal((await storage.list('draft/', { limit: 200 })).rows.length, 100)
    await saver.close()
  })

  it('are said to be lost when they could not be written, and go along with the next ones', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const saver = new RowSaver(storage, 1)
    storage.fate = () => 'fail'
    await assert.rejects(saver.save('a', bytes('1')), { code: 'storage', message: /the disk is full/ })
    storage.fate = () => 'commit'
    await saver.save('b', bytes('2'))
    assert.deepEqual(await textsOf(storage, 'a', 'b'), ['1', '2'])
    await saver.close()
  })

  it('are written when it closes, and none after', async () => {
    const storage = new FaultyStorage(openMemoryStorage())
    const saver = new RowSaver(storage, 60_000)
    await saver.save('a', bytes('1'))
    const last = saver.save('a', bytes('2'))
    await saver.close()
    await last
    assert.deepEqual(await textsOf(storage, 'a'), ['2'])
    await assert.rejects(saver.save('a', bytes('3')), { code: 'closed' })
  })
})
