import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Log } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Deadlines } from '../../net/deadlines.ts'
import { type ClassicRequest, classicSizes, decodeRequest } from '../../protocol/classic.ts'
import { ClassicReader } from '../../protocol/classic-reader.ts'

/** What a connection is given by its server. */
export interface ConnectionParts {
  readonly socket: Socket
  readonly address: string
  readonly log: Log
  answer(request: ClassicRequest, signal: AbortSignal): Uint8Array | Promise<Uint8Array>
  /** Deadline of silence between requests. */
  readonly idle: Deadlines<ClassicConnection>
  /** Deadline of a packet that has begun, and of an answer that waits to be taken. */
  readonly packet: Deadlines<ClassicConnection>
  closed(): void
}

/**
 * One client's connection: requests in, however split or joined, and answers out in their order, one write each. Takes
 * nothing more while a request is being answered or an answer waits to be taken, so it holds the socket's own buffer,
 * one chunk and one answer.
 */
export class ClassicConnection {
  readonly #parts: ConnectionParts
  readonly #reader = new ClassicReader({ size: classicSizes.request, highestType: 4 })
  readonly #ended = new AbortController()
  #isServing = false
  #hasBegun = false

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  get address(): string {
    return this.#parts.address
  }

  /** Begins with what the port has read already. */
  start(first: Buffer): void {
    const { socket, address, log } = this.#parts
    socket.setTimeout(0)
    socket.allowHalfOpen = true // who has ended its side still gets its answers
    socket.setNoDelay(true)
    socket.on('error', error => log.debug({ error, address }, 'A classic connection broke'))
    socket.on('readable', () => void this.#take(null))
    socket.on('end', () => this.#leave())
    socket.once('close', () => this.#end())
    if (socket.destroyed) this.#end()
    else void this.#take(first)
  }

  /** Closes at once. */
  destroy(): void {
    this.#parts.socket.destroy()
  }

  /** A packet or an answer has taken too long. */
  expire(): void {
    if (this.#ended.signal.aborted) this.destroy()
    else this.#refuse('a packet once begun, and an answer to be taken, may last 10 s.')
  }

  /** Serves `first`, then whatever else has come, until there is nothing left. */
  async #take(first: Buffer | null): Promise<void> {
    const { socket, idle, log } = this.#parts
    if (this.#isServing) return
    this.#isServing = true
    try {
      for (let chunk = first ?? socket.read(); chunk !== null; chunk = socket.read()) {
        idle.delete(this)
        await this.#serve(chunk)
      }
      this.#rest()
    } catch (error) {
      if (this.#ended.signal.aborted) return
      if (error instanceof ParleyError && error.code === 'bad-frame') this.#refuse(error.message)
      else {
        log.error({ error, address: this.address }, 'A classic connection failed')
        this.destroy()
      }
    } finally {
      this.#isServing = false
      this.#leave()
    }
  }

  /** Closes once the client has ended its side and has all its answers. */
  #leave(): void {
    if (this.#parts.socket.readableEnded && !this.#isServing) this.#parts.socket.end()
  }

  async #serve(chunk: Buffer): Promise<void> {
    const { socket, answer } = this.#parts
    let sliceEnd = performance.now() + limits.slice
    for (const packet of this.#reader.push(chunk)) {
      this.#complete()
      const response = await answer(decodeRequest(packet), this.#ended.signal)
      if (!socket.write(response)) await this.#drained()
      if (performance.now() < sliceEnd) continue
      await setImmediate(undefined, { signal: this.#ended.signal })
      sliceEnd = performance.now() + limits.slice
    }
  }

  async #drained(): Promise<void> {
    const { socket, packet } = this.#parts
    packet.add(this)
    await once(socket, 'drain', { signal: this.#ended.signal })
    packet.delete(this)
  }

  /** The packet that had begun is whole. */
  #complete(): void {
    if (this.#hasBegun) this.#parts.packet.delete(this)
    this.#hasBegun = false
  }

  /** All that came is answered: waits for the rest of a packet, or for the next one. */
  #rest(): void {
    if (this.#ended.signal.aborted) return
    const hasBegun = this.#reader.held > 0
    if (!hasBegun) this.#parts.idle.add(this)
    else if (!this.#hasBegun) this.#parts.packet.add(this)
    this.#hasBegun = hasBegun
  }

  /** Closes with a line in the log, after the answers that are on their way. */
  #refuse(why: string): void {
    const { socket, address, log, packet } = this.#parts
    log.warn({ address }, `A classic connection was closed: ${why}`)
    this.#ended.abort()
    socket.removeAllListeners('readable')
    socket.destroySoon()
    if (!socket.destroyed) packet.add(this)
  }

  #end(): void {
    this.#ended.abort()
    this.#parts.idle.delete(this)
    this.#parts.packet.delete(this)
    this.#parts.closed()
  }
}
