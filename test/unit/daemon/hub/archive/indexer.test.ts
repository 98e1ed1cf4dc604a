import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { toBinary } from '@bufbuild/protobuf'
import { readQuery, type SearchIndex } from '@parley/kit'
import { openMemorySearch, openMemoryStorage } from '@parley/storage-memory'
import { Indexer } from '../../../../../daemon/src/hub/archive/indexer.ts'
import { Batch } from '../../../../../daemon/src/hub/conversations/batch.ts'
import { keys, sealedPosition } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { namedRow, newMessageRow } from '../../../../../daemon/src/hub/conversations/rows.ts'
import { Unindexed } from '../../../../../daemon/src/hub/conversations/unindexed.ts'
import { silentLog } from '../../../../../daemon/src/log.ts'
import { timeOf } from '../../../../../daemon/src/protocol/clock.ts'
import { MessageRowSchema } from '../../../../../daemon/src/protocol/hub_rows_pb.ts'
import { conversationId, deviceId, messageId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { until } from '../../../../support/wait.ts'

const conversation = conversationId(randomBytes(32))
const [user, device] = [userId(randomBytes(16)), deviceId(randomBytes(32))]

describe('the indexer', () => {
  it('opens no index where nothing waits for one', async () => {
    const storage = openMemoryStorage()
    let asked = 0
    const index: SearchIndex = { ...bound(openMemorySearch()), identity: async () => `name ${++asked}` }
    const indexer = new Indexer({ storage, index, log: silentLog })
    indexer.start()
    await until('it is done', () => !indexer.isBehind)
    await indexer.close()
    assert.equal(asked, 0)
  })

  it('takes what waits to the index before it lets go of it', async () => {
    const storage = openMemoryStorage()
    const index = openMemorySearch()
    let waitingAtPut: number | undefined
    const put: SearchIndex['put'] = async documents => {
      waitingAtPut ??= (await storage.list(keys.unindexedAll, { limit: 10 })).rows.length
      await index.put(documents)
    }
    await say(storage, 'hello')
    const indexer = new Indexer({ storage, index: { ...bound(index), put }, log: silentLog })
    indexer.start()
    await until('it is found', async () => (await found(index, 'hello')) === 1)
    await until('nothing waits', async () => (await storage.list(keys.unindexedAll, { limit: 10 })).rows.length === 0)
    assert.equal(waitingAtPut, 1)
    await indexer.close()
  })

  it('goes on filling where a hub that was killed has left off, and finds everything once', async () => {
    const storage = openMemoryStorage()
    const index = openMemorySearch()
    for (let count = 0; count < 1500; count++) await say(storage, `number ${count} of many`)
    for (const { rows } of [await storage.list(keys.unindexedAll, { limit: 2000 })]) {
      for (const [key] of rows) await storage.write([{ remove: key }])
    }
    let puts = 0
    // Killed in the middle: what comes after the second batch never arrives.
    const put: SearchIndex['put'] = documents => (++puts > 2 ? new Promise(() => {}) : index.put(documents))
    const first = new Indexer({ storage, index: { ...bound(index), put }, log: silentLog })
    first.start()
    await until('it hangs', () => puts === 3)
    const second = new Indexer({ storage, index, log: silentLog })
    second.start()
    await until('it is filled', () => !second.isBehind)
    assert.equal(await found(index, 'many'), 500)
    assert.equal(await found(index, '"number 1499"'), 1)
    assert.equal(await found(index, '"number 0"'), 1)
    await second.close()
  })

  it('never loops while nothing happens', async () => {
    const storage = openMemoryStorage()
    let lists = 0
    const counting: typeof storage = {
      durable: false,
      get: wanted => storage.get(wanted),
      write: changes => storage.write(changes),
      list: (prefix, range) => {
        lists++
        return storage.list(prefix, range)
      },
    }
    const indexer = new Indexer({ storage: counting, index: openMemorySearch(), log: silentLog, pause: 1 })
    indexer.start()
    await until('it is done', () => !indexer.isBehind)
    indexer.wake()
    await until('it has looked again', () => lists > 2)
    await indexer.settle()
    const before = lists
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    await indexer.settle()
    assert.ok(lists - before <= 1, `${lists - before} looks`)
    await indexer.close()
  })
})

/** Shows a message, as a conversation stores it. */
let clock = 1
async function say(storage: ReturnType<typeof openMemoryStorage>, text: string): Promise<void> {
  const message = messageId(randomBytes(16))
  const position = sealedPosition(timeOf(++clock), device, { seq: clock, hash: randomBytes(32) })
  const batch = new Batch()
  const unindexed = new Unindexed()
  unindexed.note(user, message)
  unindexed.write(batch, conversation)
  const row = newMessageRow(user, { message, written: clock, text })
  batch.put(keys.message(conversation, position), toBinary(MessageRowSchema, row))
  batch.put(keys.named(conversation, user, message), namedRow(position))
  await storage.write(batch.changes)
}

async function found(index: SearchIndex, query: string): Promise<number> {
  return (await index.search({ terms: readQuery(query), limit: 500 })).ids.length
}

/** Its methods, each by itself. */
function bound(index: SearchIndex): SearchIndex {
  return {
    identity: () => index.identity(),
    put: documents => index.put(documents),
    remove: ids => index.remove(ids),
    search: query => index.search(query),
    clear: () => index.clear(),
  }
}
