import { testStorage } from '@parley/kit/testing'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'

describe('storage-sqlite', () => {
  testStorage(
    async dir => {
      const storage = await openSqliteStorage({ dir, log: silentLog })
      return { storage, close: () => storage.close() }
    },
    { durable: true, crash: { module: import.meta.resolve('@parley/storage-sqlite') } },
  )
})
