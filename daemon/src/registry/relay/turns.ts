import { limits } from '../../limits.ts'

/** Something that moves bytes and can be told to rest for the remainder of a turn. */
interface Mover {
  /** Moves on: the next turn has begun. */
  goOn(): void
}

/** What one mover has used of the present turn. */
export interface Share {
  readonly mover: Mover
  turn: number
  spent: number
}

/**
 * Fair shares of the event loop: whoever has moved its share in one turn, a millisecond, rests until the next, and for as
 * many turns as it took shares: one read alone may be eight of them. Node would read one socket up to 32 times in a row,
 * 2 MiB, while the others wait; and a flood that only made room between two reads would still take the processor from
 * everybody else.
 */
export class Turns {
  readonly #share: number
  #turn = 0
  #isTurning = false
  #resting: { readonly mover: Mover; readonly until: number }[] = []

  /** `share`: bytes that one mover may move in one turn. */
  constructor(share: number = limits.relayTurn) {
    this.#share = share
  }

  /** Counts what has been moved; true: rest now, and wait for {@link Mover.goOn}. */
  spend(share: Share, bytes: number): boolean {
    this.#keepTurning()
    if (share.turn !== this.#turn) {
      share.turn = this.#turn
      share.spent = 0
    }
    const before = share.spent
    share.spent += bytes
    if (share.spent < this.#share) return false
    const until = this.#turn + Math.floor(share.spent / this.#share)
    if (before < this.#share) this.#resting.push({ mover: share.mover, until })
    return true
  }

  #keepTurning(): void {
    if (this.#isTurning) return
    this.#isTurning = true
    setTimeout(() => this.#next(), turn)
  }

  #next(): void {
    this.#turn++
    this.#isTurning = false
    const rested = this.#resting.filter(({ until }) => until <= this.#turn)
    this.#resting = this.#resting.filter(({ until }) => until > this.#turn)
    if (this.#resting.length > 0) this.#keepTurning()
    for (const { mover } of rested) mover.goOn()
  }
}

/** ms; the shortest that a timer takes. */
const turn = 1
