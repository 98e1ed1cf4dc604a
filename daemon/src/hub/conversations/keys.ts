import { ParleyError } from '../../errors.ts'
import type { EntryPlace } from '../../protocol/bodies.ts'
import {
  type ConversationId,
  type DeviceId,
  deviceId,
  type MessageId,
  toText,
  type UserId,
} from '../../protocol/ids.ts'

/**
 * The keys of a conversation's rows, and the positions of messages (protocol, section 6). Numbers are padded so that
 * byte order is their order: sequences 11 hex digits, times 16, the first 8 bytes of a hash 16.
 */
export const keys = {
  conversations: 'conversation/',
  heads: 'head/',
  acks: 'ack/',
  marks: 'mark/',
  unindexedAll: 'unindexed/',
  unindexed: (name: string) => `unindexed/${name}`,
  conversation: (conversation: ConversationId) => `conversation/${conversation}`,
  headsOf: (conversation: ConversationId) => `head/${conversation}/`,
  head: (conversation: ConversationId, device: DeviceId) => `head/${conversation}/${device}`,
  acksOf: (conversation: ConversationId) => `ack/${conversation}/`,
  ack: (conversation: ConversationId, device: DeviceId) => `ack/${conversation}/${device}`,
  posts: 'posted/',
  postsOf: (conversation: ConversationId) => `posted/${conversation}/`,
  posted: (conversation: ConversationId, device: DeviceId) => `posted/${conversation}/${device}`,
  cursorsOf: (peer: DeviceId) => `cursor/${peer}/`,
  cursor: (peer: DeviceId, conversation: ConversationId) => `cursor/${peer}/${conversation}`,
  epochs: 'epochs',
  memberships: 'membership/',
  membershipsOf: (conversation: ConversationId) => `membership/${conversation}/`,
  membership: (conversation: ConversationId, hash: Uint8Array) => `membership/${conversation}/${toText(hash)}`,
  marksOf: (conversation: ConversationId) => `mark/${conversation}/`,
  mark: (conversation: ConversationId, user: UserId) => `mark/${conversation}/${user}`,
  logOf: (conversation: ConversationId, device: DeviceId) => `log/${conversation}/${device}/`,
  log: (conversation: ConversationId, device: DeviceId, at: Place) => `log/${conversation}/${device}/${placeText(at)}`,
  messagesOf: (conversation: ConversationId) => `message/${conversation}/`,
  message: (conversation: ConversationId, position: string) => `message/${conversation}/${position}`,
  named: (conversation: ConversationId, user: UserId, message: MessageId) => `named/${conversation}/${user}/${message}`,
  aboutOf: (conversation: ConversationId, user: UserId, message: MessageId) =>
    `about/${conversation}/${user}/${message}/`,
  about: (conversation: ConversationId, user: UserId, message: MessageId, kind: number, position: string) =>
    `about/${conversation}/${user}/${message}/${kind}/${position}`,
  deleted: (conversation: ConversationId, place: string) => `deleted/${conversation}/${place}`,
  answersOf: (conversation: ConversationId, user: UserId, message: MessageId) =>
    `answer/${conversation}/${user}/${message}/`,
  answer: (conversation: ConversationId, user: UserId, message: MessageId, position: string) =>
    `answer/${conversation}/${user}/${message}/${position}`,
  hollowOf: (conversation: ConversationId) => `hollow/${conversation}/`,
  hollow: (conversation: ConversationId, place: string) => `hollow/${conversation}/${place}`,
  leavingOf: (conversation: ConversationId) => `leaving/${conversation}/`,
  leaving: (conversation: ConversationId, place: string) => `leaving/${conversation}/${place}`,
  act: (conversation: ConversationId, id: MessageId) => `act/${conversation}/${id}`,
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

/** The hybrid time of a sealed position. */
export function timeOfPosition(position: string): bigint {
  return BigInt(`0x${position.slice(0, 16)}`)
}

/** Where the entry of a sealed position stands: the end of its log's key, `<device>/<seq>/<hash8>`. */
export function entryOf(position: string): string {
  return position.slice(position.indexOf('/') + 1)
}

/** The key of the entry whose message stands at a sealed position. */
export function logKeyOf(conversation: ConversationId, position: string): string {
  return `log/${conversation}/${entryOf(position)}`
}

/** As {@link entryOf}, from its parts; `hash` is the first 8 bytes in hex. */
export function entryText(device: DeviceId, seq: number, hash: string): string {
  return `${device}/${hex(seq, 11)}/${hash}`
}

/** Where the entry of a sealed position stands, in parts. */
export function entryPlaceOf(position: string): EntryPlace {
  const [, device = '', seq = '', hash = ''] = position.split('/')
  return { device: deviceId(device), seq: Number.parseInt(seq, 16), hash }
}

/** The device and sequence of a sealed position. */
export function placeOf(position: string): { device: DeviceId; seq: number } {
  const [, device = '', seq = ''] = position.split('/')
  return { device: device as DeviceId, seq: Number.parseInt(seq, 16) }
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
