import { createHash } from 'node:crypto'
import { type ConversationId, type DeviceId, fromText } from '../../protocol/ids.ts'

/** What a register of a conversation is about (wire.md, OwnState). */
export const about = { draft: 1, muted: 2, archived: 3, pinned: 4, unread: 5, receiptsOff: 6, retention: 7 } as const

/** When and where a register was set. The highest (time, device) counts. */
export interface Stamp {
  /** Hybrid logical clock. */
  readonly time: bigint
  readonly device: DeviceId
}

/** One thing that a person keeps of a conversation, the same on all their devices. */
export interface KeptRegister extends Stamp {
  readonly conversation: ConversationId
  readonly about: number
  readonly value: Uint8Array
}

/** Whether `a` counts and not `b`. */
export function isLater(a: Stamp, b: Stamp | undefined): boolean {
  if (b === undefined || a.time !== b.time) return b === undefined || a.time > b.time
  return Buffer.compare(fromText(a.device), fromText(b.device)) > 0
}

/**
 * 8 bytes that are the same on both sides when they hold the same registers: the first of SHA-256 over conversation, about
 * (4 bytes), time (8 bytes) and device of each, in the order of conversation and about. Numbers are big-endian.
 */
export function digestOf(registers: Iterable<KeptRegister>): Uint8Array {
  const names = [...registers].map(({ conversation, about: kind, time, device }) => {
    const name = Buffer.alloc(32 + 4 + 8 + 32)
    name.set(fromText(conversation), 0)
    name.writeUInt32BE(kind, 32)
    name.writeBigUInt64BE(time, 36)
    name.set(fromText(device), 44)
    return name
  })
  const hash = createHash('sha256')
  for (const name of names.sort(Buffer.compare)) hash.update(name)
  return new Uint8Array(hash.digest().subarray(0, 8))
}
