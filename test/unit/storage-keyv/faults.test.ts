import assert from 'node:assert/strict'
import type { Storage } from '@parley/kit'
import { openKeyvStorage } from '@parley/storage-keyv'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { Redis, redisLack } from '../../support/redis.ts'
import { skip } from '../../support/skip.ts'
import { until } from '../../support/wait.ts'

const deadline = 400
const value = new Uint8Array(300).fill(1)

describe('storage-keyv and a Redis that', () => {
  before(function () {
    const lack = redisLack()
    if (lack) skip(this, lack)
  })

  it('is killed and started again in the middle of writes loses nothing that was answered', () =>
    survives(async redis => {
      await redis.kill()
      await redis.start()
    }))

  it('hangs and goes on in the middle of writes loses nothing that was answered', () =>
    survives(async (redis, refused) => {
      redis.hang()
      await until('writes are refused', refused)
      redis.goOn()
    }))

  it('is not there when the storage is opened is named in a sentence', async () => {
    await using folder = await temporaryFolder()
    const redis = await Redis.start(folder.path)
    await redis.kill()
    const options = { adapter: '@keyv/redis', options: redis.url, deadline }
    await assert.rejects(openKeyvStorage(options, { dir: folder.path, log: silentLog }), {
      name: 'StorageError',
      code: 'storage',
      message: /^the store of @keyv\/redis does not work at the moment \(.+\)/i,
    })
  })

  it('another process uses is refused, and free again when that one has closed', async () => {
    await using folder = await temporaryFolder()
    await using other = await temporaryFolder()
    await using redis = await Redis.start(folder.path)
    const options = { adapter: '@keyv/redis', options: redis.url, deadline }
    const first = await openKeyvStorage(options, { dir: folder.path, log: silentLog })
    await assert.rejects(openKeyvStorage(options, { dir: other.path, log: silentLog }), /Another Parley uses/)
    await first.close()
    const second = await openKeyvStorage(options, { dir: other.path, log: silentLog })
    assert.equal(second.durable, true)
    await second.close()
  })
})

/** Thirty-two writers, each batch two rows, over a fault; then what they were answered is looked for. */
async function survives(fault: (redis: Redis, refused: () => boolean) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder()
  await using redis = await Redis.start(folder.path)
  const options = { adapter: '@keyv/redis', options: redis.url, deadline }
  const storage = await openKeyvStorage(options, { dir: folder.path, log: silentLog })
  const answered: string[] = []
  let refused = 0
  let longest = 0
  let isOver = false
  const write = async (writer: number) => {
    for (let turn = 0; !isOver; turn++) {
      const begun = performance.now()
      const batch = `${writer}-${turn}`
      const changes = ['first', 'second'].map(row => ({ put: `${row}/${batch}`, value }))
      const isAnswered = await storage.write(changes).then(
        () => true,
        () => false,
      )
      longest = Math.max(longest, performance.now() - begun)
      if (isAnswered) answered.push(batch)
      else {
        refused++
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    }
  }
  const writers = Promise.all(Array.from({ length: 32 }, (_, writer) => write(writer)))
  try {
    for (let round = 0; round < 2; round++) {
      const [had, hadRefused] = [answered.length, refused]
      await until('writes are answered', () => answered.length > had + 200)
      await fault(redis, () => refused > hadRefused)
      const now = answered.length
      await until('writes are answered again', () => answered.length > now + 200)
      assert.ok(refused > hadRefused, 'no write was refused')
    }
  } finally {
    isOver = true
    await writers
  }
  assert.ok(longest < 2 * deadline + 1000, `a write took ${longest} ms`)
  await looksWhole(storage, answered)
  await storage.close()
  const again = await openKeyvStorage(options, { dir: folder.path, log: silentLog })
  await looksWhole(again, answered)
  await again.close()
}

async function looksWhole(storage: Storage, answered: readonly string[]): Promise<void> {
  const rows = new Set<string>()
  for (let after: string | undefined; ; ) {
    const page = await storage.list('', { limit: 1_000, ...(after === undefined ? {} : { after }) })
    for (const [key] of page.rows) rows.add(key)
    after = page.rows.at(-1)?.[0]
    if (!page.more) break
  }
  for (const batch of answered) assert.ok(rows.has(`first/${batch}`), `${batch} was lost`)
  for (const key of rows) {
    const [row, batch] = key.split('/')
    assert.ok(rows.has(`${row === 'first' ? 'second' : 'first'}/${batch}`), `${key} is there by itself`)
  }
}
