import { ParleyError } from '../errors.ts'

/**
 * Cuts a stream of bytes, however split or joined, into classic packets of one size. Holds less than one packet.
 */
export class ClassicReader {
  readonly #size: number
  readonly #highestType: number
  readonly #part: Buffer
  #held = 0

  /** `size` in bytes; packets whose first byte is over `highestType` are refused at that byte. */
  constructor({ size, highestType }: { size: number; highestType: number }) {
    this.#size = size
    this.#highestType = highestType
    this.#part = Buffer.alloc(size)
  }

  /** Bytes held of a packet that has begun. */
  get held(): number {
    return this.#held
  }

  /**
   * The packets that `chunk` completes, in order; to be taken to the end before the next push. A packet is good until
   * the next one is asked for. Throws `bad-frame` at a packet of unknown type, after those before it.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let at = 0
    while (at < chunk.length) {
      if (this.#held === 0) this.#expectType(chunk[at])
      const missing = this.#size - this.#held
      const end = Math.min(at + missing, chunk.length)
      if (this.#held === 0 && end - at === this.#size) {
        yield chunk.subarray(at, end)
        at = end
        continue
      }
      this.#part.set(chunk.subarray(at, end), this.#held)
      this.#held += end - at
      at = end
      if (this.#held < this.#size) return
      this.#held = 0
      yield this.#part
    }
  }

  #expectType(type: number | undefined): void {
    if (type !== undefined && type <= this.#highestType) return
    throw new ParleyError(
      'bad-frame',
      `This is not a packet of the classic protocol: a type of 0 to ${this.#highestType} was expected, ${type} came.`,
    )
  }
}
