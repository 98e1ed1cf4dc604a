import { create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { AckRowSchema, type ConversationRow, ConversationRowSchema, HeadRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, type DeviceId, deviceId, fromText, toText } from '../../protocol/ids.ts'
import { keys, lastPart } from './keys.ts'
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
}

export const direct = 1

/** A direct conversation that nobody has written to yet. */
export function newState(account: Account, peer: Peer): State {
  const { user, name, displayName } = peer
  const registry = fromText(account.registry)
  const row = create(ConversationRowSchema, { kind: direct, registry, user: fromText(user), name, displayName })
  return { row, stored: undefined, heads: new Map(), acked: new Map() }
}

/** All conversations of a home: three rows each, and no message. */
export async function loadStates(storage: Storage, own: DeviceId): Promise<Map<ConversationId, State>> {
  const heads = await loadPerDevice(storage, keys.heads, readHead)
  const acked = await loadPerDevice(storage, keys.acks, (key, value) => readAck(key, value, own))
  const states = new Map<ConversationId, State>()
  for await (const [key, stored] of rowsOf(storage, keys.conversations)) {
    const id = conversationId(lastPart(key))
    const row = readRow(ConversationRowSchema, key, stored)
    states.set(id, { row, stored, heads: heads.get(id) ?? new Map(), acked: acked.get(id) ?? new Map() })
  }
  return states
}

/** One conversation as it is in storage now; undefined when it is not there. */
export async function loadState(storage: Storage, id: ConversationId, own: DeviceId): Promise<State | undefined> {
  const key = keys.conversation(id)
  const [stored] = await storage.get([key])
  if (stored === undefined) return undefined
  const heads = await loadPerDevice(storage, keys.headsOf(id), readHead)
  const acked = await loadPerDevice(storage, keys.acksOf(id), (at, value) => readAck(at, value, own))
  const row = readRow(ConversationRowSchema, key, stored)
  return { row, stored, heads: heads.get(id) ?? new Map(), acked: acked.get(id) ?? new Map() }
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
async function* rowsOf(storage: Storage, prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
  let after: string | undefined
  for (;;) {
    const page = await storage.list(prefix, { limit: 500, ...(after === undefined ? {} : { after }) })
    yield* page.rows
    after = page.rows.at(-1)?.[0]
    if (!page.more || after === undefined) return
  }
}
