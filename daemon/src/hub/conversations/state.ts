import { create } from '@bufbuild/protobuf'
import type { ListedRow, Storage } from '@parley/kit'
import { readHeader } from '../../protocol/entries.ts'
import {
  type AckedLog,
  AckedLogSchema,
  AckRowSchema,
  type ConversationRow,
  ConversationRowSchema,
  MembershipRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import {
  type ConversationId,
  conversationId,
  type DeviceId,
  deviceId,
  fromText,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { type DeviceLog, readHeadRow, topOf } from './device-log.ts'
import { keys, lastPart } from './keys.ts'
import { type Marks, readMarks, type UserMarks } from './marks.ts'
import type { Members, MembershipEntry } from './members.ts'
import { Pace } from './pace.ts'
import { readRow, writeRow } from './rows.ts'
import type { Account, Peer } from './types.ts'

/** By device that has committed: how far it has each log of one's own devices. */
export type Reached = ReadonlyMap<DeviceId, ReadonlyMap<DeviceId, number>>

/** What is committed of a conversation, except its messages and logs. Replaced as a whole by each commit. */
export interface State {
  readonly row: ConversationRow
  /** `row` as stored; undefined before the first commit. Each batch checks it, so that none is applied late or twice. */
  readonly stored: Uint8Array | undefined
  readonly logs: ReadonlyMap<DeviceId, DeviceLog>
  readonly members: Members
  /** How far devices have committed the logs of one's own devices. */
  readonly acked: Reached
  /** How far the mailbox has committed those logs for devices. */
  readonly posted: Reached
  /** How far each user has read, oneself included. */
  readonly marks: Marks
}

/** The last sequence of each log here that is not one's own. */
export function topsOf(logs: State['logs'], isOwn: (device: DeviceId) => boolean): Map<DeviceId, number> {
  const tops = new Map<DeviceId, number>()
  for (const [device, log] of logs) if (!isOwn(device)) tops.set(device, topOf(log))
  return tops
}

/** Whether a device has not committed all of one's own log, `own`, and what waits for its place in it; without one, whether none has. */
export function isLacking({ row, logs, acked }: State, own: DeviceId, device?: DeviceId): boolean {
  const reached = [...acked].map(([by, places]) => (device === undefined || by === device ? (places.get(own) ?? 0) : 0))
  return row.queued > 0 || topOf(logs.get(own)) > Math.max(0, ...reached)
}

/** Kinds of conversations, as rows have them. */
export const kinds = { direct: 1, room: 3 } as const

/** A conversation that nobody has written to yet. */
export function newState(
  account: Account,
  peer: Peer | undefined,
  membersOf: (row: ConversationRow) => Members,
): State {
  const registry = fromText(account.registry)
  const row =
    peer === undefined
      ? create(ConversationRowSchema, { kind: kinds.room, registry })
      : create(ConversationRowSchema, { kind: kinds.direct, registry, ...peer, user: fromText(peer.user) })
  const members = membersOf(row)
  return { row, stored: undefined, logs: new Map(), members, acked: new Map(), posted: new Map(), marks: new Map() }
}

/** Makes the members of a conversation by its row and the membership entries that are held. */
export type MembersOf = (id: ConversationId, row: ConversationRow, held: readonly MembershipEntry[]) => Members

/** All conversations of a home but those with classic clients: a few rows each, and no message. */
export async function loadStates(storage: Storage, membersOf: MembersOf): Promise<Map<ConversationId, State>> {
  const logs = await loadPerDevice(storage, keys.heads, readHeadRow)
  const acked = await loadPerDevice(storage, keys.acks, readReached)
  const posted = await loadPerDevice(storage, keys.posts, readReached)
  const held = new Map<string, MembershipEntry[]>()
  for await (const [key, value] of rowsOf(storage, keys.memberships)) {
    const [, conversation = ''] = key.split('/')
    held.set(conversation, [...(held.get(conversation) ?? []), readMembershipRow(key, value)])
  }
  const marks = await loadMarks(storage, keys.marks)
  const states = new Map<ConversationId, State>()
  for await (const [key, stored] of rowsOf(storage, keys.conversations)) {
    const id = conversationId(lastPart(key))
    const row = readRow(ConversationRowSchema, key, stored)
    if (row.kind !== kinds.direct && row.kind !== kinds.room) continue
    const members = membersOf(id, row, held.get(id) ?? [])
    const per = { logs: logs.get(id), acked: acked.get(id), posted: posted.get(id), marks: marks.get(id) }
    states.set(id, stateOf({ row, stored, members, ...per }))
  }
  return states
}

/** One conversation as it is in storage now; undefined when it is not there. */
export async function loadState(
  storage: Storage,
  id: ConversationId,
  membersOf: MembersOf,
): Promise<State | undefined> {
  const key = keys.conversation(id)
  const [stored] = await storage.get([key])
  if (stored === undefined) return undefined
  const logs = (await loadPerDevice(storage, keys.headsOf(id), readHeadRow)).get(id)
  const acked = (await loadPerDevice(storage, keys.acksOf(id), readReached)).get(id)
  const posted = (await loadPerDevice(storage, keys.postsOf(id), readReached)).get(id)
  const held: MembershipEntry[] = []
  for await (const [at, value] of rowsOf(storage, keys.membershipsOf(id))) held.push(readMembershipRow(at, value))
  const row = readRow(ConversationRowSchema, key, stored)
  const marks = (await loadMarks(storage, keys.marksOf(id))).get(id)
  return stateOf({ row, stored, members: membersOf(id, row, held), logs, acked, posted, marks })
}

interface Rows {
  readonly row: ConversationRow
  readonly stored: Uint8Array
  readonly members: Members
  readonly logs: ReadonlyMap<DeviceId, DeviceLog> | undefined
  readonly acked: Reached | undefined
  readonly posted: Reached | undefined
  readonly marks: Marks | undefined
}

function stateOf(rows: Rows): State {
  const { row, stored, members, logs = new Map(), acked = new Map(), posted = new Map(), marks = new Map() } = rows
  return { row, stored, logs, members, acked, posted, marks }
}

/** Hybrid times of the last entries of all logs, and of all membership entries: what is written next comes behind them. */
export function* timesIn({ logs, members }: State): Iterable<bigint> {
  for (const { heads } of logs.values()) for (const { time } of heads) yield time
  for (const { header } of members.entries.values()) yield header.time
}

/** How far a device has each log. */
export function reachedRow(reached: ReadonlyMap<DeviceId, number>): Uint8Array {
  const logs: AckedLog[] = [...reached].map(([device, seq]) => {
    return { $typeName: AckedLogSchema.typeName, device: fromText(device), seq: BigInt(seq) }
  })
  return writeRow(AckRowSchema, { $typeName: AckRowSchema.typeName, logs })
}

function readReached(key: string, value: Uint8Array): ReadonlyMap<DeviceId, number> {
  return new Map(readRow(AckRowSchema, key, value).logs.map(({ device, seq }) => [deviceId(device), Number(seq)]))
}

export function membershipRow({ entry, user, key }: MembershipEntry): Uint8Array {
  const fields = { entry: writeRow(EntrySchema, entry), user: fromText(user), key }
  return writeRow(MembershipRowSchema, create(MembershipRowSchema, fields))
}

function readMembershipRow(at: string, value: Uint8Array): MembershipEntry {
  const { entry, user, key } = readRow(MembershipRowSchema, at, value)
  return { ...readHeader(readRow(EntrySchema, at, entry)), user: userId(user), key }
}

async function loadMarks(storage: Storage, prefix: string): Promise<Map<ConversationId, Map<UserId, UserMarks>>> {
  const found = new Map<ConversationId, Map<UserId, UserMarks>>()
  for await (const [key, value] of rowsOf(storage, prefix)) {
    const [, conversation = '', user = ''] = key.split('/')
    const id = conversationId(conversation)
    found.set(id, (found.get(id) ?? new Map()).set(userId(user), readMarks(key, value)))
  }
  return found
}

type PerDevice<Value> = Map<ConversationId, Map<DeviceId, Value>>

async function loadPerDevice<Value>(
  storage: Storage,
  prefix: string,
  read: (key: string, value: Uint8Array) => Value,
): Promise<PerDevice<Value>> {
  const found: PerDevice<Value> = new Map()
  for await (const [key, bytes] of rowsOf(storage, prefix)) {
    const [, conversation = '', device = ''] = key.split('/')
    const id = conversationId(conversation)
    const devices = found.get(id) ?? new Map<DeviceId, Value>()
    found.set(id, devices.set(deviceId(device), read(key, bytes)))
  }
  return found
}

/** All rows with a prefix, page by page; others have the event loop between some of them. */
async function* rowsOf(storage: Storage, prefix: string): AsyncGenerator<ListedRow> {
  let after: string | undefined
  const pace = new Pace()
  for (;;) {
    const page = await storage.list(prefix, { limit: 500, ...(after === undefined ? {} : { after }) })
    for (const row of page.rows) {
      yield row
      await pace.step()
    }
    after = page.rows.at(-1)?.[0]
    if (!page.more || after === undefined) return
  }
}
