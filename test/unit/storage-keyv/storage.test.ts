import assert from 'node:assert/strict'
import { join } from 'node:path'
import { testStorage } from '@parley/kit/testing'
import { openKeyvStorage } from '@parley/storage-keyv'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import keyvOnRedis from '../../support/keyv-on-redis.ts'
import { Redis, redisLack } from '../../support/redis.ts'
import { skip } from '../../support/skip.ts'

describe('storage-keyv over @keyv/redis', () => {
  const stack = new AsyncDisposableStack()
  let redis: Redis
  before(async function () {
    const lack = redisLack()
    if (lack) skip(this, lack)
    const folder = stack.use(await temporaryFolder())
    redis = stack.use(await Redis.start(folder.path))
  })
  after(() => stack.disposeAsync())

  // Asked for when a test runs: only then there is a Redis.
  const options = {
    get url() {
      return redis.url
    },
  }
  testStorage(
    async dir => {
      const { signal } = new AbortController()
      const host = { dir, log: silentLog, signal, secret: () => Promise.reject(new Error('none')) }
      const { storage, close = () => {} } = await keyvOnRedis.setup(host, options)
      return { storage: storage ?? assert.fail('no storage'), close }
    },
    { durable: true, crash: { module: import.meta.resolve('../../support/keyv-on-redis.ts'), options } },
  )
})

describe('storage-keyv over keyv-file', () => {
  testStorage(
    async dir => {
      const options = { adapter: 'keyv-file', options: { filename: join(dir, 'data.json'), writeDelay: 0 } }
      const storage = await openKeyvStorage(options, { dir, log: silentLog })
      return { storage, close: () => storage.close() }
    },
    { durable: false },
  )
})
