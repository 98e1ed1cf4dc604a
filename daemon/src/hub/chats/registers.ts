import { createHash } from 'node:crypto'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import { type ConversationId, type DeviceId, deviceId, fromText, messageId, userId } from '../../protocol/ids.ts'
import type { ReadMap } from '../../protocol/marks.ts'

/** What a register of a conversation is about (wire.md, OwnState). */
export const about = {
  ...{ draft: 1, muted: 2, archived: 3, pinned: 4, unread: 5, receiptsOff: 6, retention: 7 },
  /** A message that was dropped for oneself: the register's subject. */
  dropped: 8,
  /** How far the logs were let go of: of two, the higher of each log counts. */
  floors: 9,
  /** Somebody who is blocked: the register's subject, see {@link BlockKey}; the value is their name, empty: no longer. */
  blocked: 10,
} as const

/** How long the subject of a register is, in bytes: of a message user and message id, of a person registry and user id. */
export function subjectSize(kind: number): number {
  if (kind === about.dropped) return 32
  return kind === about.blocked ? 48 : 0
}

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
  /** What it is of, where there is one for each: of a dropped message its name, see {@link subjectOf}. */
  readonly subject?: Uint8Array
}

/** A message as the subject of a register: user id and message id. */
export function subjectOf({ user, message }: MessageName): Uint8Array {
  return Buffer.concat([fromText(user), fromText(message)])
}

export function messageOf(subject: Uint8Array): MessageName {
  return { user: userId(subject.subarray(0, 16)), message: messageId(subject.subarray(16)) }
}

/** Nobody has set it last: what counts of it is the highest of all. */
export const ofNobody: Stamp = { time: 0n, device: deviceId(new Uint8Array(32)) }

/** The places of logs as the value of a register: by device, its 32 bytes and the sequence, 8 bytes, big-endian. */
export function encodeFloors(floors: ReadMap): Uint8Array {
  const logs = [...floors].map(([device, seq]) => {
    const bytes = Buffer.alloc(floorSize)
    bytes.set(fromText(device), 0)
    bytes.writeBigUInt64BE(BigInt(seq), 32)
    return bytes
  })
  return Buffer.concat(logs.sort(Buffer.compare))
}

/** What {@link encodeFloors} has made; undefined for bytes that are none of it. */
export function readFloors(value: Uint8Array): ReadMap | undefined {
  if (value.length % floorSize !== 0 || value.length > limits.markedLogs * floorSize) return undefined
  const floors = new Map<DeviceId, number>()
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  for (let at = 0; at < bytes.length; at += floorSize) {
    const seq = bytes.readBigUInt64BE(at + 32)
    if (seq >= BigInt(limits.seq)) return undefined
    floors.set(deviceId(bytes.subarray(at, at + 32)), Number(seq))
  }
  return floors
}

const floorSize = 40

/** Whether `a` counts and not `b`. */
export function isLater(a: Stamp, b: Stamp | undefined): boolean {
  if (b === undefined || a.time !== b.time) return b === undefined || a.time > b.time
  return Buffer.compare(fromText(a.device), fromText(b.device)) > 0
}

/**
 * 8 bytes that are the same on both sides when they hold the same registers: the first of SHA-256 over conversation, about
 * (4 bytes), time (8 bytes), device and subject of each, in their order. Of what nobody has set last, the SHA-256 of the
 * value stands for the device. Numbers are big-endian.
 */
export function digestOf(registers: Iterable<KeptRegister>): Uint8Array {
  const names = [...registers].map(({ conversation, about: kind, time, device, subject = nothing, value }) => {
    const name = Buffer.alloc(32 + 4 + 8 + 32 + subject.length)
    name.set(fromText(conversation), 0)
    name.writeUInt32BE(kind, 32)
    name.writeBigUInt64BE(time, 36)
    name.set(kind === about.floors ? createHash('sha256').update(value).digest() : fromText(device), 44)
    name.set(subject, 76)
    return name
  })
  const hash = createHash('sha256')
  for (const name of names.sort(Buffer.compare)) hash.update(name)
  return new Uint8Array(hash.digest().subarray(0, 8))
}

const nothing = new Uint8Array(0)
