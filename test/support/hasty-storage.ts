/**
 * A storage that answers before it has written: storage-sqlite, with each write only put into a queue of the process. What
 * it acknowledged is lost with that process, which the suite's crash tests must notice.
 */
import { definePlugin } from '@parley/kit'
import { openSqliteStorage } from '@parley/storage-sqlite'

export default definePlugin({
  name: 'hasty-storage',
  api: 1,
  async setup({ dir, log, signal }) {
    const storage = await openSqliteStorage({ dir, log, signal })
    let turn: Promise<unknown> = Promise.resolve()
    return {
      storage: {
        durable: true,
        get: keys => storage.get(keys),
        list: (prefix, range) => storage.list(prefix, range),
        async write(changes) {
          turn = turn.then(() => storage.write(changes)).catch(() => {})
          return 'committed'
        },
      },
      close: () => storage.close(),
    }
  },
})
