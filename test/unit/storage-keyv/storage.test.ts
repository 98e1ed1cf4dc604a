import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { testStorage } from '@parley/kit/testing'
import { openKeyvStorage } from '@parley/storage-keyv'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
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

  testStorage(
    async dir => {
      // The folder says which storage it is.
      const options = { adapter: '@keyv/redis', options: redis.url, namespace: namespaceOf(dir) }
      const storage = await openKeyvStorage(options, { dir, log: silentLog })
      return { storage, close: () => storage.close() }
    },
    { durable: true },
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

function namespaceOf(dir: string): string {
  return createHash('sha256').update(dir).digest('hex').slice(0, 16)
}
