import { toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { deviceId, type UserId } from '../protocol/ids.ts'
import { type UserRow, UserRowSchema } from '../protocol/registry_rows_pb.ts'
import { roleText } from './accounts.ts'
import { type AuditLine, readAudit } from './audit.ts'
import { putUser } from './device-rows.ts'
import { erase } from './erase.ts'
import { eraseMail } from './mailbox/rows.ts'
import { readRow, rowKeys } from './rows.ts'

/** What a restore has done again, each a name of a person or the id of an invite. */
export interface Replayed {
  readonly denied: readonly string[]
  readonly disabled: readonly string[]
  readonly enabled: readonly string[]
  readonly deleted: readonly string[]
  readonly roles: readonly string[]
  readonly revoked: readonly string[]
  /** Who has set another password since, so that the one before it opens the account again. */
  readonly oldPasswords: readonly string[]
}

/**
 * Does again, in rows that come from a backup, what must not come undone: a device that was denied, an account that was
 * disabled, enabled or deleted, a role that was given or taken, an invite that was revoked, a code for a new password that
 * was used or replaced. A denial and a deletion are for ever, so all of them count, whenever they were; of the others those
 * since the backup was begun.
 */
export async function replayAudit(
  path: string,
  storage: Storage,
  { since, now }: { since: number; now: () => number },
): Promise<Replayed> {
  const found = collected(await linesOf(path), since)
  const done = { denied: [], disabled: [], enabled: [], deleted: [], roles: [], revoked: [], oldPasswords: [] }
  const replayed: { [What in keyof Replayed]: string[] } = done
  for (const user of found.deleted) {
    const row = await rowOf(storage, user)
    if (!row || row.deleted > 0n) continue
    await erase(user, { storage, now }, async () => {})
    replayed.deleted.push(row.name)
  }
  for (const [user, acts] of found.users) {
    const row = await rowOf(storage, user)
    if (!row || row.deleted > 0n) continue
    await replayOn(storage, user, row, acts, replayed)
  }
  for (const id of found.revoked) {
    const { rows } = await storage.list(`${rowKeys.invites}${id}`, { limit: 1 })
    for (const [key] of rows) {
      await storage.write([{ remove: key }])
      replayed.revoked.push(id)
    }
  }
  return replayed
}

/** What the acts of a log come to for one account. */
interface Acts {
  readonly denied: Set<string>
  disabled?: boolean
  role?: string
  hasNewPassword?: true
  /** The code that the backup may hold was used, or another one took its place. */
  hasOldCode?: true
}

function collected(lines: readonly AuditLine[], since: number) {
  const users = new Map<UserId, Acts>()
  const deleted = new Set<UserId>()
  const revoked = new Set<string>()
  for (const { what, at, user, device, detail } of lines) {
    const isSince = at >= since
    if (what === 'invite-revoked' && detail !== undefined && /^[a-z2-7]+$/.test(detail)) revoked.add(detail)
    if (user === undefined) continue
    const acts = users.get(user) ?? { denied: new Set() }
    users.set(user, acts)
    if (what === 'user-deleted') deleted.add(user)
    else if (what === 'device-denied' && device !== undefined) acts.denied.add(device)
    else if (!isSince) continue
    else if (what === 'user-disabled' || what === 'user-enabled') acts.disabled = what === 'user-disabled'
    else if (what === 'role' && detail !== undefined) acts.role = detail
    else if (what === 'reset') acts.hasOldCode = true
    else if (what === 'password') acts.hasNewPassword = acts.hasOldCode = true
  }
  return { users, deleted, revoked }
}

async function replayOn(
  storage: Storage,
  user: UserId,
  row: UserRow,
  { denied, disabled, role, hasNewPassword, hasOldCode }: Acts,
  replayed: { [What in keyof Replayed]: string[] },
): Promise<void> {
  const { name } = row
  const known = new Set(row.denied.map(deviceId))
  const more = [...denied].map(text => deviceId(text)).filter(id => !known.has(id))
  const changes: Partial<UserRow> = {}
  if (more.length > 0) replayed.denied.push(name)
  if (disabled !== undefined && disabled !== row.disabled) {
    changes.disabled = disabled
    replayed[disabled ? 'disabled' : 'enabled'].push(name)
  }
  if (role !== undefined && roleText(role === 'admin' ? 'admin' : 'member') !== row.role) {
    changes.role = roleText(role === 'admin' ? 'admin' : 'member')
    replayed.roles.push(name)
  }
  if (hasNewPassword) replayed.oldPasswords.push(name)
  if (hasOldCode) await storage.write([{ remove: rowKeys.reset(user) }])
  if (more.length === 0 && Object.keys(changes).length === 0) return
  const waiting = more.map(id => ({ remove: rowKeys.pending(user, id) }))
  const put =
    more.length === 0
      ? { put: rowKeys.user(user), value: toBinary(UserRowSchema, { ...row, ...changes }) }
      : putUser(user, row, changes, [...known, ...more])
  await storage.write([put, ...waiting])
  for (const device of more) await eraseMail(storage, user, device)
  if (changes.disabled) await eraseMail(storage, user)
}

async function rowOf(storage: Storage, user: UserId): Promise<UserRow | undefined> {
  const [bytes] = await storage.get([rowKeys.user(user)])
  return readRow(UserRowSchema, bytes)
}

async function linesOf(path: string): Promise<AuditLine[]> {
  const lines: AuditLine[] = []
  for await (const line of readAudit(path)) if (relevant.includes(line.what)) lines.push(line)
  return lines
}

const relevant: readonly string[] = [
  'user-deleted',
  'user-disabled',
  'user-enabled',
  'device-denied',
  'role',
  'reset',
  'password',
  'invite-revoked',
]
