import { createHash, hash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type FileHash, fileHash, fromText } from './ids.ts'
import { type File, FileSchema } from './parley_pb.ts'

/** A file as a message names it: what is shown of it, and the hash by which its bytes are fetched. */
export interface Attachment {
  readonly hash: FileHash
  /** Fit to be a file's name anywhere: see {@link safeFileName}. */
  readonly name: string
  /** In bytes, as the sender says; the hash alone decides what is taken. */
  readonly size: number
  readonly type: string
  /** px, of images */
  readonly width?: number
  readonly height?: number
}

/** Bytes of the hash of one chunk. */
export const chunkHashSize = 32

/** How many chunks a file of that many bytes has; an empty one has none. */
export function chunksOf(size: number): number {
  return Math.ceil(size / limits.fileChunk)
}

/** The hash of one chunk. */
export function hashOfChunk(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** The hash of a file by the hashes of its chunks, in order, as one piece of bytes. */
export function hashOfFile(chunkHashes: Uint8Array): FileHash {
  return fileHash(createHash('sha256').update(chunkHashes).digest())
}

/**
 * A file of a message that somebody has sent. A name or type that could mislead is made harmless; the rest must hold.
 * @throws ParleyError `bad-message`
 */
export function readAttachment(file: File): Attachment {
  if (file.hash.length !== chunkHashSize) {
    throw new ParleyError('bad-message', `The hash of a file has ${chunkHashSize} bytes, not ${file.hash.length}.`)
  }
  if (file.size > BigInt(limits.fileSize)) {
    throw new ParleyError('bad-message', `A file has at most ${limits.fileSize} bytes, not ${file.size}.`)
  }
  const { width, height } = file
  const isImage = width > 0 && height > 0 && Math.max(width, height) <= limits.imageSide
  return {
    hash: fileHash(file.hash),
    name: safeFileName(file.name),
    size: Number(file.size),
    type: safeMediaType(file.type),
    ...(isImage && { width, height }),
  }
}

/** A file as the wire and stored rows have it. */
export function fileOf({ hash, name, size, type, width = 0, height = 0 }: Attachment): File {
  return create(FileSchema, { hash: fromText(hash), name, size: BigInt(size), type, width, height })
}

/**
 * A name that leads nowhere else and looks like what it is, on every system: no folders, controls or characters that turn
 * text round, nothing that Windows takes for a device or cuts off, and at most `limits.fileName` bytes. Made of its own
 * result, it is the same again.
 */
export function safeFileName(given: string): string {
  const last = given.toWellFormed().split(/[/\\]/).at(-1) ?? ''
  const plain = last
    .replace(misleading, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/\s+/g, ' ')
    .normalize('NFC')
  const name = trimmed(plain)
  return trimmed(shortened(device.test(name) ? `_${name}` : name)) || 'file'
}

/** Windows drops dots and spaces at the end of a name, so that `evil.exe .` would be another file there. */
function trimmed(name: string): string {
  return name.replace(/^ +|[ .]+$/g, '')
}

/** Cut in its stem, so that its extension stays. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= limits.fileName) return name
  const [extension = ''] = /\.[^. ]{1,16}$/.exec(name) ?? []
  let stem = ''
  let left = limits.fileName - Buffer.byteLength(extension)
  for (const { segment } of new Intl.Segmenter().segment(name.slice(0, limits.fileName))) {
    left -= Buffer.byteLength(segment)
    if (left < 0) break
    stem += segment
  }
  return stem + extension
}

/** A media type in its usual form (RFC 6838, section 4.2), without parameters; anything else says nothing. */
function safeMediaType(type: string): string {
  const plain = type.toLowerCase()
  return plain.length <= limits.mediaType && mediaType.test(plain) ? plain : 'application/octet-stream'
}

const mediaType = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/

/** Controls, line and paragraph separators, all of Unicode's bidi controls (UAX #9, section 2), and invisible tags. */
const misleading = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff\u{e0000}-\u{e007f}]/gu

/** Names that Windows takes for devices, with whatever extension ("Naming Files, Paths, and Namespaces"). */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)/i
