import { create, toBinary } from '@bufbuild/protobuf'
import type { ListedRow, Storage } from '@parley/kit'
import {
  AckRowSchema,
  type ConversationRow,
  ConversationRowSchema,
  HeadRowSchema,
  type MarkRow,
} from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, type DeviceId, deviceId, fromText, toText } from '../../protocol/ids.ts'
import { keys, lastPart } from './keys.ts'
import { type Marks, marksOf, readMarkRow } from './marks.ts'
import { readRow } from './rows.ts'
import type { Account, Peer } from './types.ts'

/** The last entry of a log. */
export interface LogHead {
  readonly seq: number
  readonly hash: Uint8Array
  /** Hybrid logical clock. */
  readonly time: bigint
}

/** What is committed of a conversation, except its messages and logs. Replaced as a whole by each commit. */
export interface State {
  readonly row: ConversationRow
  /** `row` as stored; undefined before the first commit. Each batch checks it, so that none is applied late or twice. */
  readonly stored: Uint8Array | undefined
  readonly heads: ReadonlyMap<DeviceId, LogHead>
  /** How far the other's devices have committed one's own log. */
  readonly acked: ReadonlyMap<DeviceId, number>
  /** How far one has read what others wrote. */
  readonly marks: Marks
}

export const direct = 1

/** A direct conversation that nobody has written to yet. */
export function newState(account: Account, peer: Peer): State {
  const { user, name, displayName } = peer
  const registry = fromText(account.registry)
  const row = create(ConversationRowSchema, { kind: direct, registry, user: fromText(user), name, displayName })
  return { row, stored: undefined, heads: new Map(), acked: new Map(), marks: { read: new Map(), row: undefined } }
}

/** Whose rows these are. */
type Owner = Pick<Account, 'user' | 'device'>

/** All conversations of a home: four rows each, and no message. */
export async function loadStates(storage: Storage, own: Owner): Promise<Map<ConversationId, State>> {
  const heads = await loadPerDevice(storage, keys.heads, readHead)
  const acked = await loadPerDevice(storage, keys.acks, (key, value) => readAck(key, value, own.device))
  const marks = new Map<string, MarkRow>()
  for await (const [key, value] of rowsOf(storage, keys.marks)) marks.set(key, readMarkRow(key, value))
  const states = new Map<ConversationId, State>()
  for await (const [key, stored] of rowsOf(storage, keys.conversations)) {
    const id = conversationId(lastPart(key))
    const mark = marks.get(keys.mark(id, own.user))
    states.set(id, stateOf({ key, stored, heads: heads.get(id), acked: acked.get(id), mark }, own.device))
  }
  return states
}

/** One conversation as it is in storage now; undefined when it is not there. */
export async function loadState(storage: Storage, id: ConversationId, own: Owner): Promise<State | undefined> {
  const [key, markKey] = [keys.conversation(id), keys.mark(id, own.user)]
  const [stored, marked] = await storage.get([key, markKey])
  if (stored === undefined) return undefined
  const heads = await loadPerDevice(storage, keys.headsOf(id), readHead)
  const acked = await loadPerDevice(storage, keys.acksOf(id), (at, value) => readAck(at, value, own.device))
  const mark = marked && readMarkRow(markKey, marked)
  return stateOf({ key, stored, heads: heads.get(id), acked: acked.get(id), mark }, own.device)
}

interface Rows {
  readonly key: string
  readonly stored: Uint8Array
  readonly heads: ReadonlyMap<DeviceId, LogHead> | undefined
  readonly acked: ReadonlyMap<DeviceId, number> | undefined
  readonly mark: MarkRow | undefined
}

function stateOf({ key, stored, heads = new Map(), acked = new Map(), mark }: Rows, own: DeviceId): State {
  const row = readRow(ConversationRowSchema, key, stored)
  return { row, stored, heads, acked, marks: marksOf(mark, Number(row.unread), heads, own) }
}

export function headRow({ seq, hash, time }: LogHead): Uint8Array {
  return toBinary(HeadRowSchema, create(HeadRowSchema, { heads: [{ seq: BigInt(seq), hash, time }] }))
}

export function ackRow(own: DeviceId, seq: number): Uint8Array {
  return toBinary(AckRowSchema, create(AckRowSchema, { logs: [{ device: fromText(own), seq: BigInt(seq) }] }))
}

function readHead(key: string, value: Uint8Array): LogHead | undefined {
  const head = readRow(HeadRowSchema, key, value).heads[0]
  return head === undefined ? undefined : { seq: Number(head.seq), hash: head.hash, time: head.time }
}

function readAck(key: string, value: Uint8Array, own: DeviceId): number {
  const log = readRow(AckRowSchema, key, value).logs.find(each => toText(each.device) === own)
  return log === undefined ? 0 : Number(log.seq)
}

type PerDevice<Value> = Map<ConversationId, Map<DeviceId, Value>>

async function loadPerDevice<Value>(
  storage: Storage,
  prefix: string,
  read: (key: string, value: Uint8Array) => Value | undefined,
): Promise<PerDevice<Value>> {
  const found: PerDevice<Value> = new Map()
  for await (const [key, bytes] of rowsOf(storage, prefix)) {
    const value = read(key, bytes)
    if (value === undefined) continue
    const [, conversation = '', device = ''] = key.split('/')
    const id = conversationId(conversation)
    const devices = found.get(id) ?? new Map<DeviceId, Value>()
    found.set(id, devices.set(deviceId(device), value))
  }
  return found
}

/** All rows with a prefix, page by page. */
async function* rowsOf(storage: Storage, prefix: string): AsyncGenerator<ListedRow> {
  let after: string | undefined
  for (;;) {
    const page = await storage.list(prefix, { limit: 500, ...(after === undefined ? {} : { after }) })
    yield* page.rows
    after = page.rows.at(-1)?.[0]
    if (!page.more || after === undefined) return
  }
}
