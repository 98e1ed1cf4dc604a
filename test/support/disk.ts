import type { ListedRow, Storage } from '@parley/kit'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { placeOf } from '../../daemon/src/hub/conversations/keys.ts'
import { readMessageRow, readNamedRow, readQueued, readRow } from '../../daemon/src/hub/conversations/rows.ts'
import { locations } from '../../daemon/src/locations.ts'
import { silentLog } from '../../daemon/src/log.ts'
import { isAct } from '../../daemon/src/protocol/bodies.ts'
import { AckRowSchema } from '../../daemon/src/protocol/hub_rows_pb.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'

/** What the storage of a home holds while no hub runs there. */
export interface Disk {
  /** By message id: waiting in the outbox, with a place in its author's log, or noted as committed by the other one. */
  readonly messages: ReadonlyMap<string, Stage>
  /** Where names and rows do not fit together, each the rest of a sentence. */
  readonly faults: readonly string[]
}

type Stage = 'queued' | 'sealed' | 'delivered'

export async function readDisk(home: string): Promise<Disk> {
  const storage = await openSqliteStorage({ dir: locations(home).pluginDir('storage-sqlite'), log: silentLog })
  try {
    // What is done with messages waits in the outbox as well, and stands nowhere.
    const waiting = (await rowsOf(storage, 'outbox/')).filter(([key, value]) => !isAct(readQueued(key, value)))
    const shown = (await rowsOf(storage, 'message/')).filter(([key, value]) => !readMessageRow(key, value).event)
    const rows = new Set([...shown, ...waiting].map(keyOf))
    const messages = new Map<string, Stage>()
    const acknowledged = await acknowledgedOf(storage)
    const faults: string[] = []
    for (const [key, value] of await rowsOf(storage, 'named/')) {
      const [, conversation, , message = ''] = key.split('/')
      const position = readNamedRow(key, value)
      // Something was done with a message that is not here.
      if (position === '') continue
      const isQueued = position.startsWith('outbox/')
      const number = position.slice('outbox/'.length)
      const row = isQueued ? `outbox/${conversation}/${number}` : `message/${conversation}/${position}`
      if (!rows.delete(row)) faults.push(`${key} names ${row}, which is not there`)
      messages.set(message, isQueued ? 'queued' : acknowledged(position) ? 'delivered' : 'sealed')
    }
    for (const row of rows) faults.push(`${row} is there once more`)
    return { messages, faults }
  } finally {
    await storage.close()
  }
}

/** Tells whether a device of the other one has committed what stands at a position, as the rows `ack/…` have it. */
async function acknowledgedOf(storage: Storage): Promise<(position: string) => boolean> {
  const highest = new Map<string, bigint>()
  for (const [key, value] of await rowsOf(storage, 'ack/')) {
    for (const { device, seq } of readRow(AckRowSchema, key, value).logs) {
      const log = toText(device)
      if (seq > (highest.get(log) ?? 0n)) highest.set(log, seq)
    }
  }
  return position => {
    const { device, seq } = placeOf(position)
    return BigInt(seq) <= (highest.get(device) ?? 0n)
  }
}

const keyOf = ([key]: ListedRow) => key

async function rowsOf(storage: Storage, prefix: string): Promise<ListedRow[]> {
  const found: ListedRow[] = []
  for (let after: string | undefined; ; after = found.at(-1)?.[0]) {
    const { rows, more } = await storage.list(prefix, { limit: 1000, ...(after === undefined ? {} : { after }) })
    found.push(...rows)
    if (!more) return found
  }
}
