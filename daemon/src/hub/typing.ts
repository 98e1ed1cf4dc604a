import { create } from '@bufbuild/protobuf'
import { limits } from '../limits.ts'
import { type ConversationId, conversationId, fromText, type UserId } from '../protocol/ids.ts'
import { type Typing as TypingFrame, TypingSchema } from '../protocol/parley_pb.ts'

export interface TypingParts {
  /** The others of a conversation who may see and be seen there. */
  readonly others: (conversation: ConversationId) => Iterable<UserId>
  /** Tells somebody over the links that are up. */
  readonly send: (user: UserId, is: { case: 'typing'; value: TypingFrame }) => void
  /** Others write there now than before. */
  readonly changed: (conversation: ConversationId) => void
  /** ms; tests shorten them. */
  readonly every?: number
  readonly life?: number
}

/** Who is writing at this moment, as their hubs say. Nothing of it is stored, and it ends by itself. */
export class Typing {
  readonly #parts: TypingParts
  readonly #every: number
  readonly #life: number
  /** When it was last said that one writes oneself, in ms of the monotonic clock. */
  readonly #said = new Map<ConversationId, number>()
  readonly #writers = new Map<ConversationId, Map<UserId, NodeJS.Timeout>>()

  constructor(parts: TypingParts) {
    this.#parts = parts
    this.#every = parts.every ?? limits.typingEvery
    this.#life = parts.life ?? limits.typingLife
  }

  /** The person here writes, or has stopped. */
  say(conversation: ConversationId, stopped = false): void {
    const now = performance.now()
    const said = this.#said.get(conversation)
    if (stopped) {
      this.#said.delete(conversation)
      // Otherwise it has ended there by itself.
      if (said !== undefined && now - said < this.#life) this.#tell(conversation, true)
    } else if (said === undefined || now - said >= this.#every) {
      this.#said.set(conversation, now)
      this.#tell(conversation, false)
    }
    for (const [id, at] of this.#said) if (now - at > this.#life) this.#said.delete(id)
  }

  /** The person here has sent what they wrote: that it came says so. */
  sent(conversation: ConversationId): void {
    this.#said.delete(conversation)
  }

  /** Somebody says that they write. */
  heard(user: UserId, { conversation, stopped }: TypingFrame): void {
    if (conversation.length !== 32) return
    const id = conversationId(conversation)
    if (stopped) {
      this.ended(id, user)
      return
    }
    if (![...this.#parts.others(id)].includes(user)) return
    const writers = this.#writers.get(id) ?? new Map<UserId, NodeJS.Timeout>()
    const known = writers.get(user)
    if (known === undefined && this.#count >= limits.typingKept) return
    clearTimeout(known)
    writers.set(user, setTimeout(() => this.ended(id, user), this.#life).unref())
    this.#writers.set(id, writers)
    if (known === undefined) this.#parts.changed(id)
  }

  /** Somebody does not write there any more, or a message of theirs has come. */
  ended(conversation: ConversationId, user: UserId): void {
    const writers = this.#writers.get(conversation)
    const timer = writers?.get(user)
    if (writers === undefined || timer === undefined) return
    clearTimeout(timer)
    writers.delete(user)
    if (writers.size === 0) this.#writers.delete(conversation)
    this.#parts.changed(conversation)
  }

  /** Who writes there now. */
  in(conversation: ConversationId): UserId[] {
    const writers = this.#writers.get(conversation)
    if (writers === undefined) return []
    const others = new Set(this.#parts.others(conversation))
    return [...writers.keys()].filter(user => others.has(user))
  }

  close(): void {
    for (const writers of this.#writers.values()) for (const timer of writers.values()) clearTimeout(timer)
    this.#writers.clear()
  }

  get #count(): number {
    let count = 0
    for (const writers of this.#writers.values()) count += writers.size
    return count
  }

  #tell(conversation: ConversationId, stopped: boolean): void {
    const value = create(TypingSchema, { conversation: fromText(conversation), stopped })
    for (const user of this.#parts.others(conversation)) this.#parts.send(user, { case: 'typing', value })
  }
}
