import type { Change, Storage } from '@parley/kit'
import { limits } from '../limits.ts'
import { readBackup } from './reader.ts'

/**
 * Puts all rows of a backup into a storage, in batches. What is half done when this rejects is for the caller to tell from
 * what is whole.
 * @throws ParleyError as {@link readBackup}, and what the storage throws
 */
export async function restoreRows(file: string, storage: Storage, progress?: (records: number) => void): Promise<void> {
  // By key: a later record overrides an earlier one, and a batch names no key twice.
  let batch = new Map<string, Change>()
  let size = 0
  let records = 0
  const flush = async () => {
    if (batch.size > 0) await storage.write([...batch.values()])
    batch = new Map()
    size = 0
    progress?.(records)
  }
  for await (const record of readBackup(file)) {
    if (record.is === 'header' || record.is === 'end') continue
    records++
    if (record.is === 'remove') batch.set(record.key, { remove: record.key })
    else {
      const { key, value, expires } = record
      batch.set(key, { put: key, value: Uint8Array.from(value), ...(expires === undefined ? {} : { expires }) })
      size += value.length
    }
    if (batch.size >= limits.restoreChanges || size >= limits.restoreBytes) await flush()
  }
  await flush()
}
