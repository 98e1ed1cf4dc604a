import assert from 'node:assert/strict'
import type { ListPage, ListRange } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { limits } from '../../../../../daemon/src/limits.ts'
import { connect, Home, person } from '../../../../support/conversations.ts'
import { FaultyStorage } from '../../../../support/faulty-storage.ts'

describe('a history of large messages', () => {
  it('is read no further than a page of it goes, sealed or queued', async () => {
    const storage = new Measured(openMemoryStorage())
    await using alice = await Home.open(person('alice'), storage)
    await using bob = await Home.open(person('bob'))
    const texts = Array.from({ length: 60 }, (_, index) => `${index}`.padEnd(limits.text, '.'))
    for (const text of texts) await alice.send(bob.person, text)
    for (const isSealed of [false, true]) {
      if (isSealed) {
        connect(alice, bob)
        await alice.delivered(bob.person)
      }
      storage.largest = 0
      assert.deepEqual(await alice.texts(bob.person), texts)
      assert.ok(storage.largest < 2 * limits.historyBytes, `${storage.largest} bytes in one read`)
    }
  })
})

class Measured extends FaultyStorage {
  /** Bytes of the largest answer to a list. */
  largest = 0

  override async list(prefix: string, range: ListRange): Promise<ListPage> {
    const page = await super.list(prefix, range)
    const bytes = page.rows.reduce((sum, [, value]) => sum + value.length, 0)
    this.largest = Math.max(this.largest, bytes)
    return page
  }
}
