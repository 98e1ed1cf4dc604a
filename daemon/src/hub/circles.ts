import { asParleyError, ParleyError } from '../errors.ts'
import type { ConversationInfo, PersonInfo } from '../protocol/control.ts'
import { personOf } from '../protocol/conversation-infos.ts'
import { type ConversationId, conversationId } from '../protocol/ids.ts'
import type { Circle } from './circle.ts'
import { placeIn } from './direct/addresses.ts'
import { nobodyYet } from './membership.ts'
import { isCalled } from './rooms/naming.ts'

/** A conversation, and the circle that has it. */
export interface Place {
  readonly circle: Circle
  readonly conversation: ConversationId
}

export interface CirclesOptions {
  /** Whose names a registry vouches for; undefined: nobody has signed up. */
  readonly team: () => Circle | undefined
  /** Those whose people call themselves as they like. */
  readonly others: () => readonly Circle[]
  /** Somebody who is named in a way of their circle's own, such as `classic:HOST`; undefined: nobody is. */
  readonly explicit?: (text: string) => Promise<Place> | undefined
  /** Somebody of the team whom this hub has not met yet, by name. @throws ParleyError `unknown-user`, `unreachable`, … */
  readonly ask: (name: string) => Promise<Place>
}

/** Finds the circle of a conversation. Somebody of the team comes before anybody else of that name. */
export class Circles {
  readonly #options: CirclesOptions

  constructor(options: CirclesOptions) {
    this.#options = options
  }

  /**
   * The conversation with somebody, by name, address or the conversation's id; it need not have begun.
   * @throws ParleyError `usage` for an id that is not known here, and what asking for a name throws
   */
  async find(text: string): Promise<Place> {
    if (/^[a-z2-7]{52}$/.test(text)) return this.of(conversationId(text))
    const { team, others, explicit } = this.#options
    const meant = explicit?.(text)
    if (meant) return meant
    const known = placeNamed(text, [team()])
    if (known) return known
    const elsewhere = placeNamed(text, others())
    if (placeIn(text)) {
      if (elsewhere) return elsewhere
      throw new ParleyError(
        'unknown-user',
        `Nobody at ${text.trim()} has accepted a chat with you. Ask them: parley connect ${text.trim()}`,
      )
    }
    if (!elsewhere || !team()) return elsewhere ?? this.#ask(text)
    try {
      // A stranger may call themselves as somebody of the team does whom this hub has not met yet.
      return await this.#options.ask(text)
    } catch (error) {
      const { code, message } = asParleyError(error)
      if (code === 'unknown-user' || code === 'bad-name') return elsewhere
      if (code !== 'unreachable') throw error
      const person = personOf(elsewhere.circle.summary(elsewhere.conversation))
      throw new ParleyError(code, `${message} If you mean the one of no team, write ${addressed(person)}.`)
    }
  }

  /** @throws ParleyError `usage`; `unknown-account` where there is nobody at all */
  of(conversation: ConversationId): Place {
    const circle = this.#all().find(each => each.summary(conversation))
    if (circle) return { circle, conversation }
    if (!this.#options.team()) throw new ParleyError('unknown-account', nobodyYet)
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

  /** Whether it belongs to the account that one's own devices share: whatever is not of another one. */
  isShared(conversation: ConversationId): boolean {
    const registry = this.#options.team()?.account?.registry
    const others = this.#options.others().filter(({ account }) => account?.registry !== registry)
    return others.every(circle => circle.summary(conversation) === undefined)
  }

  /** One conversation, if lists show it. */
  info(conversation: ConversationId): ConversationInfo | undefined {
    for (const circle of this.#all()) {
      const found = circle.info(conversation)
      if (found) return found
    }
    return undefined
  }

  #all(): readonly Circle[] {
    const team = this.#options.team()
    return team ? [team, ...this.#options.others()] : this.#options.others()
  }

  /** Somebody whom this hub has not met yet. Where a room is called so, the words say how it is named. */
  async #ask(text: string): Promise<Place> {
    try {
      return await this.#options.ask(text)
    } catch (error) {
      const { code } = asParleyError(error)
      const room = this.listed().find(info => info.kind === 'room' && isCalled(info.room.name, text))
      if (room?.kind !== 'room' || (code !== 'unknown-user' && code !== 'bad-name')) throw error
      const tag = `#${room.room.name.replace(/\s+/gu, '-')}`
      throw new ParleyError(code, `Nobody is called ${text.trim()}. If you mean the room, write "${tag}".`)
    }
  }

  /** All that lists show. */
  listed(): ConversationInfo[] {
    return this.#all().flatMap(circle => circle.listed())
  }
}

/** How to name somebody of no team so that nobody else is meant. */
function addressed({ via, name, address = 'their address' }: Partial<PersonInfo> = {}): string {
  return via === 'classic' ? `${name}@${address}` : address
}

function placeNamed(text: string, circles: readonly (Circle | undefined)[]): Place | undefined {
  for (const circle of circles) {
    const conversation = circle?.named(text)
    if (circle && conversation) return { circle, conversation }
  }
  return undefined
}
