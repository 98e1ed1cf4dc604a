import type { RoomHistory } from './control-infos.ts'
import type { UserId } from './ids.ts'
import type { Verdict } from './membership.ts'
import { Lists } from './membership-lists.ts'
import { Roll } from './membership-roll.ts'
import type { SegmentFold } from './membership-segment-fold.ts'

/** What may be changed of a room, as it was said last. */
export interface Registers {
  readonly name: string
  readonly topic: string
  readonly history: RoomHistory
}

/** What the segments up to a place have made of a room; all that comes behind knew of all that is in here. */
export class RoomState {
  readonly roll: Roll
  /** Acts that count. */
  count = 0
  /** By the number of the act. */
  readonly verdicts: Verdict[]
  /** By whom they befall: what counts. */
  readonly invitations: Lists<UserId>
  readonly joinings: Lists<UserId>
  readonly exits: Lists<UserId>
  /** Exits and demotions since which no invitation or appointment has come that knew of them. */
  readonly openExits: Lists<UserId>
  readonly openDemotions: Lists<UserId>
  /** Of devices, by `user/device`. */
  readonly revocations: Lists<string>
  registers: Registers

  constructor(from?: RoomState) {
    this.roll = from?.roll.copy() ?? new Roll()
    this.count = from?.count ?? 0
    this.verdicts = [...(from?.verdicts ?? [])]
    this.invitations = from?.invitations.copy() ?? new Lists()
    this.joinings = from?.joinings.copy() ?? new Lists()
    this.exits = from?.exits.copy() ?? new Lists()
    this.openExits = from?.openExits.copy() ?? new Lists()
    this.openDemotions = from?.openDemotions.copy() ?? new Lists()
    this.revocations = from?.revocations.copy() ?? new Lists()
    this.registers = from?.registers ?? { name: '', topic: '', history: 'all' }
  }

  /** Takes over what has come of a segment. */
  add(fold: SegmentFold): void {
    this.roll.settle()
    this.count += fold.taken.size
    this.verdicts.push(...fold.verdicts)
    this.invitations.addAll(fold.invitations)
    this.joinings.addAll(fold.joinings)
    this.exits.addAll(fold.exits)
    this.revocations.addAll(fold.revocations.lists)
    for (const user of new Set([...fold.exits.keys, ...fold.invitations.keys])) {
      this.openExits.set(user, fold.openExitsOf(user))
    }
    for (const user of fold.roles.keys) this.openDemotions.set(user, fold.openDemotionsOf(user))
    this.registers = fold.registers
  }
}
