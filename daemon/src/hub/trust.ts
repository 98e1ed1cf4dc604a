import { ParleyError } from '../errors.ts'
import type { ControlRequests, PersonInfo } from '../protocol/control.ts'
import { personOf } from '../protocol/conversation-infos.ts'
import { type KeyOwner, safetyNumber, sameDigits } from '../protocol/safety-number.ts'
import type { Circles } from './circles.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

/** Somebody whose account key may be compared with one's own. */
export interface Comparable {
  readonly own: KeyOwner
  readonly other: KeyOwner
  /** The key that was compared is this one from now on; undefined: none. */
  decide(verified: Uint8Array | undefined): Promise<void>
}

/** Whose account keys were compared: each method is the request of the control API of the same name. */
export class Verifying {
  readonly #circles: Circles

  constructor(circles: Circles) {
    this.#circles = circles
  }

  /** @throws ParleyError `unsupported` for a classic client, and what finding somebody throws */
  async safetyNumber({ with: who }: Params<'safetyNumber'>): Result<'safetyNumber'> {
    const { person, comparable } = await this.#find(who)
    return { person, digits: digitsOf(comparable) }
  }

  /** @throws ParleyError `wrong-key` when the digits are others by now, and as {@link safetyNumber} */
  async setVerified({ with: who, digits, verified }: Params<'setVerified'>): Result<'setVerified'> {
    const { comparable } = await this.#find(who)
    if (!verified) await comparable.decide(undefined)
    else if (sameDigits(digits, digitsOf(comparable))) await comparable.decide(comparable.other.accountKey)
    else throw otherDigits()
    return (await this.#find(who)).person
  }

  /** Of somebody who was never verified it ends the notice. Throws as {@link safetyNumber} does. */
  async acceptKey({ with: who }: Params<'acceptKey'>): Result<'acceptKey'> {
    const { person, comparable } = await this.#find(who)
    if (person.trust === 'verified') return person
    await comparable.decide(undefined)
    return (await this.#find(who)).person
  }

  async #find(who: string): Promise<{ person: PersonInfo; comparable: Comparable }> {
    const { circle, conversation } = await this.#circles.find(who)
    const comparable = circle.comparable?.(conversation)
    const person = personOf(circle.summary(conversation))
    if (comparable && person) return { person, comparable }
    throw new ParleyError('unsupported', 'A classic client has no key to compare: nobody can say who it is.')
  }
}

function digitsOf({ own, other }: Comparable): string {
  return safetyNumber(own, other)
}

function otherDigits(): ParleyError {
  return new ParleyError(
    'wrong-key',
    'These are not the digits of this person, or they have changed since they were shown. Look at them again.',
  )
}
