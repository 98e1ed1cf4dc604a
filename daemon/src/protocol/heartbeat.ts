import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** How a device says that it stands, in the order of their numbers on the wire, from 1. */
export const beatStatuses = ['online', 'away', 'busy', 'invisible'] as const
export type BeatStatus = (typeof beatStatuses)[number]

/** The first byte of a heartbeat: no classic packet begins with it. */
export const beatByte = 0xb1
/** Bytes of a heartbeat: the first one, session (8), counter (6), status (1), proof (16). */
export const beatSize = 32
/** Where the key of a session's beats comes from: the TLS exporter of its link, with empty context; so many bytes. */
export const beatExporter = { label: 'EXPORTER-parley-heartbeat-1', length: 32 } as const
/** The highest counter. */
export const lastBeat = 2 ** 48 - 1

const proven = 16
/** To the registry, or its answer: a beat that is reflected proves nothing. */
export type BeatDirection = 'in' | 'back'

/** The key of beats from the bytes of {@link beatExporter}, once for all of them: an HMAC under bare bytes takes ten times as long. */
export function beatKey(bytes: Uint8Array): KeyObject {
  return createSecretKey(bytes)
}

/** A heartbeat. `session`: 8 bytes; `status`: undefined in an answer, which echoes the counter. */
export function encodeBeat(
  beat: { readonly session: Uint8Array; readonly counter: number; readonly status: BeatStatus | undefined },
  key: KeyObject,
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
export function isGenuineBeat(bytes: Buffer, key: KeyObject, direction: BeatDirection): boolean {
  const proof = proofOf(bytes, key, direction).subarray(0, beatSize - proven)
  return timingSafeEqual(proof, bytes.subarray(proven, beatSize))
}

/** HMAC-SHA-256 (RFC 2104) over the direction and all bytes before the proof; the first 16 bytes of it count. */
function proofOf(bytes: Uint8Array, key: KeyObject, direction: BeatDirection): Buffer {
  const covered = Buffer.allocUnsafe(1 + proven)
  covered[0] = direction === 'in' ? 0 : 1
  covered.set(bytes.subarray(0, proven), 1)
  return createHmac('sha256', key).update(covered).digest()
}
