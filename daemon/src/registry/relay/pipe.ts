import type { Socket } from 'node:net'
import type { Share, Turns } from './turns.ts'

/** What a pipe needs of the relay. */
interface PipeOwner {
  readonly turns: Turns
  /** The relay's time, in its own ticks. */
  readonly now: number
  /** One side is gone, and with it the other as soon as it has what was for it. */
  ended(pipe: Pipe): void
  /** Ends a socket after what is on its way, and destroys it when that takes long. */
  finish(socket: Socket): void
}

/**
 * Two connections, each given what the other one sends: chunks are handed on as they were read, never copied, and one
 * side is read only while the other takes. At most one chunk (64 KiB) beyond the socket's own mark waits in each direction.
 */
export class Pipe {
  /** Bytes moved, both ways together. */
  bytes = 0
  /** When something was moved last, in ticks of the relay. */
  moved: number
  readonly #owner: PipeOwner
  readonly #ends: readonly [Socket, Socket]
  #isOver = false

  constructor(ends: readonly [Socket, Socket], owner: PipeOwner) {
    this.#owner = owner
    this.#ends = ends
    this.moved = owner.now
    const [a, b] = ends
    this.#join(a, b)
    this.#join(b, a)
  }

  /** Ends both sides at once. */
  cut(): void {
    for (const socket of this.#ends) socket.destroy()
  }

  #join(from: Socket, to: Socket): void {
    const { turns } = this.#owner
    let isResting = false
    const resume = () => {
      if (!isResting && !to.writableNeedDrain) from.resume()
    }
    const goOn = () => {
      isResting = false
      resume()
    }
    const share: Share = { mover: { goOn }, turn: -1, spent: 0 }
    from.on('data', chunk => {
      this.bytes += chunk.length
      this.moved = this.#owner.now
      const hasRoom = to.write(chunk)
      const mustRest = turns.spend(share, chunk.length)
      if (mustRest) isResting = true
      if (mustRest || !hasRoom) from.pause()
    })
    to.on('drain', resume)
    from.on('end', () => this.#over())
    from.on('close', () => this.#over())
    from.resume()
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const socket of this.#ends) {
      socket.resume() // what still comes is dropped
      this.#owner.finish(socket)
    }
    this.#owner.ended(this)
  }
}
