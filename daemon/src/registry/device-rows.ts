import { fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, type UserId, userId } from '../protocol/ids.ts'
import { RosterSchema, type Signed } from '../protocol/parley_pb.ts'
import {
  CredentialRowSchema,
  type DeviceRow,
  DeviceRowSchema,
  RosterRowSchema,
  type UserRow,
  UserRowSchema,
} from '../protocol/registry_rows_pb.ts'
import { type Roster, readRoster } from '../protocol/statements.ts'
import { wrongCredentials } from './exchanges.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

/** The rows of an account that a change of its devices rests on: it commits only while they are these. */
export interface HeldRows {
  readonly user: UserId
  readonly row: UserRow
  readonly roster: Signed
  readonly listed: Roster
  /** The checks that they are still these. */
  readonly checks: readonly Change[]
}

export interface HeldDevice {
  readonly id: DeviceId
  readonly row: DeviceRow | undefined
  readonly bytes: Uint8Array | undefined
}

/** A device that has shown the password. */
export interface Admitted {
  /** SPKI. */
  readonly key: Uint8Array
  readonly name: string
  readonly address: string
  /** The credential that the password was right for. */
  readonly proof: Uint8Array
}

/** @throws ParleyError `unknown-account`, `damaged-data` */
export async function holdRows(storage: Storage, registry: RegistryId, user: UserId): Promise<HeldRows> {
  const keys = [rowKeys.user(user), rowKeys.roster(user)] as const
  const [userBytes, rosterBytes] = await storage.get([...keys])
  const row = readRow(UserRowSchema, userBytes)
  const roster = readRow(RosterRowSchema, rosterBytes)?.roster
  if (!row || !roster || row.deleted > 0n) throw new ParleyError('unknown-account', 'This account is gone.')
  const listed = readRoster(roster, { accountKey: row.accountKey, registry, user, generation: row.generation })
  const checks = [
    { check: keys[0], is: userBytes },
    { check: keys[1], is: rosterBytes },
  ]
  return { user, row, roster, listed, checks }
}

/**
 * The check that what proves a person is still what they have just shown.
 * @throws ParleyError `wrong-credentials` when it is another one by now
 */
export async function checkProof(storage: Storage, user: UserId, shown: Uint8Array): Promise<Change> {
  const check = rowKeys.credential(user)
  const [is] = await storage.get([check])
  const credential = readRow(CredentialRowSchema, is)?.credential
  if (!credential || Buffer.compare(credential, shown) !== 0) throw wrongCredentials()
  return { check, is }
}

export async function readDevices(storage: Storage, ids: readonly DeviceId[]): Promise<HeldDevice[]> {
  const found = await storage.get(ids.map(rowKeys.device))
  return ids.map((id, at) => ({ id, bytes: found[at], row: readRow(DeviceRowSchema, found[at]) }))
}

/** The devices of a user that wait to be approved, the oldest first. */
export async function readPending(storage: Storage, user: UserId): Promise<HeldDevice[]> {
  const prefix = rowKeys.allPending(user)
  const { rows } = await storage.list(prefix, { limit: limits.storagePage })
  const ids = rows.map(([key]) => deviceId(fromText(key.slice(prefix.length))))
  const devices = await readDevices(storage, ids)
  return devices
    .filter(({ row }) => row?.pending && userId(row.user) === user)
    .sort((a, b) => Number((a.row?.added ?? 0n) - (b.row?.added ?? 0n)))
}

/** Writes a row of a device, if it is still as it was held. */
export function putDevice({ id, bytes, row }: HeldDevice, init: MessageInitShape<typeof DeviceRowSchema>): Change[] {
  const key = rowKeys.device(id)
  // What a newer program keeps in the row stays there.
  const value = row ? toBinary(DeviceRowSchema, { ...row, ...init } as DeviceRow) : encodeRow(DeviceRowSchema, init)
  return [
    { check: key, is: bytes },
    { put: key, value },
  ]
}

/** Forgets a pending device, if its row is still as it was held. */
export function removePending(user: UserId, { id, bytes }: HeldDevice): Change[] {
  const key = rowKeys.device(id)
  return [{ check: key, is: bytes }, { remove: key }, { remove: rowKeys.pending(user, id) }]
}

/** A user's row with other denied devices: the latest ones, as many as an attestation takes. */
export function putUser(user: UserId, row: UserRow, changes: Partial<UserRow>, denied: Iterable<DeviceId>): Change {
  const latest = [...denied].slice(-limits.revokedDevices).map(fromText)
  return { put: rowKeys.user(user), value: toBinary(UserRowSchema, { ...row, ...changes, denied: latest }) }
}

export function putRoster(user: UserId, roster: Signed): Change {
  return { put: rowKeys.roster(user), value: encodeRow(RosterRowSchema, { roster }) }
}

/** What the row `pending/<user>/<device>` holds matters to nobody: it is there to be listed. */
export const pendingMark = new Uint8Array([1])

/** Whether the account key says that this key is a device. Checked when it was stored: only what it says matters here. */
export function hasDevice({ payload }: Signed, key: Uint8Array): boolean {
  return fromBinary(RosterSchema, payload).devices.some(device => Buffer.compare(device.key, key) === 0)
}

/** Devices of a user that no longer count. */
export function deniedOf(row: { readonly denied: readonly Uint8Array[] }): ReadonlySet<DeviceId> {
  return new Set(row.denied.map(deviceId))
}
