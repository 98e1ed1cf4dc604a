import { hash as digest, type KeyObject, randomBytes } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import { type ConversationId, conversationId, type DeviceId, deviceId, fromText } from './ids.ts'
import { type Entry, EntrySchema, HeaderSchema } from './parley_pb.ts'
import { ecdsaP256, hashOf, signatureOf, verify } from './signed.ts'

export { checkText, type EntryBody, encodeText, readBody, textKind } from './bodies.ts'

/** The signed part of an entry. */
export interface EntryHeader {
  readonly conversation: ConversationId
  readonly device: DeviceId
  /** 1 + the highest among those in `prev`; below 2⁴⁴. */
  readonly seq: number
  /** Hashes of the heads of this device's log that the author knew; none in a log's first entry. */
  readonly prev: readonly Uint8Array[]
  /** Hybrid logical clock. */
  readonly time: bigint
  readonly rights: readonly Uint8Array[]
  /** The field number of the body's oneof. */
  readonly kind: number
  readonly bodyHash: Uint8Array
  /** Bytes. */
  readonly bodySize: number
}

export interface ReadEntry {
  readonly entry: Entry
  readonly header: EntryHeader
  /** The entry's identity, 32 bytes: the hash of its header. */
  readonly hash: Uint8Array
}

/** Signs and hashes a new entry. `prev` are hashes of heads, `body` the bytes of a Body (see bodies.ts). */
export function sealEntry(fields: {
  readonly conversation: ConversationId
  readonly device: DeviceId
  readonly seq: number
  readonly prev: readonly Uint8Array[]
  readonly time: bigint
  readonly kind: number
  readonly body: Uint8Array
  readonly privateKey: KeyObject
  readonly rights?: readonly Uint8Array[]
}): { entry: Entry; hash: Uint8Array } {
  const { conversation, device, seq, prev, time, kind, body, privateKey, rights = [] } = fields
  if (body.length > limits.body) {
    throw new ParleyError(
      'bad-message',
      `The body of a message has ${body.length} bytes; at most ${limits.body} fit. Shorten it.`,
    )
  }
  const salt = randomBytes(saltSize)
  const header = toBinary(
    HeaderSchema,
    create(HeaderSchema, {
      conversation: fromText(conversation),
      device: fromText(device),
      seq: BigInt(seq),
      prev: [...prev],
      time,
      rights: [...rights],
      kind,
      bodyHash: bodyHashOf(salt, body),
      bodySize: body.length,
    }),
  )
  const signature = signatureOf('entry', header, privateKey)
  const entry = create(EntrySchema, { header, salt: new Uint8Array(salt), body, signature, alg: ecdsaP256 })
  return { entry, hash: readHeader(entry).hash }
}

/** The bytes of an Entry, unread. Throws nothing but `bad-frame`. */
export const decodeEntry: (bytes: Uint8Array) => Entry = decoder(EntrySchema)

/**
 * The header and hash of an entry, checked in shape but not for its signature or body. Throws `forged` for a header
 * that no honest author writes, `bad-frame` for one that is malformed.
 */
export function readHeader(entry: Entry): ReadEntry {
  if (entry.header.length > limits.header) throw forged(`its header has more than ${limits.header} bytes`)
  const fields = decodeHeader(entry.header)
  const hash = hashOf('entry', entry.header)
  // The first entry of a room founds it: the room's id is this entry's hash, which it cannot contain.
  const founds = fields.conversation.length === 0 && fields.seq === 1n
  const header: EntryHeader = {
    conversation: conversationId(founds ? hash : fields.conversation),
    device: deviceId(fields.device),
    seq: Number(fields.seq),
    prev: fields.prev,
    time: fields.time,
    rights: fields.rights,
    kind: fields.kind,
    bodyHash: fields.bodyHash,
    bodySize: fields.bodySize,
  }
  checkHeader(header)
  return { entry, header, hash }
}

/** Checks one entry that carries a signature: header, body and signature. Throws as {@link checkRun}. */
export function checkEntry(entry: Entry, publicKey: KeyObject): ReadEntry {
  const read = readHeader(entry)
  checkBody(read)
  checkSignature(read, publicKey)
  return read
}

/**
 * Checks a run: consecutive entries of one log, oldest first, each naming the one before. Given `expectedHead`, the
 * first must follow it; `null` means that it must begin the log.
 *
 * The last signature vouches for all before it, through the hashes; signatures inside the run are not looked at, so the
 * entries returned do not have them: nobody stores a signature that nobody checked.
 *
 * Throws `bad-signature` when the last is not signed by `publicKey`, `forged` when a link or body does not hold (or the
 * run is empty), `bad-frame` when something is malformed.
 */
export function checkRun(
  entries: readonly Entry[],
  publicKey: KeyObject,
  expectedHead?: { readonly hash: Uint8Array; readonly seq: number } | null,
): ReadEntry[] {
  const run = entries.map(readHeader)
  const [first, last] = [run[0], run.at(-1)]
  if (first === undefined || last === undefined) throw new ParleyError('forged', 'A run of messages is empty.')
  if (expectedHead === null && first.header.prev.length > 0) throw forged('it should begin its log, and does not')
  let before = expectedHead ?? undefined
  for (const read of run) {
    if (read.header.device !== first.header.device) throw forged('it is of another log than the run')
    if (read.header.conversation !== first.header.conversation)
      throw forged('it is of another conversation than the run')
    if (before !== undefined) checkLink(read.header, before)
    checkBody(read)
    before = { hash: read.hash, seq: read.header.seq }
  }
  checkSignature(last, publicKey)
  return run.map(read => (read === last ? read : { ...read, entry: withoutSignature(read.entry) }))
}

/** Whether the salt and body were dropped, as deletion and voiding do; what is left is the header. */
export function isStripped(entry: Entry): boolean {
  return entry.salt.length === 0 && entry.body.length === 0
}

const saltSize = 16
const hashSize = 32
/** Body fields below this are common to all kinds. */
const lowestKind = 16
/** The largest field number of protobuf. */
const highestKind = 2 ** 29 - 1

const decodeHeader = decoder(HeaderSchema)

function checkHeader(header: EntryHeader): void {
  const { seq, prev, rights, kind, bodyHash, bodySize } = header
  if (seq < 1 || seq >= limits.seq) throw forged(`its number is ${seq}`)
  if (prev.length > limits.branches) throw forged(`it follows ${prev.length} branches`)
  if (prev.length === 0 ? seq !== 1 : seq < 2) throw forged('its number does not fit what it follows')
  if (rights.length > limits.rights) throw forged(`it names ${rights.length} rights`)
  if ([bodyHash, ...prev, ...rights].some(each => each.length !== hashSize))
    throw forged('a hash in it has a wrong size')
  if (new Set(prev.map(each => Buffer.from(each).toString('hex'))).size !== prev.length)
    throw forged('it follows a branch twice')
  if (kind < lowestKind || kind > highestKind) throw forged(`its kind is ${kind}`)
  if (bodySize > limits.body) throw forged(`its body should have ${bodySize} bytes`)
}

function checkLink(header: EntryHeader, before: { readonly hash: Uint8Array; readonly seq: number }): void {
  if (!header.prev.some(hash => Buffer.compare(hash, before.hash) === 0))
    throw forged('it does not follow the one before')
  // With several branches in prev the highest of them decides, and only that one's author knows it here.
  const fits = header.prev.length === 1 ? header.seq === before.seq + 1 : header.seq > before.seq
  if (!fits) throw forged(`it has number ${header.seq} after ${before.seq}`)
}

function checkBody({ entry, header }: ReadEntry): void {
  if (isStripped(entry)) return
  if (entry.salt.length !== saltSize) throw forged('its salt has a wrong size')
  if (entry.body.length !== header.bodySize) throw forged('its body has another size than was signed')
  if (bodyHashOf(entry.salt, entry.body).equals(header.bodyHash)) return
  throw forged('its body is not the one that was signed')
}

function checkSignature({ entry, header }: ReadEntry, publicKey: KeyObject): void {
  const { alg, signature, header: payload } = entry
  if (verify('entry', { alg, payload, signature }, publicKey)) return
  throw new ParleyError(
    'bad-signature',
    `Message ${header.seq} of a log is not signed by its device. It was not accepted.`,
  )
}

function withoutSignature(entry: Entry): Entry {
  return { ...entry, signature: new Uint8Array(0), alg: 0 }
}

function bodyHashOf(salt: Uint8Array, body: Uint8Array): Buffer {
  return digest('sha256', Buffer.concat([salt, body]), 'buffer')
}

function forged(what: string): ParleyError {
  return new ParleyError('forged', `A message was not accepted: ${what}.`)
}
