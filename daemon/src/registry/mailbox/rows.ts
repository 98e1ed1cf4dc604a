import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { DeviceId, UserId } from '../../protocol/ids.ts'
import { rowKeys } from '../rows.ts'

/**
 * Removes the mailbox of a device, or those of all devices of somebody: keys and what waits. Items first, so that whoever
 * finds the index gone finds nothing else.
 */
export async function eraseMail(storage: Storage, user: UserId, device?: DeviceId): Promise<void> {
  const within = device === undefined ? '' : `${device}/`
  await removeAll(storage, `${rowKeys.mailOf(user)}${within}`)
  await removeAll(storage, `${rowKeys.mailIndexOf(user)}${within}`)
  await removeAll(storage, `${rowKeys.mailboxKeys(user)}${device ?? ''}`)
}

async function removeAll(storage: Storage, prefix: string): Promise<void> {
  for (;;) {
    const { rows, more } = await storage.list(prefix, { limit: limits.mailErasedAtOnce })
    if (rows.length > 0) await storage.write(rows.map(([remove]) => ({ remove })))
    if (!more) return
  }
}
