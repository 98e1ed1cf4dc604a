import { isDeepStrictEqual } from 'node:util'
import type { Log, Storage } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import { readHeader } from '../../protocol/entries.ts'
import { LeavingRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, deviceId } from '../../protocol/ids.ts'
import { isWithin, type ReadMap } from '../../protocol/marks.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import type { Lookups } from './changes.ts'
import { knotAround, topOf } from './device-log.ts'
import type { Draft } from './draft.ts'
import { behind, checkPosition, keys, logKeyOf, placeOf, timeOfPosition } from './keys.ts'
import { Pace } from './pace.ts'
import { readReach } from './reached.ts'
import { readMessageRow, readRow } from './rows.ts'
import type { State } from './state.ts'

export interface LettingGoGround {
  readonly conversation: ConversationId
  readonly storage: Storage
  readonly log: Log
  /** As committed. */
  readonly state: State
  change(apply: (draft: Draft) => void, lookups?: Lookups): Promise<void>
}

/**
 * Lets go of what was said, here alone and for good. Headers stay, so that logs hold together and go on to whoever lacks
 * them; what entries say leaves the disk, of one's own as soon as everybody whom it is for has it.
 */
export class LettingGo {
  readonly #ground: LettingGoGround
  #releasing: Promise<void> | undefined
  /** The state that was looked at last for what may be dropped by now. */
  #released: State['row']['reached'] | undefined

  constructor(ground: LettingGoGround) {
    this.#ground = ground
  }

  /** Resolves once these are shown no more, should they come ever again. Throws `storage`, `busy`. */
  async drop(names: readonly MessageName[]): Promise<void> {
    for (let from = 0; from < names.length; from += limits.hiddenAtOnce) {
      const page = names.slice(from, from + limits.hiddenAtOnce)
      const { change } = this.#ground
      await Promise.all(page.map(name => change(draft => draft.timeline.drop(name), { dropped: [name] })))
    }
  }

  /** The same of what stands at these positions. Throws `usage`, `storage`, `busy`. */
  async hide(positions: readonly string[]): Promise<void> {
    const { conversation, storage, change } = this.#ground
    for (const position of positions) checkPosition(position)
    const pace = new Pace()
    for (let from = 0; from < positions.length; from += limits.historyRows) {
      await pace.step()
      const page = positions.slice(from, from + limits.historyRows)
      const found = await storage.get(page.map(position => keys.message(conversation, position)))
      const names: MessageName[] = []
      for (const [index, position] of page.entries()) {
        const key = keys.message(conversation, position)
        const row = found[index]
        if (row === undefined) continue
        const { user, message, event } = readMessageRow(key, row)
        if (event) await change(draft => draft.timeline.dropLine(position), { rows: [key] })
        else names.push({ user, message })
      }
      await this.drop(names)
    }
  }

  /** Up to where all of each log stands before a position; without one, all that is here. */
  async floorsBefore(position?: string): Promise<ReadMap> {
    const floors = new Map<DeviceId, number>()
    for (const [device, log] of this.#ground.state.logs) {
      const seq = position === undefined ? topOf(log) : await this.#seqBefore(device, topOf(log), position)
      // Amid several branches numbers do not rise with time.
      const knot = position === undefined ? undefined : knotAround(log, seq)
      const floor = knot === undefined ? seq : knot.from - 1
      if (floor > 0) floors.set(device, floor)
    }
    return floors
  }

  /**
   * Lets go of everything up to these places of the logs, be it here or still to come. Resolves once that is committed.
   * Throws `storage`, `busy`.
   */
  async raise(floors: ReadMap, signal: AbortSignal): Promise<void> {
    const { state, change } = this.#ground
    // What comes meanwhile is not shown any more.
    if (!isWithin(floors, floorsOf(state))) await change(draft => draft.raiseFloors(floors))
    await this.#hideUpTo(floors, signal)
  }

  /** One's own messages may have come to everybody since. */
  committed(before: State): void {
    const { state, log, conversation } = this.#ground
    const isSame = before.row.leaving && isDeepStrictEqual(this.#released, state.row.reached)
    if (!state.row.leaving || isSame || this.#releasing) return
    this.#released = state.row.reached
    this.#releasing = this.#release()
      .catch(error => {
        const { message } = asParleyError(error)
        log.warn({ conversation, error: message }, 'What was let go of of one’s own could not be dropped yet.')
      })
      .finally(() => {
        this.#releasing = undefined
        this.committed(this.#ground.state)
      })
  }

  /** Looks again for what may be dropped by now. */
  async #release(): Promise<void> {
    const { conversation, storage, change } = this.#ground
    const prefix = keys.leavingOf(conversation)
    let isLeft = false
    for (let after: string | undefined; ; ) {
      const page = await storage.list(prefix, { limit: limits.hiddenAtOnce, ...(after === undefined ? {} : { after }) })
      const reach = readReach(this.#ground.state.row)
      for (const [key, value] of page.rows) {
        after = key
        const { position } = readRow(LeavingRowSchema, key, value)
        const { device, seq } = placeOf(position)
        const delivered = reach.get(deviceId(device))?.delivered ?? 0
        if (seq > delivered) isLeft = true
        else {
          const rows = [logKeyOf(conversation, position)]
          await change(draft => draft.timeline.release(position), { rows })
        }
      }
      if (!page.more) break
    }
    if (!isLeft) await change(draft => draft.allHasLeft())
  }

  async #hideUpTo(floors: ReadMap, signal: AbortSignal): Promise<void> {
    const { conversation, storage } = this.#ground
    const prefix = keys.messagesOf(conversation)
    const pace = new Pace()
    const until = await this.#latestOf(floors)
    for (let after: string | undefined; !signal.aborted; ) {
      await pace.step()
      const page = await storage.list(prefix, {
        limit: limits.historyRows,
        ...(after === undefined ? {} : { after }),
      })
      after = page.rows.at(-1)?.[0]
      const positions = page.rows.map(([key]) => key.slice(prefix.length))
      await this.hide(
        positions.filter(position => {
          const { device, seq } = placeOf(position)
          return seq <= (floors.get(deviceId(device)) ?? 0)
        }),
      )
      const last = positions.at(-1)
      if (!page.more || last === undefined || timeOfPosition(last) > until) return
    }
  }

  /** When the last of these places was written; of a log that has not come that far, the last that is here. */
  async #latestOf(floors: ReadMap): Promise<bigint> {
    const { logs } = this.#ground.state
    let latest = 0n
    for (const [device, seq] of floors) {
      const time = await this.#timeAt(device, Math.min(seq, topOf(logs.get(device))))
      if (time !== undefined && time > latest) latest = time
    }
    return latest
  }

  /** The last number of a log whose entry stands before a position: numbers rise with time. */
  async #seqBefore(device: DeviceId, top: number, position: string): Promise<number> {
    const before = timeOfPosition(position)
    let low = 0
    for (let high = top; low < high; ) {
      const middle = Math.ceil((low + high) / 2)
      const time = await this.#timeAt(device, middle)
      if (time === undefined || time < before) low = middle
      else high = middle - 1
    }
    return low
  }

  /** Hybrid time of the first entry that is here from a number on. */
  async #timeAt(device: DeviceId, seq: number): Promise<bigint | undefined> {
    const prefix = keys.logOf(this.#ground.conversation, device)
    const { rows } = await this.#ground.storage.list(prefix, { after: behind(prefix, seq - 1), limit: 1 })
    const [first] = rows
    return first && readHeader(readRow(EntrySchema, first[0], first[1])).header.time
  }
}

function floorsOf({ row }: State): ReadMap {
  return new Map(row.floors.map(({ device, seq }) => [deviceId(device), Number(seq)]))
}
