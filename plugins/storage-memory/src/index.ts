import { definePlugin } from '@parley/kit'
import { openMemorySearch } from './search.ts'
import { openMemoryStorage } from './storage.ts'

export { openMemorySearch } from './search.ts'
export { openMemoryStorage } from './storage.ts'

/** Storage that is gone when the daemon stops: for tests, and for registries that say `"volatile": true`. */
export default definePlugin({
  name: 'storage-memory',
  api: 1,
  optionsSchema: { type: 'object', properties: {}, additionalProperties: false },
  setup: () => ({ storage: openMemoryStorage(), search: openMemorySearch() }),
})
