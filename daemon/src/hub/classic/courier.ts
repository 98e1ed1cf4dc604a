import type { Log } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { HostPort } from '../../protocol/addresses.ts'
import { encodePeerPacket } from '../../protocol/classic.ts'
import { splitText } from '../../protocol/classic-text.ts'
import { Backoff, type BackoffOptions } from '../backoff.ts'
import { Pause } from '../pause.ts'
import type { ClassicConversation, QueuedMessage } from './conversation.ts'
import { type HandedOver, handOver } from './hand-over.ts'

export interface CourierOptions {
  readonly conversation: ClassicConversation
  /** Where the client takes messages. */
  readonly to: () => HostPort
  /** How one calls oneself; undefined: nothing can be brought now. */
  readonly username: () => string | undefined
  /** Waits for a turn and gives what ends it: only so many clients are written to at once. */
  readonly turn: (signal: AbortSignal) => Promise<() => void>
  /** The client took something, so it is there. */
  readonly reached: () => void
  readonly log: Log
  readonly retry?: Partial<BackoffOptions>
  /** ms for one packet. */
  readonly deadline?: number
}

/**
 * Brings the queued messages of one conversation to its classic client, in order, and tries again for as long as it
 * cannot be reached. A message is split into packets, each over a connection of its own; it has been sent once the last
 * of them was taken. What a crash or a cut interrupts is brought again from the message's start.
 */
export class Courier {
  readonly #options: CourierOptions
  readonly #backoff: Backoff
  readonly #pause = new Pause()
  readonly #closing = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #isRunning = false
  /** Somebody has called since the last look at what waits. */
  #isWoken = false
  /** The client is known to take packets and never to close. */
  #neverCloses = false
  /** Packets in a row at whose end the client did not close. */
  #leftOpen = 0

  constructor(options: CourierOptions) {
    this.#options = options
    this.#backoff = new Backoff({ ...limits.classicRetry, ...options.retry })
  }

  /** There is something to bring, or reason to believe that the client is there: tries at once. */
  wake(): void {
    if (this.#closing.signal.aborted) return
    this.#isWoken = true
    this.#pause.wake()
    if (this.#isRunning) return
    this.#isRunning = true
    this.#running = this.#run()
  }

  /** Cuts what is under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { conversation, log } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      this.#pause.reset()
      this.#isWoken = false
      try {
        const message = await conversation.next()
        const username = this.#options.username()
        if (message && username !== undefined) {
          await this.#bring(message, username)
          this.#backoff.reset()
        } else if (!this.#isWoken) {
          this.#isRunning = false
          return
        }
      } catch (error) {
        if (signal.aborted) return
        const { code, message } = asParleyError(error)
        log.info({ code, conversation: conversation.id }, `A message waits for a classic client: ${message}`)
        await this.#pause.sleep(this.#backoff.next(), signal)
      }
    }
  }

  async #bring(message: QueuedMessage, username: string): Promise<void> {
    const { conversation, turn, reached } = this.#options
    const end = await turn(this.#closing.signal)
    try {
      // The original asks before it writes to somebody for the first time.
      if (conversation.isNew) await this.#handOver(encodePeerPacket({ is: 'chat-request', username }))
      for (const text of splitText(message.text)) {
        await this.#handOver(encodePeerPacket({ is: 'message', username, text }))
      }
    } finally {
      end()
    }
    reached()
    await conversation.sent(message)
  }

  /**
   * A connection that stays open proves nothing: the network may have been cut. But where the next one is taken as well,
   * it was not, so the client is one that never closes, and its packets count as taken.
   */
  async #handOver(packet: Uint8Array): Promise<void> {
    const { to, deadline = limits.classicHandOver } = this.#options
    const { signal } = this.#closing
    const most = this.#neverCloses ? Math.min(deadline, limits.classicLinger) : deadline
    const taken = await handOver(packet, to(), { signal, deadline: most })
    if (this.#isTaken(taken)) return
    const again = await handOver(packet, to(), { signal, deadline })
    if (!this.#isTaken(again)) throw new Error('The packet was not taken twice.')
  }

  #isTaken(taken: HandedOver): boolean {
    this.#leftOpen = taken === 'open' ? this.#leftOpen + 1 : 0
    if (taken === 'closed') this.#neverCloses = false
    else if (this.#leftOpen > 1) this.#neverCloses = true
    return taken === 'closed' || this.#neverCloses
  }
}
