import { definePlugin } from '@parley/kit'
import { limits } from './limits.ts'
import { type KeyvOptions, openKeyvStorage } from './storage.ts'

export { type KeyvOptions, type KeyvSurroundings, openKeyvStorage } from './storage.ts'

/** Storage on any store that keyv has an adapter for, such as Redis. */
export default definePlugin<KeyvOptions>({
  name: 'storage-keyv',
  api: 1,
  optionsSchema: {
    type: 'object',
    properties: {
      adapter: {
        type: 'string',
        minLength: 1,
        description: 'The package of a keyv adapter, such as @keyv/redis, or the absolute path of its module',
      },
      options: {
        description:
          "What the adapter's constructor takes, such as redis://localhost:6379; a list is several arguments",
      },
      namespace: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        description: 'Tells what several keep in one store apart (default: parley)',
      },
      deadline: {
        type: 'integer',
        minimum: 100,
        maximum: 60_000,
        description: `How long a call of the store may take, in ms (default: ${limits.deadline})`,
      },
      durable: {
        type: 'boolean',
        description: 'Whether the store flushes each write to the disk before it answers; a Redis is asked by itself',
      },
    },
    required: ['adapter'],
    additionalProperties: false,
  },
  async setup({ dir, log, signal }, options) {
    const storage = await openKeyvStorage(options, { dir, log, signal })
    return { storage, close: () => storage.close() }
  },
})
