import { create, equals } from '@bufbuild/protobuf'
import { limits } from '../../limits.ts'
import { type Act, type Content, isAct, type MessageName, type Said, targetOf } from '../../protocol/bodies.ts'
import { isStripped, readHeader } from '../../protocol/entries.ts'
import {
  type EventRow,
  EventRowSchema,
  type MessageRow,
  MessageRowSchema,
  type NamedRow,
  NamedRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { fromText, type MessageId, type UserId } from '../../protocol/ids.ts'
import type { Entry } from '../../protocol/parley_pb.ts'
import { Board, type BoardParts, type Change, isSealed, type Placed, sealedPlaces, timeOf } from './board.ts'
import { type Counted, Deeds } from './deeds.ts'
import { entryOf, entryPlaceOf, entryText, queuedNumber, sealedPosition } from './keys.ts'
import type { LastLine } from './last-line.ts'
import { markDeleted, newRegisters } from './registers.ts'
import { newMessageRow, newNamedRow, shownOf } from './rows.ts'
import type { RestoredCount } from './types.ts'
import { Waiting } from './waiting.ts'

export type { Change, Placed } from './board.ts'
export type { Counted } from './deeds.ts'

/**
 * What a draft shows: messages at their positions, what was done with them, those that wait in the outbox, and the last
 * line of lists. What is shown is a function of the set of entries that count and say here what they say: in which order
 * they come does not matter.
 */
export class Timeline {
  readonly #parts: BoardParts
  readonly #board: Board
  readonly #deeds: Deeds
  readonly #waiting: Waiting

  constructor(parts: BoardParts) {
    this.#parts = parts
    this.#board = new Board(parts)
    this.#deeds = new Deeds(this.#board)
    this.#waiting = new Waiting(parts, this.#board, this.#deeds)
  }

  /** What is new, is another one now, or has another place. */
  get changes(): Change[] {
    return this.#board.changes
  }

  /** The positions of the entries that were stripped of what they said. */
  get stripped(): readonly string[] {
    return this.#board.rows.stripped
  }

  /** The last message as lists show it: to be settled once the batch is made. */
  get last(): LastLine {
    return this.#board.last
  }

  /** Messages that are others now while answers show some of their words. */
  get answered(): readonly MessageName[] {
    return this.#board.answered
  }

  /** An entry counts. Gives what its message shows; nothing of an act, nor when it was shown already. */
  count(entry: Counted): Placed | undefined {
    const { said } = entry
    if (!isAct(said)) return this.#show(said, entry)
    const act = { ...entry, said }
    const number = this.#waiting.leave(act)
    this.#deeds.perform(act, number)
    if (said.act.is === 'deletion') this.#showStripped(act)
    return undefined
  }

  /** A text that came without its body: when it was deleted, it is shown as that. */
  countStripped(user: UserId, position: string): void {
    const name = this.#board.rows.deleted(entryOf(position))
    if (name?.user === user) this.#showDeleted(name, position)
  }

  /** An entry counts no longer: what is shown is what it would be without it, as soon as all that it says is here again. */
  withdraw(entry: Counted): void {
    const { said } = entry
    if (isAct(said)) this.#deeds.undo({ ...entry, said })
    else this.#unshow({ user: entry.user, message: said.message }, entry.position)
  }

  /** A text that came without its body, or lost it, counts no longer. */
  withdrawStripped(user: UserId, position: string): void {
    const name = this.#board.rows.deleted(entryOf(position))
    if (name?.user === user) this.#unshow(name, position)
  }

  /** What has waited counts for nothing in its place in the log: it waits no longer, and is as if it had never been. */
  giveUp(entry: Counted): void {
    const { said, user } = entry
    if (!isAct(said)) {
      this.#waiting.giveUp({ user, message: said.message })
      return
    }
    const act = { ...entry, said }
    const number = this.#waiting.leave(act)
    if (number !== undefined) this.#deeds.giveUp(act, number)
  }

  /** An entry counts, and what it says is not here: somebody else may have it. */
  lack(position: string): void {
    const place = entryOf(position)
    if (this.#board.rows.deleted(place) === undefined) this.#board.lack(position)
  }

  /** What an entry says has come after all. Gives false when it is not awaited any more. */
  fill(place: string, words: Pick<Entry, 'salt' | 'body'>): boolean {
    if (!this.#board.rows.isHollow(place)) return false
    this.#board.rows.removeHollow(place)
    this.#board.rows.fill(place, words)
    return true
  }

  /** A line that tells what happened, and is no message. */
  tell(
    user: UserId,
    at: { readonly message: MessageId; readonly written: number; readonly position: string },
    event: EventRow,
  ): void {
    const { position, message, written } = at
    const before = this.#board.rows.message(position)
    if (before?.event && isSameEvent(before.event, event)) return
    if (before) this.#board.vacate(shownOf(before), position)
    const row = newMessageRow(user, { message, written, text: '' })
    row.event = event
    this.#board.put({ user, message }, row, position, true)
  }

  /** That line is told no longer. */
  untell(position: string): void {
    const row = this.#board.rows.message(position)
    if (row?.event) this.#board.remove(shownOf(row), position)
  }

  /** Drops a message here alone, for good: be it sealed again, it is not shown. What waits in the outbox stays. */
  drop(name: MessageName): void {
    const named = this.#board.rows.named(name) ?? newNamedRow('')
    if (named.hidden || queuedNumber(named.position) !== undefined) return
    const row = isSealed(named.position) ? this.#board.rows.message(named.position) : undefined
    named.hidden = true
    delete named.registers
    this.#board.rows.putNamed(name, named)
    this.#board.letGo(name, named)
    if (row) this.#board.remove(shownOf(row), named.position)
  }

  /** Drops a line that is no message. */
  dropLine(position: string): void {
    const row = this.#board.rows.message(position)
    if (row?.event) this.#board.remove(shownOf(row), position)
  }

  /** An entry comes that was let go of on another device: it is not shown, and what it says is not kept. */
  refuse({ user, said, position }: Counted): void {
    this.#board.letGoOf(position)
    if (isAct(said)) return
    const name = { user, message: said.message }
    const named = this.#board.rows.named(name) ?? newNamedRow('')
    if (named.position !== '') return
    this.#board.rows.putNamed(name, Object.assign(named, { position, hidden: true }))
  }

  /** Everybody has what was let go of: what it says goes. */
  release(position: string): void {
    this.#board.rows.strip(position)
    this.#board.rows.removeLeaving(entryOf(position))
  }

  /** Shows a message of an export, which is part of no log, unless it is here or was dropped here. */
  restore(row: MessageRow, position: string): keyof RestoredCount {
    const shown = shownOf(row)
    const named = this.#board.rows.named(shown)
    if (named?.hidden || named?.dropped) return 'dropped'
    if (named && named.position !== '') return 'known'
    const next = create(NamedRowSchema, { position, answered: named?.answered ?? false })
    this.#board.rows.putNamed(shown, next)
    const restored = { ...row, ...(named?.registers && { registers: named.registers }) }
    this.#board.settleWords(shown, restored, next)
    this.#board.put(shown, restored, position, false)
    return 'messages'
  }

  /** Whether an act of one's own, or a message, was taken before. */
  isKnown(said: Said): boolean {
    if (isAct(said)) return this.#board.rows.act(said.message) !== undefined
    const named = this.#board.rows.named({ user: this.#parts.account.user, message: said.message })
    return named !== undefined && (named.position !== '' || named.dropped)
  }

  /** Puts something into the outbox; it shows at once. `now` is in ms since 1970. */
  queue(said: Said, now: number): Placed | undefined {
    return this.#waiting.queue(said, now)
  }

  /** Does an act on a message of one's own that has not left yet, right there. Gives false when that is not so. */
  revise(said: Act, now: number): boolean {
    return this.#waiting.revise(said, now)
  }

  /** A deletion with the entries that are known to have said its message. */
  complete(said: Act): Act {
    const { act } = said
    if (act.is !== 'deletion') return said
    const places = sealedPlaces(this.#board.rows.named(act.target))
    return { ...said, act: { ...act, entries: places.map(entryPlaceOf) } }
  }

  /** How many rows a batch has to have room for, beside those that every entry needs. */
  costOf(user: UserId, said: Said | undefined): number {
    if (said === undefined) return 0
    if (!isAct(said)) {
      const isRevised = this.#board.rows.named({ user, message: said.message })?.revision !== undefined
      return (said.files?.length ?? 0) + (isRevised ? rowsOfRevision : 0)
    }
    if (said.act.is !== 'deletion') return 1
    return 2 * (this.#board.rows.abouts(targetOf(said, user)).length + said.act.entries.length) + limits.branches
  }

  /** How many rows letting go of a message may take. */
  costOfDrop(name: MessageName): number {
    return this.#board.rows.abouts(name).length + limits.copies + 4
  }

  /** Writes into the row and the batch what has changed of them. */
  finish(): void {
    this.#board.finish()
  }

  /**
   * A message is shown once: sealed again, under whatever number, it stands where it was sealed first. What was done with it
   * before it left is part of what it says, unless another copy of this home has sent it without that.
   */
  #show(said: Content, { user, position }: Counted): Placed | undefined {
    const { rows } = this.#board
    const name = { user, message: said.message }
    const named = rows.named(name)
    const row = newMessageRow(user, said)
    if (named === undefined) {
      rows.putNamed(name, newNamedRow(position))
      return this.#board.put(name, row, position, true, said)
    }
    const unheard = this.#waiting.unheard(name, said, position)
    this.#unqueue(named)
    const placed = isSealed(named.position)
      ? this.#showAgain(name, named, row, position)
      : this.#place(name, named, row, position)
    if (unheard) this.#waiting.queue(this.complete(unheard), unheard.written)
    return placed
  }

  /** A message that waits has left already, be it from another copy of this home. */
  #unqueue({ position }: NamedRow): void {
    const number = queuedNumber(position)
    if (number === undefined) return
    this.#board.rows.removeQueued(number)
    this.#parts.row.queued--
    this.#board.last.removed(position)
  }

  /** Shows a message as deleted whose words never came. */
  #showDeleted(name: MessageName, position: string): void {
    const named = this.#board.rows.named(name) ?? newNamedRow('')
    if (named.hidden) return
    const row = create(MessageRowSchema, {
      ...{ user: fromText(name.user), message: fromText(name.message), written: BigInt(timeOf(position)) },
      registers: newRegisters(),
    })
    if (row.registers) markDeleted(row.registers)
    const number = queuedNumber(named.position)
    const queued = number === undefined ? undefined : this.#board.rows.queued(number)
    if (queued && !isAct(queued)) this.#board.rows.removeFiles(name, queued.files)
    this.#unqueue(named)
    if (isSealed(named.position)) this.#showAgain(name, named, row, position)
    else this.#place(name, named, row, position)
  }

  /** The first place of all counts, of a deleted message of those that are known to have been its. */
  #showAgain(name: MessageName, named: NamedRow, row: MessageRow, position: string): Placed | undefined {
    const { rows } = this.#board
    const before = named.position
    const places = sealedPlaces(named)
    if (places.includes(position)) return undefined
    named.copies = [...places, position].sort().slice(0, limits.copies)
    const shown = named.hidden ? undefined : rows.message(before)
    const isDeleted = (shown ?? named).registers?.deleted === true
    if (isDeleted) rows.strip(position)
    else if (named.hidden) this.#board.letGoOf(position)
    if (this.#board.placeOf(name, [before, position].sort(), isDeleted) === before) {
      rows.putNamed(name, named)
      return undefined
    }
    named.position = position
    rows.putNamed(name, named)
    if (shown === undefined) return undefined
    if (shown.registers) row.registers = shown.registers
    this.#board.settleWords(name, row, named)
    this.#board.vacate(shownOf(shown), before)
    return this.#board.put(name, row, position, false)
  }

  /** Shows a message that stood in no log. */
  #place(name: MessageName, named: NamedRow, row: MessageRow, position: string): Placed | undefined {
    const { rows } = this.#board
    const isNew = named.position === ''
    if (named.registers) row.registers ??= named.registers
    named.position = position
    named.dropped = false
    if (named.hidden) {
      rows.putNamed(name, named)
      this.#board.letGoOf(position)
      return undefined
    }
    this.#board.settleWords(name, row, named)
    if (row.registers?.deleted) rows.strip(position)
    delete named.registers
    rows.putNamed(name, named)
    return this.#board.put(name, row, position, isNew)
  }

  /** Entries of a deleted message are here already, without what they said. */
  #showStripped({ said, user }: Counted & { readonly said: Act }): void {
    const { act } = said
    if (act.is !== 'deletion') return
    for (const place of act.entries.map(({ device, seq, hash }) => entryText(device, seq, hash))) {
      const entry = this.#board.rows.entry(place)
      if (entry === undefined || !isStripped(entry)) continue
      const { header, hash } = readHeader(entry)
      const position = sealedPosition(header.time, header.device, { seq: header.seq, hash })
      this.#showDeleted(targetOf(said, user), position)
    }
  }

  #unshow(name: MessageName, position: string): void {
    const { rows } = this.#board
    const named = rows.named(name)
    if (named === undefined) return
    const left = sealedPlaces(named).filter(place => place !== position)
    named.copies = left.length > 1 ? left : []
    if (named.position !== position) {
      rows.putNamed(name, named)
      return
    }
    const row = rows.message(position)
    const next = this.#board.placeOf(name, left, row?.registers?.deleted === true)
    named.position = named.hidden ? (next ?? '') : ''
    if (row?.registers) named.registers = row.registers
    rows.putNamed(name, named)
    if (row) this.#board.remove(shownOf(row), position)
    if (next === undefined || named.hidden) return
    const said = this.#board.saidAt(next)?.said
    if (said && !isAct(said)) this.#place(name, named, newMessageRow(name.user, said), next)
    else this.#showDeleted(name, next)
  }
}

/** Rows of an act that takes its place in the outbox: that row, its id, and what it changes. */
const rowsOfRevision = 8

function isSameEvent(a: EventRow, b: EventRow): boolean {
  return equals(EventRowSchema, a, b)
}
