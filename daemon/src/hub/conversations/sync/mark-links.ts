import type { ConversationId, DeviceId, UserId } from '../../../protocol/ids.ts'
import type { Event } from '../../../protocol/parley_pb.ts'
import type { Conversation } from '../conversation.ts'
import type { MarkLink } from '../receipts.ts'

/** One link as the marks of each conversation see it. */
export class MarkLinks {
  readonly #of: { readonly user: UserId; readonly device: DeviceId }
  readonly #wake: () => void
  readonly #links = new Map<ConversationId, { readonly conversation: Conversation; readonly link: MarkLink }>()
  /** Those that have something to say. */
  readonly #ready = new Set<ConversationId>()

  constructor(of: { readonly user: UserId; readonly device: DeviceId }, wake: () => void) {
    this.#of = of
    this.#wake = wake
  }

  has(id: ConversationId): boolean {
    return this.#links.has(id)
  }

  join(conversation: Conversation): MarkLink {
    const { id } = conversation
    const known = this.#links.get(id)
    if (known !== undefined) return known.link
    const { user, device } = this.#of
    const wake = () => {
      this.#ready.add(id)
      this.#wake()
    }
    const link = { user, device, wake }
    this.#links.set(id, { conversation, link })
    conversation.receipts.join(link)
    return link
  }

  /** The next frame. */
  next(): Event['is'] | undefined {
    for (const id of this.#ready) {
      const known = this.#links.get(id)
      const frame = known?.conversation.receipts.next(known.link)
      if (frame !== undefined) return frame
      this.#ready.delete(id)
    }
    return undefined
  }

  close(): void {
    for (const { conversation, link } of this.#links.values()) conversation.receipts.leave(link)
  }
}
