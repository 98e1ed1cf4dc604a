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
  #isAttended = true
  #leaving: NodeJS.Timeout | undefined

  constructor({
    availability,
    changed,
    grace = limits.attendGrace,
  }: {
    /** What the person has said. */
    availability: () => Availability
    changed: () => void
    grace?: number
  }) {
    this.#availability = availability
    this.#changed = changed
    this.#grace = grace
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
    if (isThere) this.#set(true)
    else this.#leaving = setTimeout(() => this.#set(false), this.#grace).unref()
  }

  close(): void {
    clearTimeout(this.#leaving)
  }

  #set(isAttended: boolean): void {
    if (this.#isAttended === isAttended) return
    this.#isAttended = isAttended
    this.#changed()
  }
}
