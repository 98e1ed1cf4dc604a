import { hash } from 'node:crypto'
import { ParleyError } from '../errors.ts'
import { foldAlias } from './names.ts'

declare const kind: unique symbol
type Id<Kind> = string & { readonly [kind]: Kind }

/**
 * Ids are raw bytes on the wire; in maps, storage keys and the control API they are lower-case base32 text without
 * padding (RFC 4648). Every id has exactly one text, so texts may be compared.
 */
export type UserId = Id<'user'>
export type DeviceId = Id<'device'>
export type RegistryId = Id<'registry'>
export type ConversationId = Id<'conversation'>
export type MessageId = Id<'message'>
export type FileHash = Id<'file'>

/** A user's id: 16 bytes, or their text. Throws `bad-frame` for other bytes, `bad-address` for other text. */
export const userId = (value: Uint8Array | string) => checked(value, 16, 'user id') as UserId
/** A device's id: 32 bytes, or their text. */
export const deviceId = (value: Uint8Array | string) => checked(value, 32, 'device id') as DeviceId
/** A registry's id: 32 bytes, or their text. */
export const registryId = (value: Uint8Array | string) => checked(value, 32, 'registry id') as RegistryId
/** A conversation's id: 32 bytes, or their text. */
export const conversationId = (value: Uint8Array | string) => checked(value, 32, 'conversation id') as ConversationId
/** A message's id: 16 bytes, or their text. */
export const messageId = (value: Uint8Array | string) => checked(value, 16, 'message id') as MessageId
/** The hash of a file's content: 32 bytes, or their text. */
export const fileHash = (value: Uint8Array | string) => checked(value, 32, 'hash of a file') as FileHash

/** Where a registry's id stands, of people who share none: 32 zero bytes. No key has that hash. */
export const noRegistry = 'a'.repeat(52) as RegistryId

/** The user id of somebody of no team: the first 16 bytes of their account key's hash, so that nobody can choose it. */
export function directUserId(accountKey: Uint8Array): UserId {
  return userId(sha256(accountKey).subarray(0, 16))
}

/** The conversation of two users of one registry; the order of the users does not matter. 32 bytes as text. */
export function directConversationId(registry: RegistryId, a: UserId, b: UserId): ConversationId {
  const users = [Buffer.from(fromText(a)), Buffer.from(fromText(b))].sort(Buffer.compare)
  return conversationId(sha256(Buffer.concat([Buffer.from('parley/direct/1\0'), fromText(registry), ...users])))
}

/** The conversation with a classic client, keyed by its IP address and the name that it claims, as it claims it. */
export function classicConversationId(ip: string, name: string): ConversationId {
  return conversationId(sha256(Buffer.from(`parley/classic/1\0${ip}\0${name}`)))
}

/** The user that stands for a classic client in lists: made of its name, which is compared folded. */
export function classicUserId(name: string): UserId {
  return userId(sha256(Buffer.from(`parley/classic-user/1\0${foldAlias(name)}`)).subarray(0, 16))
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** Both characters of each ten bits: ids are turned to text for every entry. */
const pairs = [...alphabet].flatMap(first => [...alphabet].map(second => first + second))
/** By character code; 255: none of the alphabet. */
const values = new Uint8Array(128).fill(255)
for (const [value, character] of [...alphabet].entries()) values[character.charCodeAt(0)] = value

/** `bytes` as lower-case base32 without padding. */
export function toText(bytes: Uint8Array): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0x3ffff
    bits += 8
    if (bits < 10) continue
    bits -= 10
    text += pairs[(buffer >> bits) & 1023]
  }
  if (bits >= 5) {
    bits -= 5
    text += alphabet.charAt((buffer >> bits) & 31)
  }
  return bits > 0 ? text + alphabet.charAt((buffer << (5 - bits)) & 31) : text
}

/** The bytes of lower-case base32 `text`. Throws `bad-address` for any text that {@link toText} does not make. */
export function fromText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let buffer = 0
  let bits = 0
  let length = 0
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? 255
    if (value === 255)
      throw new ParleyError('bad-address', `An id has only the letters a to z and the digits 2 to 7. ${again}`)
    buffer = ((buffer << 5) | value) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[length++] = (buffer >> bits) & 255
  }
  if (bits >= 5 || (buffer & ((1 << bits) - 1)) !== 0)
    throw new ParleyError('bad-address', `An id is cut or mistyped. ${again}`)
  return bytes
}

const again = 'Copy it again, whole.'

function checked(value: Uint8Array | string, size: number, what: string): string {
  if (typeof value === 'string') {
    const { length } = fromText(value)
    if (length === size) return value
    throw new ParleyError('bad-address', `A ${what} stands for ${size} bytes, not ${length}. ${again}`)
  }
  if (value.length === size) return toText(value)
  throw new ParleyError('bad-frame', `A ${what} has ${size} bytes, not ${value.length}.`)
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
