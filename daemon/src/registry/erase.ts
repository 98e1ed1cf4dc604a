import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { fromText, type UserId } from '../protocol/ids.ts'
import { foldAlias } from '../protocol/names.ts'
import { DeviceRowSchema, InviteRowSchema, type UserRow, UserRowSchema } from '../protocol/registry_rows_pb.ts'
import { eraseMail } from './mailbox/rows.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

/**
 * Erases an account but for its id and name, which stay reserved. First of all its row says that it is deleted, so that
 * nothing is made of it any more: every batch about an account rests on that row. `ended` is called then; whatever else
 * is of the account goes after that. Gives the names under which classic clients knew it.
 * @throws ParleyError `busy`
 */
export async function erase(
  user: UserId,
  { storage, now }: { storage: Storage; now: () => number },
  ended: () => Promise<void>,
): Promise<readonly string[]> {
  const { name, classicAlias } = await bury(user, storage, now)
  await ended()
  await eraseMail(storage, user)
  const owned = fromText(user)
  const isOwnDevice = (bytes: Uint8Array) => isSame(readRow(DeviceRowSchema, bytes)?.user, owned)
  const isInviteForIt = (bytes: Uint8Array) => readRow(InviteRowSchema, bytes)?.forName === name
  const removed = [
    rowKeys.seen(user),
    ...(await keysOf(storage, rowKeys.allPending(user), () => true)),
    ...(await keysOf(storage, rowKeys.invites, isInviteForIt)),
    ...(await keysOf(storage, rowKeys.devices, isOwnDevice)),
  ]
  for (let from = 0; from < removed.length; from += limits.batchChanges) {
    await storage.write(removed.slice(from, from + limits.batchChanges).map(remove))
  }
  return namesOf(name, classicAlias)
}

/**
 * Leaves of the account's row what stays reserved, and when it was deleted, and removes in the same batch what its row
 * leads to. Gives the row as it was.
 */
async function bury(user: UserId, storage: Storage, now: () => number): Promise<UserRow> {
  const key = rowKeys.user(user)
  for (let attempt = 0; attempt < limits.rowTries; attempt++) {
    const [bytes] = await storage.get([key])
    const row = readRow(UserRowSchema, bytes)
    if (!row) throw new ParleyError('damaged-data', "The registry's storage is damaged: a name has no account.")
    if (row.deleted > 0n) return row
    const { name, classicAlias } = row
    const value = encodeRow(UserRowSchema, { user: fromText(user), name, deleted: BigInt(now()) })
    const gone = [rowKeys.credential(user), rowKeys.roster(user), rowKeys.reset(user)]
    const classic = namesOf(name, classicAlias).map(rowKeys.classic)
    const batch: Change[] = [{ check: key, is: bytes }, { put: key, value }, ...[...gone, ...classic].map(remove)]
    if ((await storage.write(batch)) === 'committed') return row
  }
  throw new ParleyError('busy', 'The registry is busy with this account. Try again in a moment.')
}

function namesOf(name: string, classicAlias: string): readonly string[] {
  return [...new Set([name, ...(classicAlias === '' ? [] : [foldAlias(classicAlias)])])]
}

function remove(key: string): Change {
  return { remove: key }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0
}

/** The keys under `prefix` whose rows are meant. Reads all of them: nobody is deleted often. */
async function keysOf(storage: Storage, prefix: string, isMeant: (bytes: Uint8Array) => boolean): Promise<string[]> {
  const keys: string[] = []
  for (let after: string | undefined; ; ) {
    const range = { limit: limits.storagePage, ...(after === undefined ? {} : { after }) }
    const { rows, more } = await storage.list(prefix, range)
    for (const [key, bytes] of rows) if (isMeant(bytes)) keys.push(key)
    after = rows.at(-1)?.[0]
    if (!more || after === undefined) return keys
  }
}
