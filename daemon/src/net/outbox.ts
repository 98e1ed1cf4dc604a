import type { Socket } from 'node:net'
import { limits } from '../limits.ts'

/**
 * The sending half of a link: frames put in one tick leave in one write (one TLS record for many small frames), and
 * whoever makes many can wait until most are gone.
 */
export class Outbox {
  readonly #socket: Socket
  readonly #highWater: number
  /** Called when bytes have left. */
  readonly #sent: () => void
  #frames: Uint8Array[] | undefined
  #bytes = 0
  /** Who waits, by the unsent bytes that they wait for. */
  #rooms: Map<number, PromiseWithResolvers<void>> | undefined

  constructor(socket: Socket, highWater: number, sent: () => void) {
    this.#socket = socket
    this.#highWater = highWater
    this.#sent = sent
  }

  /** Bytes that the system has not taken yet. */
  get unsent(): number {
    return this.#bytes + this.#socket.writableLength
  }

  get isFull(): boolean {
    return this.unsent > this.#highWater
  }

  put(frame: Uint8Array): void {
    this.#bytes += frame.length
    if (this.#frames !== undefined) {
      this.#frames.push(frame)
      return
    }
    this.#frames = [frame]
    // After the microtasks of this tick: replies that handlers resolve together leave together.
    process.nextTick(flush, this)
  }

  /** Resolves at once while at most `below` bytes are unsent, else when that is so again; rejects when the link closes. */
  room(below?: number): Promise<void> {
    return this.roomBelow(below) ?? ready
  }

  /** undefined while at most `below` bytes are unsent, else what resolves when that is so again. */
  roomBelow(below: number = this.#highWater): Promise<void> | undefined {
    if (this.unsent <= below) return undefined
    this.#rooms ??= new Map()
    const known = this.#rooms.get(below)
    if (known) return known.promise
    const room = Promise.withResolvers<void>()
    room.promise.catch(() => {})
    this.#rooms.set(below, room)
    return room.promise
  }

  flush(): void {
    const frames = this.#frames
    if (frames === undefined) return
    this.#frames = undefined
    this.#bytes = 0
    if (!this.#socket.writable) return
    let small: Uint8Array[] = []
    for (const frame of frames) {
      if (frame.length < limits.frameAlone) {
        small.push(frame)
        continue
      }
      this.#write(small)
      small = []
      this.#write([frame])
    }
    this.#write(small)
  }

  #write(frames: readonly Uint8Array[]): void {
    const [first] = frames
    if (first === undefined) return
    this.#socket.write(frames.length === 1 ? first : Buffer.concat(frames), () => this.#written())
  }

  /** Lets those who wait go with the error that `why` makes, and forgets frames that have not left. */
  close(why: () => Error): void {
    this.#frames = undefined
    this.#bytes = 0
    for (const room of this.#rooms?.values() ?? []) room.reject(why())
    this.#rooms = undefined
  }

  #written(): void {
    const { unsent } = this
    for (const [below, room] of this.#rooms ?? []) {
      if (unsent > below) continue
      this.#rooms?.delete(below)
      room.resolve()
    }
    if (unsent <= this.#highWater) this.#sent()
  }
}

/** A rejection that ends no process when nobody looks at it. */
export function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error)
  promise.catch(() => {})
  return promise
}

const ready = Promise.resolve()

function flush(outbox: Outbox): void {
  outbox.flush()
}
