/**
 * A storage that ends its own process at one write, as a crash would: storage-sqlite with a SIGKILL before, in or after
 * the n-th write. To be loaded by path from a parley.json:
 *
 *     { "use": "./killer-storage.ts", "options": { "at": "in", "write": 3, "match": "user/" } }
 */
import { type Change, definePlugin, type Storage } from '@parley/kit'
import { openSqliteStorage } from '@parley/storage-sqlite'

interface Options {
  /** Before anything is written, while it is being written, or when it is on the disk and nobody has been told. */
  readonly at: 'before' | 'in' | 'after'
  /** Which write, counted from 1. */
  readonly write: number
  /** Counts only writes that put or remove a key with this start. */
  readonly match?: string
}

export default definePlugin<Options>({
  name: 'killer-storage',
  api: 1,
  optionsSchema: {
    type: 'object',
    properties: {
      at: { enum: ['before', 'in', 'after'] },
      write: { type: 'integer', minimum: 1 },
      match: { type: 'string' },
    },
    required: ['at', 'write'],
    additionalProperties: false,
  },
  async setup({ dir, log, signal }, options) {
    const storage = await openSqliteStorage({ dir, log, signal })
    return { storage: killing(storage, options), close: () => storage.close() }
  },
})

function killing(storage: Storage, { at, write, match = '' }: Options): Storage {
  let count = 0
  return {
    durable: storage.durable,
    get: keys => storage.get(keys),
    list: (prefix, range) => storage.list(prefix, range),
    async write(changes) {
      if (!changes.some(change => keyOf(change)?.startsWith(match)) || ++count !== write) return storage.write(changes)
      if (at === 'before') return die()
      const writing = storage.write(changes)
      if (at === 'in') {
        // The batch goes to the writer's thread in the next turn; the turn after that finds it at work.
        await new Promise(setImmediate)
        await new Promise(setImmediate)
        return die()
      }
      await writing
      return die()
    },
  }
}

function keyOf(change: Change): string | undefined {
  if ('put' in change) return change.put
  return 'remove' in change ? change.remove : undefined
}

/** The signal needs a moment to arrive; nothing is answered meanwhile. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}
