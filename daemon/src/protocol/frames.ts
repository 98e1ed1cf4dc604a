import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder, encoder } from './codec.ts'
import { FilePartSchema, type Frame, FrameSchema, ReplySchema } from './parley_pb.ts'

/** Bytes before each frame: its length, big-endian. */
const lengthSize = 4

/** `frame` as it goes over a link: 4 bytes of length, then protobuf. Throws `bad-message` when no link would take it. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const bytes = writeFrame(frame, lengthSize)
  writeLength(bytes, bytes.length - lengthSize)
  return bytes
}

const writeFrame = encoder(FrameSchema)

/**
 * What goes before `bytes` so that both together are the frame of a reply with that part of a file. By hand, because the
 * library copies what is large once for each message that it is nested in, and files are where that costs most.
 * Throws `bad-message` when no link would take it.
 */
export function headOfFilePart(id: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  // Each head says how much follows it: the bytes within FilePart, that within Reply, that within Frame.
  const part = bytes.length === 0 ? [] : head(FilePartSchema.field.bytes.number, bytes.length)
  const reply = head(filePartField, part.length + bytes.length)
  const inFrame = head(FrameSchema.field.reply.number, reply.length + part.length + bytes.length)
  const start = id === 0 ? [] : [...varint(FrameSchema.field.id.number << 3), ...varint(id)]
  const all = Uint8Array.from([...lengthPlace, ...start, ...inFrame, ...reply, ...part])
  writeLength(all, all.length - lengthSize + bytes.length)
  return all
}

const lengthPlace = new Array<number>(lengthSize).fill(0)
const filePartField = ReplySchema.field.filePart.number

/** A length-delimited field (wire type 2) up to its bytes. */
function head(field: number, length: number): number[] {
  return [...varint((field << 3) | 2), ...varint(length)]
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left > 0x7f; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80)
  return [...bytes, left]
}

function writeLength(bytes: Uint8Array<ArrayBuffer>, length: number): void {
  if (length > limits.frame) {
    throw new ParleyError('bad-message', `A frame of ${length} bytes is over the limit of ${limits.frame}.`)
  }
  new DataView(bytes.buffer).setUint32(0, length)
}

/** A frame's bytes without the length before them. Throws nothing but `bad-frame`. */
const decodeFrame: (bytes: Uint8Array) => Frame = decoder(FrameSchema)

/**
 * Cuts the bytes of a link into frames. It never holds more than one unfinished frame of `limit` bytes, nor more than
 * twice what has arrived of it: a length alone costs the sender's peer nothing. Between frames it holds nothing.
 */
export class FrameReader {
  /** Largest frame in bytes; may be raised between two calls of `push`. */
  limit: number
  /** Of the unfinished frame, its length field first: what came in large pieces, and what came before them. */
  #pieces: Uint8Array[] = []
  /** What came after those, in small pieces. */
  #tail: Uint8Array<ArrayBuffer> = nothing
  #tailSize = 0
  #heldSize = 0
  /** Bytes of the unfinished frame with its length field, or of that field alone while it is not here. */
  #whole = 0
  #failed: ParleyError | undefined

  constructor(options: { readonly limit: number }) {
    this.limit = options.limit
  }

  /** Bytes of memory that the unfinished frame takes. */
  get held(): number {
    return this.#pieces.reduce((sum, { length }) => sum + length, this.#tail.length)
  }

  /**
   * The frames that `chunk` completes. Their bytes are copies: no frame keeps a chunk alive. A chunk that ends within a
   * frame must stay as it is until that frame is whole.
   * Throws `bad-frame` for a length over the limit, as soon as it is read, or for a malformed frame; then, and at every
   * later call, since nothing that follows can be told apart.
   */
  push(chunk: Uint8Array): Frame[] {
    if (this.#failed !== undefined) throw this.#failed
    try {
      return this.#cut(chunk)
    } catch (error) {
      this.#forget()
      if (error instanceof ParleyError) this.#failed = error
      throw error
    }
  }

  #cut(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    if (this.#heldSize > 0) {
      if (this.#heldSize < lengthSize) {
        at = this.#hold(chunk, 0)
        if (this.#heldSize < lengthSize) return frames
        this.#whole = lengthSize + this.#lengthAt(this.#tail, 0)
      }
      at = this.#hold(chunk, at)
      if (this.#heldSize < this.#whole) return frames
      const frame = this.#joined()
      this.#forget()
      frames.push(decodeFrame(frame.subarray(lengthSize)))
    }
    while (chunk.length - at >= lengthSize) {
      const end = at + lengthSize + this.#lengthAt(chunk, at)
      if (end > chunk.length) break
      frames.push(decodeFrame(new Uint8Array(chunk.subarray(at + lengthSize, end))))
      at = end
    }
    const isLengthHere = chunk.length - at >= lengthSize
    this.#whole = isLengthHere ? lengthSize + this.#lengthAt(chunk, at) : lengthSize
    this.#hold(chunk, at)
    return frames
  }

  /** Holds what `chunk` has from `at` on of the unfinished frame; returns where that ends. */
  #hold(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#whole - this.#heldSize)
    const piece = chunk.subarray(at, end)
    this.#heldSize += piece.length
    if (piece.length >= limits.framePiece) {
      if (this.#tailSize > 0) this.#pieces.push(this.#tail.subarray(0, this.#tailSize))
      this.#tail = nothing
      this.#tailSize = 0
      this.#pieces.push(piece)
    } else if (piece.length > 0) this.#append(piece)
    return end
  }

  #append(piece: Uint8Array): void {
    const size = this.#tailSize + piece.length
    if (size > this.#tail.length) {
      const left = this.#whole - this.#heldSize
      const grown = new Uint8Array(Math.max(size, Math.min(2 * this.#tail.length, size + left)))
      grown.set(this.#tail.subarray(0, this.#tailSize))
      this.#tail = grown
    }
    this.#tail.set(piece, this.#tailSize)
    this.#tailSize = size
  }

  /** The frame in one piece, which is its own. */
  #joined(): Uint8Array {
    if (this.#pieces.length === 0) return this.#tail.subarray(0, this.#tailSize)
    // Not cleared first: all of it is written.
    const { buffer } = Buffer.allocUnsafeSlow(this.#heldSize)
    const whole = new Uint8Array(buffer)
    let at = 0
    for (const piece of [...this.#pieces, this.#tail.subarray(0, this.#tailSize)]) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }

  #forget(): void {
    this.#pieces = []
    this.#tail = nothing
    this.#tailSize = 0
    this.#heldSize = 0
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, lengthSize).getUint32(0)
    if (length <= this.limit) return length
    throw new ParleyError('bad-frame', `A frame of ${length} bytes is over the limit of ${this.limit}.`)
  }
}

const nothing = new Uint8Array(0)
