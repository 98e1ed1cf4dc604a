import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'

/** A storage that counts the rows that were listed from it. */
export class CountedStorage {
  rows = 0
  readonly counted: Storage

  constructor() {
    const storage = openMemoryStorage()
    this.counted = new Proxy(storage, {
      get: (of, name) => {
        if (name !== 'list') {
          const value: unknown = Reflect.get(of, name)
          return typeof value === 'function' ? value.bind(of) : value
        }
        return async (...args: Parameters<Storage['list']>) => {
          const page = await of.list(...args)
          this.rows += page.rows.length
          return page
        }
      },
    })
  }
}
