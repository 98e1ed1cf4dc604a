import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { type DeviceId, toText, type UserId } from '../protocol/ids.ts'
import { foldAlias } from '../protocol/names.ts'

/** Where a registry keeps what; protocol/registry_rows.proto has the values. */
export const rowKeys = {
  users: 'user/',
  user: (user: UserId) => `user/${user}`,
  /** The namespace that accounts and classic accounts share. */
  names: 'name/',
  name: (name: string) => `name/${encodeURIComponent(name)}`,
  credential: (user: UserId) => `credential/${user}`,
  devices: 'device/',
  device: (device: DeviceId) => `device/${device}`,
  /** Names the devices of a user that wait to be approved. */
  allPending: (user: UserId) => `pending/${user}/`,
  pending: (user: UserId, device: DeviceId) => `pending/${user}/${device}`,
  roster: (user: UserId) => `roster/${user}`,
  /** The one-use code that lets a user set a new password. */
  reset: (user: UserId) => `reset/${user}`,
  allClassic: 'classic/',
  /** The classic password of a name; protocol/classic_rows.proto has the value. */
  classic: (alias: string) => `classic/${encodeURIComponent(foldAlias(alias))}`,
  allSeen: 'seen/',
  seen: (user: UserId) => `seen/${user}`,
  alive: 'alive',
  notices: 'notice/',
  notice: (number: number) => `notice/${String(number).padStart(16, '0')}`,
  invites: 'invite/',
  invite: (hash: Uint8Array) => `invite/${toText(hash)}`,
  mailboxKeys: (user: UserId) => `mailbox-key/${user}/`,
  mailboxKey: (user: UserId, device: DeviceId) => `mailbox-key/${user}/${device}`,
  allMailIndex: 'mail-index/',
  mailIndexOf: (user: UserId) => `mail-index/${user}/`,
  mailIndex: (user: UserId, device: DeviceId, number: number) => `mail-index/${user}/${device}/${hex12(number)}`,
  mailOf: (user: UserId) => `mail/${user}/`,
  mail: (user: UserId, device: DeviceId, number: number) => `mail/${user}/${device}/${hex12(number)}`,
} as const

function hex12(number: number): string {
  return number.toString(16).padStart(12, '0')
}

/** The bytes of a new row. */
export function encodeRow<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): Uint8Array {
  return toBinary(schema, create(schema, init))
}

/**
 * A row as read; undefined where there is none. They are our own bytes.
 * @throws ParleyError `damaged-data` for a row that does not parse
 */
export function readRow<Schema extends DescMessage>(
  schema: Schema,
  bytes: Uint8Array | undefined,
): MessageShape<Schema> | undefined {
  try {
    return bytes && fromBinary(schema, bytes)
  } catch (cause) {
    const message = `The registry's storage is damaged: a ${schema.name} cannot be read. Restore a backup.`
    throw new ParleyError('damaged-data', message, { cause })
  }
}
