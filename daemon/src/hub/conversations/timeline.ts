import { create } from '@bufbuild/protobuf'
import { limits } from '../../limits.ts'
import {
  type Act,
  type Content,
  deletionKind,
  editKind,
  isAct,
  type MessageName,
  reactionKind,
  type Said,
  targetOf,
} from '../../protocol/bodies.ts'
import { isStripped, readHeader } from '../../protocol/entries.ts'
import {
  type EventRow,
  type MessageRow,
  MessageRowSchema,
  type NamedRow,
  NamedRowSchema,
  type RegistersRow,
} from '../../protocol/hub_rows_pb.ts'
import { fromText, type MessageId, type UserId } from '../../protocol/ids.ts'
import { Board, type BoardParts, type Change, isSealed, type Placed, sealedPlaces, timeOf } from './board.ts'
import { entryOf, entryPlaceOf, entryText, queuedNumber, queuedPosition, sealedPosition } from './keys.ts'
import type { LastLine } from './last-line.ts'
import { markDeleted, merge, newRegisters, overlay, removeOverlay, type Stamp } from './registers.ts'
import { newMessageRow, shownOf } from './rows.ts'

export type { Change, Placed } from './board.ts'

/** An entry that counts: what it says, and where it stands. */
export interface Counted extends Stamp {
  readonly user: UserId
  readonly said: Said
  readonly position: string
}

type CountedAct = Counted & { readonly said: Act }

/**
 * What a draft shows: messages at their positions, what was done with them, those that wait in the outbox, and the last
 * line of lists. What is shown is a function of the set of entries that count: in which order they come does not matter.
 */
export class Timeline {
  readonly #parts: BoardParts
  readonly #board: Board

  constructor(parts: BoardParts) {
    this.#parts = parts
    this.#board = new Board(parts)
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

  /** An entry counts. Gives what its message shows; nothing of an act, nor when it was shown already. */
  count(entry: Counted): Placed | undefined {
    const { said } = entry
    if (!isAct(said)) return this.#show(said, entry)
    this.#perform({ ...entry, said })
    return undefined
  }

  /** A text that came without its body: when it was deleted, it is shown as that. */
  countStripped(user: UserId, position: string): void {
    const name = this.#board.rows.deleted(entryOf(position))
    if (name?.user === user) this.#showDeleted(name, position)
  }

  /** An entry counts no longer: what is shown is what it would be without it. What was deleted stays so: its words are gone. */
  withdraw(entry: Counted): void {
    const { said } = entry
    if (isAct(said)) this.#undo({ ...entry, said })
    else this.#unshow({ user: entry.user, message: said.message }, entry.position)
  }

  /** A line that tells what happened, and is no message. */
  tell(
    user: UserId,
    at: { readonly message: MessageId; readonly written: number; readonly position: string },
    event: EventRow,
  ): void {
    const { position, message, written } = at
    if (this.#board.rows.message(position) !== undefined) return
    const row = newMessageRow(user, { message, written, text: '' })
    row.event = event
    this.#board.put({ user, message }, row, position, true)
  }

  /** That line is told no longer. */
  untell(position: string): void {
    const row = this.#board.rows.message(position)
    if (row?.event) this.#board.remove(shownOf(row), position)
  }

  /** Drops a message here alone, for good: be it sealed again, it is not shown. */
  hide(position: string): void {
    const row = this.#board.rows.message(position)
    if (row === undefined) return
    const shown = shownOf(row)
    const named = this.#board.rows.named(shown)
    if (named) {
      named.hidden = true
      if (row.registers) named.registers = row.registers
      this.#board.rows.putNamed(shown, named)
    }
    this.#board.remove(shown, position)
  }

  /** Shows a message of an export, which is part of no log. Gives false when it is here, or was dropped here. */
  restore(row: MessageRow, position: string): boolean {
    const shown = shownOf(row)
    const named = this.#board.rows.named(shown)
    if (named && (named.position !== '' || named.hidden || named.dropped)) return false
    const next = create(NamedRowSchema, { position })
    this.#board.rows.putNamed(shown, next)
    const restored = { ...row, ...(named?.registers && { registers: named.registers }) }
    this.#board.settleWords(shown, restored, next)
    this.#board.put(shown, restored, position, false)
    return true
  }

  /** Whether an act of one's own, or a message, was taken before. */
  isKnown(said: Said): boolean {
    if (isAct(said)) return this.#board.rows.act(said.message) !== undefined
    const named = this.#board.rows.named({ user: this.#parts.account.user, message: said.message })
    return named !== undefined && (named.position !== '' || named.dropped)
  }

  /** Puts something into the outbox; it shows at once. `now` is in ms since 1970. */
  queue(said: Said, now: number): Placed | undefined {
    const { account, row } = this.#parts
    const number = Number(row.nextQueued)
    row.nextQueued = BigInt(number + 1)
    row.queued++
    this.#board.rows.putQueued(number, said, now)
    const position = queuedPosition(number)
    if (!isAct(said)) return this.#queueMessage(said, position, now)
    this.#board.rows.putAct(said.message, position)
    const name = targetOf(said, account.user)
    this.#change(name, (registers, named) => {
      overlay(registers, account.user, said.act, number, said.written)
      if (said.act.is === 'deletion') this.#board.dropWords(name, named)
    })
    return undefined
  }

  /** Does an act on a message of one's own that has not left yet, right there. Gives false when that is not so. */
  revise(said: Act, now: number): boolean {
    const { user } = this.#parts.account
    const { act } = said
    const name = targetOf(said, user)
    const named = this.#board.rows.named(name)
    const number = named && queuedNumber(named.position)
    if (named === undefined || number === undefined || act.is === 'reaction') return false
    const queued = this.#board.rows.queued(number)
    if (queued === undefined || isAct(queued)) return false
    this.#board.rows.putAct(said.message, named.position)
    if (act.is === 'deletion') this.#takeBack(name, number, queued)
    else {
      const { message, written, replyTo, files } = queued
      const { text, mentions, mentionsAll } = act
      const content: Content = {
        ...{ message, written, text },
        ...(replyTo && { replyTo }),
        ...(files && { files }),
        ...(mentions && { mentions }),
        ...(mentionsAll && { mentionsAll }),
      }
      this.#board.rows.putQueued(number, content, now)
      this.#board.changed({ ...content, user }, named.position, { now })
    }
    return true
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
    if (!isAct(said)) return said.files?.length ?? 0
    if (said.act.is !== 'deletion') return 1
    return 2 * (this.#board.rows.abouts(targetOf(said, user)).length + said.act.entries.length) + limits.branches
  }

  /** Writes into the row and the batch what has changed of them. */
  finish(): void {
    this.#board.finish()
  }

  /** A message is shown once: sealed again, under whatever number, it stands where it was sealed first. */
  #show(said: Content, { user, position }: Counted): Placed | undefined {
    const { rows, last } = this.#board
    const name = { user, message: said.message }
    const named = rows.named(name)
    const row = newMessageRow(user, said)
    if (named === undefined) {
      rows.putNamed(name, create(NamedRowSchema, { position }))
      return this.#board.put(name, row, position, true, said)
    }
    const number = queuedNumber(named.position)
    if (number !== undefined) {
      rows.removeQueued(number)
      this.#parts.row.queued--
      last.removed(named.position)
    }
    return isSealed(named.position)
      ? this.#showAgain(name, named, row, position)
      : this.#place(name, named, row, position)
  }

  /** Shows a message as deleted whose words never came. */
  #showDeleted(name: MessageName, position: string): void {
    const named = this.#board.rows.named(name) ?? create(NamedRowSchema)
    const row = create(MessageRowSchema, {
      ...{ user: fromText(name.user), message: fromText(name.message), written: BigInt(timeOf(position)) },
      registers: newRegisters(),
    })
    if (row.registers) markDeleted(row.registers)
    if (isSealed(named.position)) this.#showAgain(name, named, row, position)
    else if (named.position === '') this.#place(name, named, row, position)
  }

  /** The first place of all counts. */
  #showAgain(name: MessageName, named: NamedRow, row: MessageRow, position: string): Placed | undefined {
    const { rows } = this.#board
    const before = named.position
    const places = sealedPlaces(named)
    if (places.includes(position)) return undefined
    named.copies = [...places, position].sort().slice(0, limits.copies)
    const shown = named.hidden ? undefined : rows.message(before)
    if ((shown ?? named).registers?.deleted) rows.strip(position)
    if (position > before) {
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
    this.#board.settleWords(name, row, named)
    if (row.registers?.deleted) rows.strip(position)
    if (!named.hidden) delete named.registers
    rows.putNamed(name, named)
    return named.hidden ? undefined : this.#board.put(name, row, position, isNew)
  }

  #queueMessage(said: Content, position: string, now: number): Placed {
    const { user } = this.#parts.account
    const name = { user, message: said.message }
    const named = this.#board.rows.named(name) ?? create(NamedRowSchema)
    named.position = position
    this.#board.rows.putNamed(name, named)
    this.#board.rows.putFiles(name, said.files)
    return this.#board.changed({ ...said, user }, position, { now, isNew: true })
  }

  /** What has not left yet is taken back: nobody has seen it. */
  #takeBack(name: MessageName, number: number, content: Content): void {
    this.#board.rows.removeQueued(number)
    this.#board.rows.removeFiles(name, content.files)
    this.#parts.row.queued--
    this.#board.rows.putNamed(name, create(NamedRowSchema, { dropped: true }))
    this.#board.gone({ ...content, user: name.user }, queuedPosition(number))
  }

  #perform(entry: CountedAct): void {
    const { user, said, position, time, hash } = entry
    const { rows } = this.#board
    const { act } = said
    const number = this.#leaveOutbox(entry)
    const name = targetOf(said, user)
    this.#change(name, (registers, named) => {
      if (number !== undefined) removeOverlay(registers, number)
      const wasDeleted = registers.deleted
      merge(registers, user, act, { time, hash }, said.written)
      if (!wasDeleted || act.is === 'deletion') rows.putAbout(name, { position, kind: kindOf(said), user })
      if (act.is === 'deletion') this.#board.dropWords(name, named)
      else if (wasDeleted && act.is === 'edit') rows.strip(position)
    })
    if (act.is !== 'deletion') return
    for (const { device, seq, hash: start } of act.entries) {
      const place = entryText(device, seq, start)
      rows.putDeleted(place, name)
      this.#showStripped(name, place)
    }
  }

  /** An act of one's own has its place in the log: it waits no longer. Gives its number in the outbox. */
  #leaveOutbox({ user, said, position }: CountedAct): number | undefined {
    if (user !== this.#parts.account.user) return undefined
    const { rows } = this.#board
    const number = queuedNumber(rows.act(said.message) ?? '')
    const queued = number === undefined ? undefined : rows.queued(number)
    rows.putAct(said.message, position)
    if (number === undefined || queued?.message !== said.message) return undefined
    rows.removeQueued(number)
    this.#parts.row.queued--
    return number
  }

  /** The entry of a deleted message is here already, without what it said. */
  #showStripped(name: MessageName, place: string): void {
    const entry = this.#board.rows.entry(place)
    if (entry === undefined || !isStripped(entry)) return
    const { header, hash } = readHeader(entry)
    this.#showDeleted(name, sealedPosition(header.time, header.device, { seq: header.seq, hash }))
  }

  #undo({ user, said, position }: CountedAct): void {
    const { rows } = this.#board
    const name = targetOf(said, user)
    rows.removeAbout(name, kindOf(said), position)
    this.#change(name, (registers, named) => {
      if (registers.deleted && named.position !== '') return
      const { queuedEdit, queuedReactions } = registers
      Object.assign(registers, newRegisters(), { queuedReactions })
      delete registers.edit
      if (queuedEdit) registers.queuedEdit = queuedEdit
      for (const about of rows.abouts(name)) {
        const other = this.#board.saidAt(about.position)
        if (other && isAct(other.said)) merge(registers, about.user, other.said.act, other.stamp, other.said.written)
      }
    })
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
    const [next = ''] = left
    named.position = next
    if (row?.registers) named.registers = row.registers
    rows.putNamed(name, named)
    if (row) this.#board.remove(shownOf(row), position)
    const other = next === '' ? undefined : this.#board.saidAt(next)?.said
    if (row && other && !isAct(other)) this.#place(name, named, newMessageRow(name.user, other), next)
  }

  /** Changes what was done with a message, wherever that stands. */
  #change(name: MessageName, change: (registers: RegistersRow, named: NamedRow) => void): void {
    const { rows } = this.#board
    const named = rows.named(name) ?? create(NamedRowSchema)
    const row = isSealed(named.position) && !named.hidden ? rows.message(named.position) : undefined
    const registers = (row ?? named).registers ?? newRegisters()
    const before = row && shownOf(row)
    change(registers, named)
    if (row === undefined || before === undefined) {
      named.registers = registers
      rows.putNamed(name, named)
      return
    }
    row.registers = registers
    this.#board.settleWords(name, row, named)
    this.#board.rewrite(name, row, named.position, before)
  }
}

function kindOf({ act }: Act): number {
  if (act.is === 'edit') return editKind
  return act.is === 'deletion' ? deletionKind : reactionKind
}
