import { readBackup } from '../backup/reader.ts'
import { ParleyError } from '../errors.ts'
import { isSealed, type SecretBox } from '../plugins/secrets.ts'
import { UserRowSchema } from '../protocol/registry_rows_pb.ts'
import { readRow, rowKeys } from './rows.ts'

/** What a backup holds. */
export interface BackupSummary {
  /** ms since 1970: when it was begun, and the moment that it holds. */
  readonly began: number
  readonly ended: number
  /** The version of Parley that wrote it, and the format of its rows. */
  readonly program: string
  readonly format: number
  readonly registry?: string
  readonly team?: string
  readonly accounts: number
  readonly devices: number
  readonly invites: number
  /** Items in mailboxes. */
  readonly mail: number
  /** Whether the key that was given opens its secrets; absent when none was. */
  readonly opens?: true
}

/**
 * Reads a backup from end to end. With a key, every secret in it must open.
 * @throws ParleyError as readBackup; `damaged-data` when the key is another one
 */
export async function summarize(file: string, key?: SecretBox): Promise<BackupSummary> {
  const sealed = new Map<string, Uint8Array>()
  /** By key, and whether it counts. */
  const counted = new Map<string, boolean>()
  let about: Pick<BackupSummary, 'began' | 'program' | 'format' | 'registry' | 'team'> | undefined
  let ended = 0
  for await (const record of readBackup(file)) {
    if (record.is === 'header') about = record.header
    else if (record.is === 'end') ended = record.end.ended
    else if (record.is === 'remove') {
      counted.delete(record.key)
      sealed.delete(record.key)
    } else if (isSealed(record.key)) sealed.set(record.key, Uint8Array.from(record.value))
    else if (prefixes.some(prefix => record.key.startsWith(prefix))) {
      counted.set(record.key, isStanding(record.key, record.value))
    }
  }
  if (!about) throw new ParleyError('damaged-data', `The backup ${file} is empty. Use another copy of it.`)
  for (const [row, value] of sealed) key?.unseal(row, value)
  const count = (prefix: string) => [...counted].filter(([row, counts]) => counts && row.startsWith(prefix)).length
  const { began, program, format, registry, team } = about
  return {
    began,
    ended,
    program,
    format,
    ...(registry !== undefined && { registry }),
    ...(team !== undefined && { team }),
    accounts: count(rowKeys.users),
    devices: count(rowKeys.devices),
    invites: count(rowKeys.invites),
    mail: count(rowKeys.allMailIndex),
    ...(key && { opens: true as const }),
  }
}

const prefixes: readonly string[] = [rowKeys.users, rowKeys.devices, rowKeys.invites, rowKeys.allMailIndex]

/** Of a deleted account a row stays. */
function isStanding(key: string, value: Uint8Array): boolean {
  return !key.startsWith(rowKeys.users) || (readRow(UserRowSchema, value)?.deleted ?? 0n) === 0n
}
