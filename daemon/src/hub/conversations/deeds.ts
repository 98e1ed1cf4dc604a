import { create } from '@bufbuild/protobuf'
import {
  type Act,
  deletionKind,
  editKind,
  isAct,
  type MessageName,
  reactionKind,
  type Said,
  targetOf,
} from '../../protocol/bodies.ts'
import { type MessageRow, type NamedRow, NamedRowSchema, type RegistersRow } from '../../protocol/hub_rows_pb.ts'
import type { UserId } from '../../protocol/ids.ts'
import { type Board, isSealed, sealedPlaces } from './board.ts'
import { entryText } from './keys.ts'
import { merge, newRegisters, onlyQueued, removeOverlay, type Stamp } from './registers.ts'
import { newMessageRow, shownOf } from './rows.ts'

/** An entry that counts: what it says, and where it stands. */
export interface Counted extends Stamp {
  readonly user: UserId
  readonly said: Said
  readonly position: string
}

export type CountedAct = Counted & { readonly said: Act }

/** What is done with messages, by the entries that count. */
export class Deeds {
  readonly #board: Board

  constructor(board: Board) {
    this.#board = board
  }

  /** An act counts. `number`: under which it has waited in the outbox. */
  perform({ user, said, position, time, hash }: CountedAct, number: number | undefined): void {
    const { rows } = this.#board
    const { act } = said
    const name = targetOf(said, user)
    this.change(name, (registers, named) => {
      if (number !== undefined) removeOverlay(registers, act, number)
      const wasDeleted = registers.deleted
      merge(registers, user, act, { time, hash }, said.written)
      rows.putAbout(name, { position, kind: kindOf(said), user })
      if (act.is === 'deletion') this.#board.dropWords(name, named)
      else if (act.is !== 'edit') return
      else if (wasDeleted) rows.strip(position)
      else if (named.hidden) this.#board.letGoOf(position)
    })
    if (act.is !== 'deletion') return
    for (const { device, seq, hash: start } of act.entries) {
      const place = entryText(device, seq, start)
      rows.putDeleted(place, name)
      this.#board.lackNot(place)
    }
    this.#board.settlePlace(name)
  }

  /** An act that has waited under `number` counts for nothing. */
  giveUp(entry: CountedAct, number: number): void {
    const { said, user } = entry
    this.change(targetOf(said, user), registers => removeOverlay(registers, said.act, number))
    this.undo(entry)
  }

  /** An act counts no longer: what is left is what the others have done. */
  undo({ user, said, position }: CountedAct): void {
    const { rows } = this.#board
    const name = targetOf(said, user)
    rows.removeAbout(name, kindOf(said), position)
    this.#forget(name, said)
    const named = rows.named(name)
    if (named === undefined || named.hidden) return
    const row = isSealed(named.position) ? rows.message(named.position) : undefined
    const before = (row ?? named).registers ?? newRegisters()
    const left = onlyQueued(before)
    for (const about of rows.abouts(name)) {
      const other = this.#board.saidAt(about.position)
      if (other && isAct(other.said)) merge(left, about.user, other.said.act, other.stamp, other.said.written)
    }
    if (before.deleted && !left.deleted) this.#undelete(name, named, row, left)
    else this.change(name, registers => replace(registers, left))
    this.#board.settlePlace(name)
  }

  /** Changes what was done with a message, wherever that stands. */
  change(name: MessageName, change: (registers: RegistersRow, named: NamedRow) => void): void {
    const { rows } = this.#board
    const named = rows.named(name) ?? create(NamedRowSchema)
    if (named.hidden) {
      change(newRegisters(), named)
      return
    }
    const row = isSealed(named.position) ? rows.message(named.position) : undefined
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

  /** The entries that a deletion named are those of a deleted message no longer, unless another one names them. */
  #forget(name: MessageName, { act }: Act): void {
    if (act.is !== 'deletion') return
    const { rows } = this.#board
    const kept = new Set<string>()
    for (const { kind, position } of rows.abouts(name)) {
      const other = kind === deletionKind ? this.#board.saidAt(position)?.said : undefined
      if (!other || !isAct(other) || other.act.is !== 'deletion') continue
      for (const { device, seq, hash } of other.act.entries) kept.add(entryText(device, seq, hash))
    }
    for (const { device, seq, hash } of act.entries) {
      const place = entryText(device, seq, hash)
      if (kept.has(place)) continue
      rows.removeDeleted(place)
      // Where it stood is not known any more if it was lost before.
      this.#board.lackAt(place)
    }
  }

  /**
   * A message is deleted no longer. What it said was dropped here; it is shown once somebody who has not deleted it yet has
   * brought that.
   */
  #undelete(name: MessageName, named: NamedRow, row: MessageRow | undefined, registers: RegistersRow): void {
    const { rows } = this.#board
    const { position } = named
    const places = sealedPlaces(named)
    const edits = rows.abouts(name).filter(({ kind }) => kind === editKind)
    for (const place of [...places, ...edits.map(edit => edit.position)]) {
      if (this.#board.isBare(place)) this.#board.lack(place)
    }
    if (row) this.#board.vacate(shownOf(row), position)
    const [said] = places.flatMap(place => this.#board.saidAt(place)?.said ?? [])
    if (said === undefined || isAct(said)) {
      rows.putNamed(name, Object.assign(named, { position: '', copies: [], registers }))
      if (row) this.#board.gone(shownOf(row), position)
      return
    }
    const restored = newMessageRow(name.user, said)
    restored.registers = registers
    const [first = position] = places
    named.position = first
    delete named.registers
    rows.putNamed(name, named)
    this.#board.settleWords(name, restored, named)
    this.#board.put(name, restored, first, false)
  }
}

function replace(registers: RegistersRow, by: RegistersRow): void {
  const { deleted, reactions, queuedReactions, queuedDeleted, edit, queuedEdit } = by
  Object.assign(registers, { deleted, reactions, queuedReactions, queuedDeleted })
  delete registers.edit
  delete registers.queuedEdit
  if (edit) registers.edit = edit
  if (queuedEdit) registers.queuedEdit = queuedEdit
}

function kindOf({ act }: Act): number {
  if (act.is === 'edit') return editKind
  return act.is === 'deletion' ? deletionKind : reactionKind
}
