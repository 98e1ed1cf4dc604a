import { hash as digest, type KeyObject, randomBytes } from 'node:crypto'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder, encoder } from './codec.ts'
import { type ConversationId, conversationId, type DeviceId, deviceId, fromText } from './ids.ts'
import { type Entry, EntrySchema, HeaderSchema } from './parley_pb.ts'
import { ecdsaP256, hashOf, signatureOf, verify } from './signed.ts'

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

/**
 * Signs and hashes a new entry. `prev` are hashes of heads, `body` the bytes of a Body (see bodies.ts). `conversation` is
 * empty in the entry that founds a room: its hash becomes the room's id.
 */
export function sealEntry(fields: {
  readonly conversation: ConversationId | ''
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
  const bodyHash = bodyHashOf(salt, body)
  checkHeader({ seq, prev, rights, kind, bodyHash, bodySize: body.length })
  const header = writeHeader({
    $typeName: HeaderSchema.typeName,
    conversation: fromText(conversation),
    device: fromText(device),
    seq: BigInt(seq),
    prev: [...prev],
    time,
    rights: [...rights],
    kind,
    bodyHash,
    bodySize: body.length,
  })
  const signature = signatureOf('entry', header, privateKey)
  const entry: Entry = {
    $typeName: EntrySchema.typeName,
    ...{ header, salt: new Uint8Array(salt), body: new Uint8Array(body), signature, alg: ecdsaP256 },
  }
  return { entry, hash: hashOf('entry', header) }
}

/**
 * The header and hash of an entry, checked in shape but not for its signature or body. Throws `forged` for a header
 * that no honest author writes, `bad-frame` for one that is malformed.
 */
export function readHeader(entry: Entry): ReadEntry {
  return readHeaderWith(entry, conversationId, deviceId)
}

/** {@link readHeader} of entries of which most are of one log: what is equal from one to the next is turned to text once. */
export function headerReader(): (entry: Entry) => ReadEntry {
  const conversationOf = remembering(conversationId)
  const deviceOf = remembering(deviceId)
  return entry => readHeaderWith(entry, conversationOf, deviceOf)
}

function remembering<Id>(textOf: (bytes: Uint8Array) => Id): (bytes: Uint8Array) => Id {
  let last: { readonly bytes: Uint8Array; readonly id: Id } | undefined
  return bytes => {
    if (last === undefined || Buffer.compare(last.bytes, bytes) !== 0) last = { bytes, id: textOf(bytes) }
    return last.id
  }
}

function readHeaderWith(
  entry: Entry,
  conversationOf: (bytes: Uint8Array) => ConversationId,
  deviceOf: (bytes: Uint8Array) => DeviceId,
): ReadEntry {
  if (entry.header.length > limits.header) throw forged(`its header has more than ${limits.header} bytes`)
  const fields = decodeHeader(entry.header)
  const hash = hashOf('entry', entry.header)
  // The first entry of a room founds it: the room's id is this entry's hash, which it cannot contain.
  const founds = fields.conversation.length === 0 && fields.seq === 1n
  const header: EntryHeader = {
    conversation: conversationOf(founds ? hash : fields.conversation),
    device: deviceOf(fields.device),
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

/** Whether the entry carries a signature of its header by `publicKey`. In a run the last one vouches for all before it. */
export function isSigned({ alg, signature, header }: Entry, publicKey: KeyObject): boolean {
  return verify('entry', { alg, payload: header, signature }, publicKey)
}

/** Whether salt and body are those that the header speaks of. Not so when they were dropped. */
export function hasSignedBody({ entry: { salt, body }, header }: ReadEntry): boolean {
  if (salt.length !== saltSize || body.length !== header.bodySize) return false
  return bodyHashOf(salt, body).equals(header.bodyHash)
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
const writeHeader = encoder(HeaderSchema)

function checkHeader(header: Omit<EntryHeader, 'conversation' | 'device' | 'time'>): void {
  const { seq, prev, rights, kind, bodyHash, bodySize } = header
  if (seq < 1 || seq >= limits.seq) throw forged(`its number is ${seq}`)
  if (prev.length > limits.branches) throw forged(`it follows ${prev.length} branches`)
  if (prev.length === 0 ? seq !== 1 : seq < 2) throw forged('its number does not fit what it follows')
  if (rights.length > limits.rights) throw forged(`it names ${rights.length} rights`)
  if (bodyHash.length !== hashSize || !areHashes(prev) || !areHashes(rights))
    throw forged('a hash in it has a wrong size')
  if (prev.length > 1 && new Set(prev.map(each => Buffer.from(each).toString('hex'))).size !== prev.length)
    throw forged('it follows a branch twice')
  if (kind < lowestKind || kind > highestKind) throw forged(`its kind is ${kind}`)
  if (bodySize > limits.body) throw forged(`its body should have ${bodySize} bytes`)
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every(each => each.length === hashSize)
}

function bodyHashOf(salt: Uint8Array, body: Uint8Array): Buffer {
  return digest('sha256', Buffer.concat([salt, body]), 'buffer')
}

function forged(what: string): ParleyError {
  return new ParleyError('forged', `A message was not accepted: ${what}.`)
}
