import { createHmac, timingSafeEqual } from 'node:crypto'

/** How a device says that it stands, in the order of their numbers on the wire, from 1. */
export const beatStatuses = ['online', 'away', 'busy', 'invisible'] as const
export type BeatStatus = (typeof beatStatuses)[number]

/** The first byte of a heartbeat: no classic packet begins with it. */
export const beatByte = 0xb1
/** Bytes of a heartbeat: the first one, session (8), counter (6), status (1), proof (16). */
export const beatSize = 32
/** The key of a session's beats: bytes of the TLS exporter of its link, with empty context. */
export const beatExporter = { label: 'EXPORTER-parley-heartbeat-1', length: 32 } as const
/** The highest counter. */
export const lastBeat = 2 ** 48 - 1

const proven = 16
const directions = { in: Uint8Array.of(0), back: Uint8Array.of(1) } as const
/** To the registry, or its answer: a beat that is reflected proves nothing. */
export type BeatDirection = keyof typeof directions

/** A heartbeat. `session`: 8 bytes; `status`: undefined in an answer, which echoes the counter. */
export function encodeBeat(
  beat: { readonly session: Uint8Array; readonly counter: number; readonly status: BeatStatus | undefined },
  key: Uint8Array,
): Buffer {
  const { session, counter, status } = beat
  const bytes = Buffer.alloc(beatSize)
  bytes[0] = beatByte
  bytes.set(session, 1)
  bytes.writeUIntBE(counter, 9, 6)
  bytes[15] = status === undefined ? 0 : beatStatuses.indexOf(status) + 1
  proofOf(bytes, key, status === undefined ? 'back' : 'in').copy(bytes, proven, 0, beatSize - proven)
  return bytes
}

/** Whether these bytes have the shape of a heartbeat; nothing is proved by that. */
export function isBeat(bytes: Uint8Array): boolean {
  return bytes.length === beatSize && bytes[0] === beatByte
}

/** The session of a beat as a text of 8 characters, for maps. */
export function beatSession(bytes: Buffer): string {
  return bytes.toString('latin1', 1, 9)
}

export function beatCounter(bytes: Buffer): number {
  return bytes.readUIntBE(9, 6)
}

/** undefined for 0, which answers have, and for a status that this version does not know. */
export function beatStatus(bytes: Uint8Array): BeatStatus | undefined {
  return beatStatuses[(bytes[15] ?? 0) - 1]
}

/** Whether whoever holds `key` has made this beat, for this direction. */
export function isGenuineBeat(bytes: Buffer, key: Uint8Array, direction: BeatDirection): boolean {
  const proof = proofOf(bytes, key, direction).subarray(0, beatSize - proven)
  return timingSafeEqual(proof, bytes.subarray(proven, beatSize))
}

/** HMAC-SHA-256 (RFC 2104) over the direction and all bytes before the proof; the first 16 bytes of it count. */
function proofOf(bytes: Uint8Array, key: Uint8Array, direction: BeatDirection): Buffer {
  return createHmac('sha256', key).update(directions[direction]).update(bytes.subarray(0, proven)).digest()
}
