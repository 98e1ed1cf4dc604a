import { testStorage } from '@parley/kit/testing'
import { openMemoryStorage } from '@parley/storage-memory'

describe('storage-memory', () => {
  testStorage(() => ({ storage: openMemoryStorage(), close: () => {} }), { durable: false })
})
