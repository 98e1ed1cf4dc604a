import type { KeyObject } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import { type ConversationId, conversationId, type DeviceId, deviceId, fromText, type UserId, userId } from './ids.ts'
import { MarkSchema, ReadUpToSchema, type Signed } from './parley_pb.ts'
import { sign } from './signed.ts'

/** How far somebody has read: by device the highest sequence of its log. */
export type ReadMap = ReadonlyMap<DeviceId, number>

/** What a mark says. Its signature has still to be checked by the key of `device`. */
export interface Mark {
  readonly conversation: ConversationId
  /** Who has read. */
  readonly user: UserId
  /** The device of theirs that has signed it. */
  readonly device: DeviceId
  readonly read: ReadMap
}

export function signMark({ conversation, user, device, read }: Mark, privateKey: KeyObject): Signed {
  const logs = [...read].map(([log, seq]) => create(ReadUpToSchema, { device: fromText(log), seq: BigInt(seq) }))
  const fields = { conversation: fromText(conversation), user: fromText(user), device: fromText(device), read: logs }
  return sign('mark', toBinary(MarkSchema, create(MarkSchema, fields)), privateKey)
}

/** @throws ParleyError `forged` for bytes that are no mark */
export function readMark(signed: Signed): Mark {
  try {
    const { conversation, user, device, read } = decode(signed.payload)
    if (read.length > limits.markedLogs) throw new Error('too many logs')
    const logs = new Map<DeviceId, number>()
    for (const { device: log, seq } of read) {
      if (seq >= BigInt(limits.seq)) throw new Error('no sequence')
      logs.set(deviceId(log), Math.max(Number(seq), logs.get(deviceId(log)) ?? 0))
    }
    return { conversation: conversationId(conversation), user: userId(user), device: deviceId(device), read: logs }
  } catch (cause) {
    throw new ParleyError('forged', 'What should tell how far somebody has read does not; it was left out.', { cause })
  }
}

/** Whether all that `lower` says is read is so by `higher`. */
export function isWithin(lower: ReadMap, higher: ReadMap): boolean {
  for (const [log, seq] of lower) if (seq > (higher.get(log) ?? 0)) return false
  return true
}

/** Of both the higher. */
export function mergedReads(a: ReadMap, b: ReadMap): ReadMap {
  const merged = new Map(a)
  for (const [log, seq] of b) if (seq > (merged.get(log) ?? 0)) merged.set(log, seq)
  return merged
}

const decode = decoder(MarkSchema)
