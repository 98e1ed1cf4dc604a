import { ParleyError } from '../../errors.ts'
import type { ConversationId, DeviceId, MessageId, UserId } from '../../protocol/ids.ts'

/**
 * The keys of a conversation's rows, and the positions of messages (protocol, section 6). Numbers are padded so that
 * byte order is their order: sequences 11 hex digits, times 16, the first 8 bytes of a hash 16.
 */
export const keys = {
  conversations: 'conversation/',
  heads: 'head/',
  acks: 'ack/',
  marks: 'mark/',
  conversation: (conversation: ConversationId) => `conversation/${conversation}`,
  headsOf: (conversation: ConversationId) => `head/${conversation}/`,
  head: (conversation: ConversationId, device: DeviceId) => `head/${conversation}/${device}`,
  acksOf: (conversation: ConversationId) => `ack/${conversation}/`,
  ack: (conversation: ConversationId, device: DeviceId) => `ack/${conversation}/${device}`,
  mark: (conversation: ConversationId, user: UserId) => `mark/${conversation}/${user}`,
  logOf: (conversation: ConversationId, device: DeviceId) => `log/${conversation}/${device}/`,
  log: (conversation: ConversationId, device: DeviceId, at: Place) => `log/${conversation}/${device}/${placeText(at)}`,
  messagesOf: (conversation: ConversationId) => `message/${conversation}/`,
  message: (conversation: ConversationId, position: string) => `message/${conversation}/${position}`,
  named: (conversation: ConversationId, user: UserId, message: MessageId) => `named/${conversation}/${user}/${message}`,
  outboxOf: (conversation: ConversationId) => `outbox/${conversation}/`,
  outbox: (conversation: ConversationId, number: number) => `outbox/${conversation}/${hex(number, 11)}`,
} as const

/** Where an entry stands in its log. */
export interface Place {
  readonly seq: number
  readonly hash: Uint8Array
}

/** The key behind every entry of a log up to `seq`, for listing what follows. */
export function behind(log: string, seq: number): string {
  return `${log}${hex(seq, 11)}/~`
}

/** What sorts right before a key, with no other key between: for listing from that key on. */
export function rightBefore(key: string): string {
  return `${key.slice(0, -1)}${String.fromCharCode(key.charCodeAt(key.length - 1) - 1)}~`
}

/** The position of a sealed message. */
export function sealedPosition(time: bigint, device: DeviceId, at: Place): string {
  return `${hex(time, 16)}/${device}/${placeText(at)}`
}

/** The position of a queued message: behind all sealed ones, because `o` comes after the hex digits. */
export function queuedPosition(number: number): string {
  return `${queuedMark}${hex(number, 11)}`
}

/** The number of a queued position; undefined for a sealed one. */
export function queuedNumber(position: string): number | undefined {
  return position.startsWith(queuedMark) ? Number.parseInt(position.slice(queuedMark.length), 16) : undefined
}

/** The device and sequence of a sealed position. */
export function placeOf(position: string): { device: string; seq: number } {
  const [, device = '', seq = ''] = position.split('/')
  return { device, seq: Number.parseInt(seq, 16) }
}

/** The sequence of an entry by the key of its row. */
export function seqOf(logKey: string): number {
  return Number.parseInt(logKey.slice(-28, -17), 16)
}

/** Throws `usage` unless `text` is a position that this file makes. */
export function checkPosition(text: string): void {
  if (/^(?:outbox\/[0-9a-f]{11}|[0-9a-f]{16}\/[a-z2-7]{52}\/[0-9a-f]{11}\/[0-9a-f]{16})$/.test(text)) return
  throw new ParleyError('usage', 'That is no position of a message. Take one from an earlier page.')
}

/** The last part of a key. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

const queuedMark = 'outbox/'

function placeText({ seq, hash }: Place): string {
  return `${hex(seq, 11)}/${Buffer.from(hash.buffer, hash.byteOffset, 8).toString('hex')}`
}

function hex(value: bigint | number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
