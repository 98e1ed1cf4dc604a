import { limits } from '../../limits.ts'
import { Deadlines } from '../../net/deadlines.ts'
import type { PersonInfo } from '../../protocol/control.ts'
import type { ConversationId } from '../../protocol/ids.ts'

/** From which classic clients something was heard lately: those are there, as far as anybody can say. */
export class Heard {
  readonly #now: () => number
  readonly #changed: (id: ConversationId) => void
  readonly #fresh: Deadlines<ConversationId>
  readonly #clients = new Map<
    ConversationId,
    { readonly since: number; readonly at: number; readonly isHere: boolean }
  >()

  /** `now` in ms since 1970; `changed`: whether it is there is another now; `length`: ms that hearing once counts. */
  constructor({
    now,
    changed,
    length = limits.classicHeard,
  }: { now: () => number; changed: (id: ConversationId) => void; length?: number | undefined }) {
    this.#now = now
    this.#changed = changed
    this.#fresh = new Deadlines(length, id => this.#gone(id))
  }

  hear(id: ConversationId): void {
    const before = this.#clients.get(id)
    const at = this.#now()
    this.#clients.set(id, { since: before?.isHere ? before.since : at, at, isHere: true })
    this.#fresh.add(id)
    if (!before?.isHere) this.#changed(id)
  }

  standing(id: ConversationId): Pick<PersonInfo, 'status' | 'since'> {
    const client = this.#clients.get(id)
    if (!client) return { status: 'offline', since: 0 }
    return client.isHere ? { status: 'online', since: client.since } : { status: 'offline', since: client.at }
  }

  close(): void {
    this.#fresh.clear()
  }

  #gone(id: ConversationId): void {
    const client = this.#clients.get(id)
    if (client) this.#clients.set(id, { ...client, isHere: false })
    this.#changed(id)
  }
}
