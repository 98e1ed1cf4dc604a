import { toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import { type Frame, FrameSchema } from './parley_pb.ts'

/** Bytes before each frame: its length, big-endian. */
const lengthSize = 4

/** `frame` as it goes over a link: 4 bytes of length, then protobuf. Throws `bad-message` when no link would take it. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const body = toBinary(FrameSchema, frame)
  if (body.length > limits.frame) {
    throw new ParleyError('bad-message', `A frame of ${body.length} bytes is over the limit of ${limits.frame}.`)
  }
  const bytes = new Uint8Array(lengthSize + body.length)
  new DataView(bytes.buffer).setUint32(0, body.length)
  bytes.set(body, lengthSize)
  return bytes
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
  /** Of the unfinished frame: its length field first, then its body. */
  #held: Uint8Array<ArrayBuffer> = nothing
  #heldSize = 0
  #failed: ParleyError | undefined

  constructor(options: { readonly limit: number }) {
    this.limit = options.limit
  }

  /** Bytes of memory that the unfinished frame takes. */
  get held(): number {
    return this.#held.length
  }

  /**
   * The frames that `chunk` completes. Their bytes are copies: `chunk` may be used again, and no frame keeps it alive.
   * Throws `bad-frame` for a length over the limit, as soon as it is read, or for a malformed frame; then, and at every
   * later call, since nothing that follows can be told apart.
   */
  push(chunk: Uint8Array): Frame[] {
    if (this.#failed !== undefined) throw this.#failed
    try {
      return this.#cut(chunk)
    } catch (error) {
      this.#held = nothing
      if (error instanceof ParleyError) this.#failed = error
      throw error
    }
  }

  #cut(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let at = 0
    if (this.#heldSize > 0) {
      at = this.#fill(chunk, 0, lengthSize)
      if (this.#heldSize < lengthSize) return frames
      const whole = lengthSize + this.#lengthAt(this.#held, 0)
      at = this.#fill(chunk, at, whole)
      if (this.#heldSize < whole) return frames
      frames.push(decodeFrame(this.#held.slice(lengthSize, whole)))
      this.#held = nothing
      this.#heldSize = 0
    }
    while (chunk.length - at >= lengthSize) {
      const end = at + lengthSize + this.#lengthAt(chunk, at)
      if (end > chunk.length) break
      frames.push(decodeFrame(new Uint8Array(chunk.subarray(at + lengthSize, end))))
      at = end
    }
    this.#fill(chunk, at, Number.POSITIVE_INFINITY)
    return frames
  }

  /** Holds bytes of `chunk` from `at` on until `#heldSize` is `target`; returns where it stopped. */
  #fill(chunk: Uint8Array, at: number, target: number): number {
    const end = Math.min(chunk.length, at + Math.max(0, target - this.#heldSize))
    const size = this.#heldSize + end - at
    if (size > this.#held.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(size, 2 * this.#held.length), Math.max(size, lengthSize + this.limit)),
      )
      grown.set(this.#held.subarray(0, this.#heldSize))
      this.#held = grown
    }
    this.#held.set(chunk.subarray(at, end), this.#heldSize)
    this.#heldSize = size
    return end
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at, lengthSize).getUint32(0)
    if (length <= this.limit) return length
    throw new ParleyError('bad-frame', `A frame of ${length} bytes is over the limit of ${this.limit}.`)
  }
}

const nothing = new Uint8Array(0)
