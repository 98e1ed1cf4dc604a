/** storage-keyv on one Redis for many folders: the folder says which namespace is its own. */
import { createHash } from 'node:crypto'
import { definePlugin } from '@parley/kit'
import { openKeyvStorage } from '@parley/storage-keyv'

export default definePlugin<{ readonly url: string }>({
  name: 'keyv-on-redis',
  api: 1,
  async setup({ dir, log }, { url }) {
    const namespace = createHash('sha256').update(dir).digest('hex').slice(0, 16)
    const storage = await openKeyvStorage({ adapter: '@keyv/redis', options: url, namespace }, { dir, log })
    return { storage, close: () => storage.close() }
  },
})
