import { isUtf8 } from 'node:buffer'
import { isIPv4 } from 'node:net'
import { ParleyError } from '../errors.ts'

/**
 * The packets of the classic protocol, byte for byte (docs/reference/wire.md, "Classic"). Integers are one byte, strings
 * UTF-8 padded with NULs up to their field, fields stand side by side. Pure: bytes in, values out and back. Whatever is
 * not exactly such a packet is refused with a {@link ParleyError} of code `bad-frame`.
 */

/** Sizes of the packets, in bytes. A response may have an online list directly behind it. */
export const classicSizes = { request: 27, response: 18, heartbeat: 22, peer: 111 } as const

/** Codes of a response, decimal as the original's. */
export const classicCodes = {
  registered: 20,
  loggedIn: 21,
  found: 22,
  allOnline: 24,
  loggedOut: 25,
  nameTaken: 40,
  invalidCredentials: 41,
  notFound: 44,
  notOnline: 45,
  nobodyOnline: 46,
  refused: 50,
} as const

export type ClassicCode = (typeof classicCodes)[keyof typeof classicCodes]

/**
 * The text of a field as received; `undefined` when its bytes are not UTF-8, such as a name cut inside a character.
 * That is a refused name, not a broken packet.
 */
export type ClassicText = string | undefined

export type ClassicRequest =
  | { readonly is: 'register' | 'login'; readonly username: ClassicText; readonly password: ClassicText }
  | { readonly is: 'search'; readonly username: ClassicText; readonly sought: ClassicText }
  | { readonly is: 'logout' | 'online'; readonly username: ClassicText }

export type ClassicRequestKind = ClassicRequest['is']

export interface ClassicResponse {
  /** The kind of the request that it answers. */
  readonly to: ClassicRequestKind
  readonly code: ClassicCode
  /** At most 15 bytes: the IPv4 address that a search found, else empty. */
  readonly message: ClassicText
}

/** A row of the online list. */
export interface ClassicOnline {
  readonly name: string
  /** IPv4. */
  readonly address: string
}

export interface ClassicHeartbeat {
  readonly username: ClassicText
}

/** What one classic client sends another. `text` is at most 100 bytes. */
export type ClassicPeerPacket =
  | { readonly is: 'message'; readonly username: ClassicText; readonly text: ClassicText }
  | { readonly is: 'chat-request' | 'notify'; readonly username: ClassicText }

export function encodeRequest(request: ClassicRequest): Uint8Array {
  const packet = start(classicSizes.request, requestKinds.indexOf(request.is))
  writeText(packet, 1, nameSize, request.username)
  writeText(packet, 11, shortSize, fieldOf(request))
  packet[26] = key
  return packet
}

export function decodeRequest(packet: Uint8Array): ClassicRequest {
  const bytes = exactly(packet, classicSizes.request, 'request')
  const is = requestKinds[bytes[0] ?? 0xff]
  if (is === undefined) throw badFrame(`a request of type 0 to 4 was expected, type ${bytes[0]} came`)
  expectKey(bytes, 26)
  const username = readText(bytes, 1, nameSize)
  const field = readText(bytes, 11, shortSize)
  if (is === 'register' || is === 'login') return { is, username, password: field }
  if (is === 'search') return { is, username, sought: field }
  if (field !== fixedFields[is]) throw badFrame(`a request of type ${bytes[0]} carries ${fixedFields[is]}`)
  return { is, username }
}

/** The response, and behind it the online list when there is one: to be written at once. */
export function encodeResponse(response: ClassicResponse, online: readonly ClassicOnline[] = []): Uint8Array {
  const list = online.length === 0 ? undefined : Buffer.from(online.map(listed).join(''), 'utf8')
  const packet = start(classicSizes.response + (list?.length ?? 0), requestKinds.indexOf(response.to))
  packet[1] = response.code
  writeText(packet, 2, shortSize, response.message)
  packet[17] = key
  list?.copy(packet, classicSizes.response)
  return packet
}

/** A response without the list that may follow it. */
export function decodeResponse(packet: Uint8Array): ClassicResponse {
  const bytes = exactly(packet, classicSizes.response, 'response')
  const to = requestKinds[bytes[0] ?? 0xff]
  if (to === undefined) throw badFrame(`a response of type 0 to 4 was expected, type ${bytes[0]} came`)
  const code = bytes[1]
  if (!isClassicCode(code)) throw badFrame(`${code} is no code of a response`)
  expectKey(bytes, 17)
  return { to, code, message: readText(bytes, 2, shortSize) }
}

/** All of an online list: `name-ip`, space, tab, newline, space for each user. */
export function decodeOnlineList(list: Uint8Array): ClassicOnline[] {
  if (!isUtf8(list)) throw badFrame('an online list is UTF-8')
  const rows = Buffer.from(list).toString('utf8').split(rowEnd)
  if (rows.pop() !== '') throw badFrame('an online list ends each user with space, tab, newline and space')
  return rows.map(row => {
    const dash = row.lastIndexOf('-')
    const [name, address] = [row.slice(0, dash), row.slice(dash + 1)]
    if (dash < 1 || !isIPv4(address)) throw badFrame('an online list names each user as name-ip')
    return { name, address }
  })
}

export function encodeHeartbeat(beat: ClassicHeartbeat): Uint8Array {
  const packet = start(classicSizes.heartbeat, heartbeatType)
  writeText(packet, 1, nameSize, beat.username)
  writeText(packet, 11, nameSize, 'HELLO')
  packet[21] = key
  return packet
}

export function decodeHeartbeat(packet: Uint8Array): ClassicHeartbeat {
  const bytes = exactly(packet, classicSizes.heartbeat, 'heartbeat')
  if (bytes[0] !== heartbeatType) throw badFrame(`a heartbeat of type 5 was expected, type ${bytes[0]} came`)
  expectKey(bytes, 21)
  if (readText(bytes, 11, nameSize) !== 'HELLO') throw badFrame('a heartbeat carries HELLO')
  return { username: readText(bytes, 1, nameSize) }
}

export function encodePeerPacket(packet: ClassicPeerPacket): Uint8Array {
  const bytes = start(classicSizes.peer, packet.is === 'message' ? 0 : 1)
  writeText(bytes, 1, nameSize, packet.username)
  writeText(bytes, 11, textSize, packet.is === 'message' ? packet.text : peerTexts[packet.is])
  return bytes
}

export function decodePeerPacket(packet: Uint8Array): ClassicPeerPacket {
  const bytes = exactly(packet, classicSizes.peer, 'message')
  const username = readText(bytes, 1, nameSize)
  const text = readText(bytes, 11, textSize)
  if (bytes[0] === 0) return { is: 'message', username, text }
  if (bytes[0] !== 1) throw badFrame(`a message of type 0 or 1 was expected, type ${bytes[0]} came`)
  if (text === peerTexts['chat-request']) return { is: 'chat-request', username }
  if (text === peerTexts.notify) return { is: 'notify', username }
  throw badFrame('a message of type 1 carries CHAT REQUEST or New User')
}

const requestKinds = ['register', 'login', 'search', 'logout', 'online'] as const
const fixedFields = { logout: 'LOGOUT', online: 'All' } as const
const peerTexts = { 'chat-request': 'CHAT REQUEST', notify: 'New User' } as const
const codes: ReadonlySet<unknown> = new Set(Object.values(classicCodes))
const heartbeatType = 5
const key = 15
const nameSize = 10
const shortSize = 15
const textSize = 100
const rowEnd = ' \t\n '

function fieldOf(request: ClassicRequest): ClassicText {
  if ('password' in request) return request.password
  return 'sought' in request ? request.sought : fixedFields[request.is]
}

function listed(user: ClassicOnline): string {
  return `${user.name}-${user.address}${rowEnd}`
}

function isClassicCode(code: unknown): code is ClassicCode {
  return codes.has(code)
}

function start(size: number, type: number): Buffer {
  const packet = Buffer.alloc(size)
  packet[0] = type
  return packet
}

/** The same bytes as a Buffer, without a copy, once their number is right. */
function exactly(packet: Uint8Array, size: number, what: string): Buffer {
  if (packet.length !== size) throw badFrame(`a ${what} has ${size} bytes, ${packet.length} came`)
  return Buffer.isBuffer(packet) ? packet : Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
}

function expectKey(packet: Buffer, at: number): void {
  if (packet[at] !== key) throw badFrame(`byte ${at} was expected to be the key 15, ${packet[at]} came`)
}

function writeText(packet: Buffer, at: number, size: number, text: ClassicText): void {
  if (text === undefined) throw badFrame('a text that is not UTF-8 cannot be written')
  if (text.includes('\0')) throw badFrame('a text cannot hold a NUL, which is its padding')
  if (Buffer.byteLength(text, 'utf8') > size) throw badFrame(`a text was expected to fit ${size} bytes`)
  packet.write(text, at, size, 'utf8')
}

function readText(packet: Buffer, at: number, size: number): ClassicText {
  let end = at
  while (end < at + size && packet[end] !== 0) end += 1
  for (let rest = end; rest < at + size; rest += 1) {
    if (packet[rest] !== 0) throw badFrame(`the text at byte ${at} goes on behind its padding`)
  }
  return isUtf8(packet.subarray(at, end)) ? packet.toString('utf8', at, end) : undefined
}

function badFrame(why: string): ParleyError {
  return new ParleyError('bad-frame', `This is not a packet of the classic protocol: ${why}.`)
}
