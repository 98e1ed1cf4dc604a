import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { temporaryFolder } from './folder.ts'
import { RecordedLog } from './recorded-log.ts'

/** Runs the same tests over each built-in storage; what a test opens is closed and removed after it. */
export function eachStorage(tests: (open: () => Promise<Storage>) => void): void {
  describe('over storage-memory', () => tests(async () => openMemoryStorage()))
  describe('over storage-sqlite', () => {
    const opened: AsyncDisposable[] = []
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]()
    })
    tests(async () => {
      const folder = await temporaryFolder()
      opened.push(folder)
      const storage = await openSqliteStorage({ dir: folder.path, log: new RecordedLog() })
      opened.push({ [Symbol.asyncDispose]: () => storage.close() })
      return storage
    })
  })
}
