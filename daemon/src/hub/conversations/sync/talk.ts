import type { Log } from '@parley/kit'
import { limits } from '../../../limits.ts'
import type { Event } from '../../../protocol/parley_pb.ts'
import type { PeerLink } from '../types.ts'
import type { Exchange } from './exchange.ts'

type Frame = Event['is']

/**
 * Says what there is to say over one link, one frame at a time, each made only when the link takes it: small frames first,
 * which let the other side go on, then entries of each conversation in turn while there is credit.
 */
export class Talk {
  readonly #link: PeerLink
  readonly #log: Log
  readonly #more: () => Frame | undefined
  readonly #rest: (exchange: Exchange) => void
  /** Those that have something to say. */
  readonly #ready = new Set<Exchange>()
  /** Those that have entries to send. */
  readonly #sending = new Set<Exchange>()
  #credit = 0
  #wakes = 0
  #isTalking = false
  #timer: NodeJS.Timeout | undefined

  /** `more`: what is to be said before anything of the exchanges. `rest`: an exchange has nothing to say or send for now. */
  constructor(link: PeerLink, log: Log, more: () => Frame | undefined, rest: (exchange: Exchange) => void) {
    this.#link = link
    this.#log = log
    this.#more = more
    this.#rest = rest
  }

  /** An exchange has something to say, or to send. */
  add(exchange: Exchange): void {
    this.#ready.add(exchange)
    this.wake()
  }

  /** The other side takes more bytes of entries. */
  grant(bytes: number): void {
    if (bytes === 0) return
    this.#credit = Math.min(this.#credit + bytes, limits.creditCeiling)
    this.wake()
  }

  wake(): void {
    this.#wakes++
    if (this.#isTalking || this.#link.signal.aborted) return
    this.#isTalking = true
    this.#talk().then(
      () => undefined,
      error => this.failed(error),
    )
  }

  /** What cannot be read now may be read in a moment, and nobody else would ask for it. */
  failed(error: unknown): void {
    if (this.#link.signal.aborted) return
    this.#log.warn({ error, peer: this.#link.user }, 'Something could not be sent to a peer; trying again.')
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.wake()
    }, limits.askAgain).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#ready.clear()
    this.#sending.clear()
  }

  async #talk(): Promise<void> {
    try {
      // Whatever one turn of the event loop brings is said together.
      await Promise.resolve()
      while (!this.#link.signal.aborted) {
        const wakes = this.#wakes
        const frame = await this.#next()
        if (frame !== undefined) await this.#link.send(frame)
        else if (wakes === this.#wakes) return
      }
    } finally {
      this.#isTalking = false
    }
  }

  async #next(): Promise<Frame | undefined> {
    const frame = this.#more()
    if (frame !== undefined) return frame
    for (const exchange of this.#ready) {
      this.#ready.delete(exchange)
      const small = await this.#keeping(this.#ready, exchange, () => exchange.next())
      if (small !== undefined) {
        this.#ready.add(exchange)
        return small
      }
      if (exchange.hasEntries) this.#sending.add(exchange)
      else this.#rest(exchange)
    }
    return this.#nextEntries()
  }

  async #nextEntries(): Promise<Frame | undefined> {
    for (const exchange of this.#sending) {
      if (this.#credit <= 0) return undefined
      this.#sending.delete(exchange)
      const next = await this.#keeping(this.#sending, exchange, () => exchange.nextEntries(this.#credit))
      if (exchange.hasEntries) this.#sending.add(exchange)
      else this.#ready.add(exchange)
      if (next === undefined) continue
      this.#credit -= next.size
      return next.frame
    }
    return undefined
  }

  /** An exchange that could not be read has its turn again later. */
  async #keeping<T>(set: Set<Exchange>, exchange: Exchange, next: () => Promise<T>): Promise<T> {
    try {
      return await next()
    } catch (error) {
      set.add(exchange)
      throw error
    }
  }
}
