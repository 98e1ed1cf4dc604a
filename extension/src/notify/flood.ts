import type { Disposable } from '../event.ts'
import type { Clock } from '../hub/clock.ts'
import { limits } from '../limits.ts'

/** What becomes of the messages of each chat. */
export interface FloodOutlet<Message> {
  /** One message to tell of. */
  one(message: Message): void
  /** How many came at once, and the last of them. */
  many(count: number, last: Message): void
}

/**
 * Tells of each message by itself, unless so many come that they would bury a person: then of those that follow at
 * once, together, for each chat by itself.
 */
export class Flood<Message> implements Disposable {
  readonly #clock: Clock
  readonly #outlet: FloodOutlet<Message>
  readonly #chats = new Map<string, ChatFlood<Message>>()

  constructor(clock: Clock, outlet: FloodOutlet<Message>) {
    this.#clock = clock
    this.#outlet = outlet
  }

  take(conversation: string, message: Message): void {
    const chat = this.#chats.get(conversation) ?? { told: [] }
    this.#chats.set(conversation, chat)
    if (chat.gathered) {
      chat.gathered.count++
      chat.gathered.last = message
      return
    }
    const now = this.#clock.now()
    chat.told = chat.told.filter(time => now - time < limits.floodTime)
    if (chat.told.length < limits.flood) {
      chat.told.push(now)
      this.#outlet.one(message)
      return
    }
    const timer = this.#clock.after(limits.floodTime, () => this.#flush(conversation))
    chat.gathered = { count: 1, last: message, timer }
  }

  dispose(): void {
    for (const { gathered } of this.#chats.values()) gathered?.timer.dispose()
    this.#chats.clear()
  }

  #flush(conversation: string): void {
    const gathered = this.#chats.get(conversation)?.gathered
    // The flood has passed, or the next of its messages are told of by themselves again, as the first ones were.
    this.#chats.delete(conversation)
    if (gathered?.count === 1) this.#outlet.one(gathered.last)
    else if (gathered) this.#outlet.many(gathered.count, gathered.last)
  }
}

interface ChatFlood<Message> {
  /** When messages were told of by themselves. */
  told: number[]
  gathered?: { count: number; last: Message; readonly timer: Disposable }
}
