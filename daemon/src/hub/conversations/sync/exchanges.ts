import type { ConversationId } from '../../../protocol/ids.ts'
import type { Conversation } from '../conversation.ts'
import type { Place } from '../keys.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeLink } from './exchange-link.ts'

/**
 * The exchanges of one link: one for each conversation of which there is something to say, to hear or to wait for. Of the
 * others only how far the other side has one's own log is kept.
 */
export class Exchanges {
  readonly #link: ExchangeLink
  readonly #open = new Map<ConversationId, Exchange>()
  readonly #settled = new Map<ConversationId, readonly Place[]>()
  /** How many frames and commits are being looked at, by conversation. */
  readonly #working = new Map<ConversationId, number>()

  constructor(link: ExchangeLink) {
    this.#link = link
  }

  get(id: ConversationId): Exchange | undefined {
    return this.#open.get(id)
  }

  of(conversation: Conversation): Exchange {
    const { id } = conversation
    const known = this.#open.get(id)
    if (known !== undefined) return known
    const exchange = new Exchange(conversation, this.#link, this.#settled.get(id))
    this.#settled.delete(id)
    this.#open.set(id, exchange)
    return exchange
  }

  /** Does something with an exchange that takes a while: it stays until that is done. */
  async use(exchange: Exchange, run: (exchange: Exchange) => Promise<void>): Promise<void> {
    const { id } = exchange.conversation
    this.#working.set(id, (this.#working.get(id) ?? 0) + 1)
    try {
      await run(exchange)
    } finally {
      const left = (this.#working.get(id) ?? 1) - 1
      if (left > 0) this.#working.set(id, left)
      else this.#working.delete(id)
      this.#link.wake(exchange)
    }
  }

  /** An exchange has said all that it had to say: it goes, unless something is still open. */
  rest(exchange: Exchange): void {
    const { id } = exchange.conversation
    const known = this.#working.has(id) ? undefined : exchange.settled
    if (known === undefined || this.#open.get(id) !== exchange) return
    exchange.close()
    this.#open.delete(id)
    this.#settled.set(id, known)
  }

  close(): void {
    for (const exchange of this.#open.values()) exchange.close()
    this.#open.clear()
    this.#settled.clear()
  }
}
