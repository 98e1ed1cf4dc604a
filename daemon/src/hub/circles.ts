import { ParleyError } from '../errors.ts'
import type { ConversationInfo } from '../protocol/control.ts'
import { type ConversationId, conversationId } from '../protocol/ids.ts'
import type { Circle } from './circle.ts'
import { nobodyYet } from './membership.ts'

/** A conversation, and the circle that has it. */
export interface Place {
  readonly circle: Circle
  readonly conversation: ConversationId
}

/** Finds the circle of a conversation. Where several know somebody of one name, the first one counts. */
export class Circles {
  readonly #all: () => readonly Circle[]
  readonly #ask: (name: string) => Promise<Place>

  /** `ask` finds somebody whom no circle knows yet, by name, or throws. */
  constructor({ all, ask }: { all: () => readonly Circle[]; ask: (name: string) => Promise<Place> }) {
    this.#all = all
    this.#ask = ask
  }

  /**
   * The conversation with somebody, by name, address or the conversation's id; it need not have begun.
   * @throws ParleyError `usage` for an id that is not known here, and what asking for a name throws
   */
  async find(text: string): Promise<Place> {
    if (/^[a-z2-7]{52}$/.test(text)) return this.of(conversationId(text))
    for (const circle of this.#all()) {
      const conversation = circle.named(text)
      if (conversation) return { circle, conversation }
    }
    return this.#ask(text)
  }

  /** @throws ParleyError `usage`; `unknown-account` where there is nobody at all */
  of(conversation: ConversationId): Place {
    const circle = this.#all().find(each => each.summary(conversation))
    if (circle) return { circle, conversation }
    if (this.#all().length === 0) throw new ParleyError('unknown-account', nobodyYet)
    throw new ParleyError('usage', 'That chat is with nobody known here. Open it by the name of the person.')
  }

  /** A conversation with somebody known here, whether it has begun or not. */
  summary(conversation: ConversationId): ConversationInfo | undefined {
    for (const circle of this.#all()) {
      const found = circle.summary(conversation)
      if (found) return found
    }
    return undefined
  }

  /** One conversation, if lists show it. */
  info(conversation: ConversationId): ConversationInfo | undefined {
    for (const circle of this.#all()) {
      const found = circle.info(conversation)
      if (found) return found
    }
    return undefined
  }

  /** All that lists show. */
  listed(): ConversationInfo[] {
    return this.#all().flatMap(circle => circle.listed())
  }
}
