import { limits } from '../limits.ts'
import type { Availability } from '../protocol/control.ts'
import type { DeviceStatus } from './registry/session.ts'

/**
 * How this device stands: as its person has said, and away while nobody sits at it. Front ends come and go with the
 * windows that they live in, and the first of them comes a moment after the hub that it started: so somebody is taken
 * to be there for a grace after each of these.
 */
export class Standing {
  readonly #availability: () => Availability
  readonly #changed: () => void
  readonly #grace: number
  readonly #actedGrace: number
  /** Whether a front end is there. */
  #hasFrontEnd = false
  #isAttended = true
  #leaving: NodeJS.Timeout | undefined

  constructor({
    availability,
    changed,
    grace = limits.attendGrace,
    actedGrace = limits.actedGrace,
  }: {
    /** What the person has said. */
    availability: () => Availability
    changed: () => void
    grace?: number
    actedGrace?: number
  }) {
    this.#availability = availability
    this.#changed = changed
    this.#grace = grace
    this.#actedGrace = actedGrace
    this.attend(false)
  }

  get status(): DeviceStatus {
    const availability = this.#availability()
    if (availability !== 'available') return availability
    return this.#isAttended ? 'online' : 'away'
  }

  /** Whether a front end is there now. */
  attend(isThere: boolean): void {
    clearTimeout(this.#leaving)
    this.#hasFrontEnd = isThere
    if (isThere) this.#set(true)
    else this.#leave(this.#grace)
  }

  /** The person does something, with or without a front end that stays: they are there for a while. */
  acted(): void {
    this.#set(true)
    if (!this.#hasFrontEnd) this.#leave(this.#actedGrace)
  }

  close(): void {
    clearTimeout(this.#leaving)
  }

  #leave(grace: number): void {
    clearTimeout(this.#leaving)
    this.#leaving = setTimeout(() => this.#set(false), grace).unref()
  }

  #set(isAttended: boolean): void {
    if (this.#isAttended === isAttended) return
    this.#isAttended = isAttended
    this.#changed()
  }
}
