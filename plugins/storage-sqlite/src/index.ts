import { definePlugin } from '@parley/kit'
import { openSqliteSearch } from './search-index.ts'
import { openSqliteStorage } from './storage.ts'

export { openSqliteSearch } from './search-index.ts'
export { openSqliteStorage, type SqliteOptions } from './storage.ts'

interface Options {
  /** MiB */
  readonly maxSize?: number
}

/** The embedded storage: one SQLite file in the plugin's folder, flushed to the disk before a write is answered. */
export default definePlugin<Options>({
  name: 'storage-sqlite',
  api: 1,
  optionsSchema: {
    type: 'object',
    properties: {
      maxSize: {
        type: 'integer',
        minimum: 1,
        description: 'The database never grows beyond this many MiB; by default the disk is the limit.',
      },
    },
    additionalProperties: false,
  },
  async setup({ dir, log, signal }, { maxSize }) {
    const limit = maxSize === undefined ? {} : { maxSize: maxSize * 1024 * 1024 }
    const storage = await openSqliteStorage({ dir, log, signal, ...limit })
    const search = openSqliteSearch({ dir, log })
    return {
      storage,
      search,
      close: async () => {
        await search.close()
        await storage.close()
      },
    }
  },
})
