import { clone, create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { type MarkRow, MarkRowSchema, ReadLogSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, deviceId, fromText, type UserId } from '../../protocol/ids.ts'
import { keys, placeOf, rightBefore } from './keys.ts'
import { Pace } from './pace.ts'
import { readMessageRow, readRow } from './rows.ts'
import type { LogHead, State } from './state.ts'

/**
 * How far one has read: by device the highest sequence of its log (protocol, section 6). What was shown of others above
 * it is unread; how many that are stands in the conversation's row, so that nothing has to be counted again.
 */
export interface Marks {
  readonly read: ReadonlyMap<DeviceId, number>
  /** As stored; undefined: never yet. */
  readonly row: MarkRow | undefined
}

/** The marks of a conversation whose row has been read; one that is older than marks counts as read. */
export function marksOf(
  row: MarkRow | undefined,
  unread: number,
  heads: ReadonlyMap<DeviceId, LogHead>,
  own: DeviceId,
): Marks {
  if (row === undefined && unread === 0) return { read: headsOfOthers(heads, own), row }
  const read = new Map<DeviceId, number>()
  for (const { device, seq } of row?.logs ?? []) read.set(deviceId(device), Number(seq))
  return { read, row }
}

/** `marks` as a row. What a newer program has added to the stored one is kept. */
export function markRow({ read, row }: Marks): MarkRow {
  const next = row === undefined ? create(MarkRowSchema) : clone(MarkRowSchema, row)
  const missing = new Map(read)
  for (const log of next.logs) {
    const device = deviceId(log.device)
    log.seq = BigInt(read.get(device) ?? Number(log.seq))
    missing.delete(device)
  }
  for (const [device, seq] of missing) {
    next.logs.push(create(ReadLogSchema, { device: fromText(device), seq: BigInt(seq) }))
  }
  return next
}

export function readMarkRow(key: string, value: Uint8Array): MarkRow {
  return readRow(MarkRowSchema, key, value)
}

export function encodeMarkRow(row: MarkRow): Uint8Array {
  return toBinary(MarkRowSchema, row)
}

/** What is read once everything up to a position is. */
export interface Reading {
  readonly read: ReadonlyMap<DeviceId, number>
  readonly unread: number
  /** The first unread message; empty: none. */
  readonly firstUnread: string
  /** Whether that reaches the position; else what is left has to be read in another go. */
  readonly isWhole: boolean
}

/**
 * Reads on to `position`: undefined when nothing new is read. The last message of others costs nothing, and whatever is
 * before it only the messages that get read, at most `limits.readAtOnce` of them in one go.
 */
export async function readUpTo(
  storage: Storage,
  of: {
    readonly conversation: ConversationId
    readonly user: UserId
    readonly device: DeviceId
    readonly state: State
  },
  position: string,
): Promise<Reading | undefined> {
  const { row, heads, marks } = of.state
  if (row.unread === 0n || position < row.firstUnread) return undefined
  const all = { read: headsOfOthers(heads, of.device), unread: 0, firstUnread: '', isWhole: true }
  if (position >= row.lastReceived) return all
  const read = new Map(marks.read)
  let left = Number(row.unread)
  let count = 0
  const messages = keys.messagesOf(of.conversation)
  let after = rightBefore(keys.message(of.conversation, row.firstUnread))
  const pace = new Pace()
  for (;;) {
    await pace.step()
    const page = await storage.list(messages, { after, limit: limits.historyRows })
    for (const [key, value] of page.rows) {
      after = key
      const at = key.slice(messages.length)
      const { device, seq } = logPlace(at)
      if (readMessageRow(key, value).user === of.user || seq <= (marks.read.get(device) ?? 0)) continue
      if (at > position || count === limits.readAtOnce) {
        return { read, unread: Math.max(left, 1), firstUnread: at, isWhole: at > position }
      }
      read.set(device, Math.max(seq, read.get(device) ?? 0))
      left--
      count++
    }
    if (!page.more) return all
  }
}

function headsOfOthers(heads: ReadonlyMap<DeviceId, LogHead>, own: DeviceId): Map<DeviceId, number> {
  const others = new Map<DeviceId, number>()
  for (const [device, { seq }] of heads) if (device !== own) others.set(device, seq)
  return others
}

function logPlace(position: string): { device: DeviceId; seq: number } {
  const { device, seq } = placeOf(position)
  return { device: deviceId(device), seq }
}
