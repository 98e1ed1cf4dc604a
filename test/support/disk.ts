import type { Storage } from '@parley/kit'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { readNamedRow } from '../../daemon/src/hub/conversations/rows.ts'
import { locations } from '../../daemon/src/locations.ts'
import { silentLog } from '../../daemon/src/log.ts'

/** What the storage of a home holds while no hub runs there. */
export interface Disk {
  /** By message id: whether it waits in the outbox or has its place in the log. */
  readonly messages: ReadonlyMap<string, 'queued' | 'sealed'>
  /** Where names and rows do not fit together, each the rest of a sentence. */
  readonly faults: readonly string[]
}

export async function readDisk(home: string): Promise<Disk> {
  const storage = await openSqliteStorage({ dir: locations(home).pluginDir('storage-sqlite'), log: silentLog })
  try {
    const rows = new Set([...(await rowsOf(storage, 'message/')), ...(await rowsOf(storage, 'outbox/'))].map(keyOf))
    const messages = new Map<string, 'queued' | 'sealed'>()
    const faults: string[] = []
    for (const [key, value] of await rowsOf(storage, 'named/')) {
      const [, conversation, , message = ''] = key.split('/')
      const position = readNamedRow(key, value)
      const isQueued = position.startsWith('outbox/')
      const number = position.slice('outbox/'.length)
      const row = isQueued ? `outbox/${conversation}/${number}` : `message/${conversation}/${position}`
      if (!rows.delete(row)) faults.push(`${key} names ${row}, which is not there`)
      messages.set(message, isQueued ? 'queued' : 'sealed')
    }
    for (const row of rows) faults.push(`${row} is there once more`)
    return { messages, faults }
  } finally {
    await storage.close()
  }
}

type Row = readonly [string, Uint8Array]

const keyOf = ([key]: Row) => key

async function rowsOf(storage: Storage, prefix: string): Promise<Row[]> {
  const found: Row[] = []
  for (let after: string | undefined; ; after = found.at(-1)?.[0]) {
    const { rows, more } = await storage.list(prefix, { limit: 1000, ...(after === undefined ? {} : { after }) })
    found.push(...rows)
    if (!more) return found
  }
}
