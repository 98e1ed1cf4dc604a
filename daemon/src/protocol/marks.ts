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
  readonly ends: Ends
}

/**
 * By device the entry that has the highest sequence: the first 8 bytes of its hash, in hex. A device may have written
 * another one with that number, as after its home was put back.
 */
export type Ends = ReadonlyMap<DeviceId, string>

export function signMark({ conversation, user, device, read, ends }: Mark, privateKey: KeyObject): Signed {
  const logs = [...read].map(([log, seq]) => {
    const hash = Buffer.from(ends.get(log) ?? '', 'hex')
    return create(ReadUpToSchema, { device: fromText(log), seq: BigInt(seq), hash })
  })
  const fields = { conversation: fromText(conversation), user: fromText(user), device: fromText(device), read: logs }
  return sign('mark', toBinary(MarkSchema, create(MarkSchema, fields)), privateKey)
}

/** @throws ParleyError `forged` for bytes that are no mark */
export function readMark(signed: Signed): Mark {
  try {
    const { conversation, user, device, read } = decode(signed.payload)
    if (read.length > limits.markedLogs) throw new Error('too many logs')
    const logs = new Map<DeviceId, number>()
    const ends = new Map<DeviceId, string>()
    for (const { device: log, seq, hash } of read) {
      if (seq >= BigInt(limits.seq)) throw new Error('no sequence')
      if (hash.length !== 0 && hash.length !== 8) throw new Error('no start of a hash')
      if (Number(seq) < (logs.get(deviceId(log)) ?? 0)) continue
      logs.set(deviceId(log), Number(seq))
      if (hash.length > 0) ends.set(deviceId(log), Buffer.from(hash).toString('hex'))
      else ends.delete(deviceId(log))
    }
    const whose = { conversation: conversationId(conversation), user: userId(user), device: deviceId(device) }
    return { ...whose, read: logs, ends }
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
