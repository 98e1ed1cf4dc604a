import type { Socket } from 'node:net'

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
  #room: PromiseWithResolvers<void> | undefined

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

  /** Resolves at once under the high-water mark, else when it is reached again; rejects when the link closes. */
  room(): Promise<void> {
    if (!this.isFull) return ready
    if (this.#room === undefined) {
      this.#room = Promise.withResolvers()
      this.#room.promise.catch(() => {})
    }
    return this.#room.promise
  }

  flush(): void {
    const frames = this.#frames
    if (frames === undefined) return
    this.#frames = undefined
    const [first] = frames
    const bytes = frames.length === 1 && first ? first : Buffer.concat(frames, this.#bytes)
    this.#bytes = 0
    if (this.#socket.writable) this.#socket.write(bytes, () => this.#written())
  }

  /** Lets those who wait go with the error that `why` makes, and forgets frames that have not left. */
  close(why: () => Error): void {
    this.#frames = undefined
    this.#bytes = 0
    this.#room?.reject(why())
    this.#room = undefined
  }

  #written(): void {
    if (this.isFull) return
    this.#room?.resolve()
    this.#room = undefined
    this.#sent()
  }
}

const ready = Promise.resolve()

function flush(outbox: Outbox): void {
  outbox.flush()
}
