import { testSearch } from '@parley/kit/testing'
import { openMemorySearch } from '@parley/storage-memory'

describe('the search of storage-memory', () => {
  testSearch(() => ({ search: openMemorySearch(), close: () => undefined }), { durable: false })
})
