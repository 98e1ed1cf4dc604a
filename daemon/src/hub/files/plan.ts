import { limits } from '../../limits.ts'
import type { Lane } from './lane.ts'
import type { Part } from './part.ts'

interface Asked {
  /** Who was asked and has not answered. */
  readonly lanes: Set<Lane>
  /** When somebody was asked last. */
  at: number
}

/**
 * Which chunk of a file is asked of whom: each of one holder, and of another one too when that one hangs. It begins
 * anywhere, so that several who fetch a file from one holder soon have something for each other.
 */
export class Plan {
  readonly #part: Pick<Part, 'chunks' | 'has'>
  readonly #first: number
  /** How many were passed, from the first one on, round to it again. */
  #passed = 0
  readonly #again = new Set<number>()
  readonly #asked = new Map<number, Asked>()
  /** What those have who are fetching it as well, as far as they have said. */
  readonly #here = new Map<Lane, Uint8Array>()

  /** `first`: the chunk that is asked for first. */
  constructor(part: Pick<Part, 'chunks' | 'has'>, first: number) {
    this.#part = part
    this.#first = first
  }

  get isWaiting(): boolean {
    return this.#asked.size > 0
  }

  /** What is to be asked of that holder next, which counts as asked from then on; undefined: nothing for now. */
  take(lane: Lane): number | undefined {
    const chunk = this.#repeated(lane) ?? this.#unasked(lane) ?? this.#hanging(lane)
    if (chunk === undefined) return undefined
    const asked = this.#asked.get(chunk) ?? { lanes: new Set(), at: 0 }
    asked.lanes.add(lane)
    asked.at = performance.now()
    this.#asked.set(chunk, asked)
    return chunk
  }

  /** That holder has answered, whatever it said. */
  answered(lane: Lane, chunk: number): void {
    const asked = this.#asked.get(chunk)
    asked?.lanes.delete(lane)
    if (asked && asked.lanes.size > 0 && !this.#part.has(chunk)) return
    this.#asked.delete(chunk)
    if (!this.#part.has(chunk)) this.#again.add(chunk)
  }

  /** That holder has not got all of it: `here` has a bit for each chunk. */
  learned(lane: Lane, here: Uint8Array): void {
    this.#here.set(lane, here)
  }

  /** Whether nothing that is lacking here is there, as far as that holder has said. */
  isUseless(lane: Lane): boolean {
    if (!this.#here.has(lane)) return false
    for (let chunk = 0; chunk < this.#part.chunks; chunk++) {
      if (!this.#part.has(chunk) && this.#mayHave(lane, chunk)) return false
    }
    return true
  }

  /** That holder may have more by now. */
  forget(lane: Lane): void {
    this.#here.delete(lane)
  }

  #repeated(lane: Lane): number | undefined {
    for (const chunk of this.#again) {
      if (!this.#mayHave(lane, chunk)) continue
      this.#again.delete(chunk)
      if (this.#isOpen(chunk)) return chunk
    }
    return undefined
  }

  #unasked(lane: Lane): number | undefined {
    const { chunks } = this.#part
    if (!this.#here.has(lane)) {
      while (this.#passed < chunks) {
        const chunk = (this.#first + this.#passed++) % chunks
        if (this.#isOpen(chunk)) return chunk
      }
      return undefined
    }
    for (let passed = this.#passed; passed < chunks; passed++) {
      const chunk = (this.#first + passed) % chunks
      if (this.#isOpen(chunk) && this.#mayHave(lane, chunk)) return chunk
    }
    return undefined
  }

  #hanging(lane: Lane): number | undefined {
    const late = performance.now() - limits.fileStall
    for (const [chunk, { lanes, at }] of this.#asked) {
      if (at <= late && !lanes.has(lane) && this.#mayHave(lane, chunk)) return chunk
    }
    return undefined
  }

  #isOpen(chunk: number): boolean {
    return !this.#part.has(chunk) && !this.#asked.has(chunk)
  }

  #mayHave(lane: Lane, chunk: number): boolean {
    const here = this.#here.get(lane)
    return here === undefined || (((here[chunk >> 3] ?? 0) >> (chunk & 7)) & 1) === 1
  }
}
