import { create } from '@bufbuild/protobuf'
import {
  type Content,
  editKind,
  isAct,
  type MessageName,
  readBody,
  type Said,
  saysWords,
} from '../../protocol/bodies.ts'
import { msOf } from '../../protocol/clock.ts'
import { isStripped, readHeader } from '../../protocol/entries.ts'
import { type ConversationRow, type MessageRow, type NamedRow, NamedRowSchema } from '../../protocol/hub_rows_pb.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import type { Batch } from './batch.ts'
import { entryOf, queuedNumber, sealedPosition } from './keys.ts'
import { LastLine } from './last-line.ts'
import type { Stamp } from './registers.ts'
import { RowSet } from './row-set.ts'
import { newMessageRow, type Shown, shownOf } from './rows.ts'
import type { Shelf } from './shelf.ts'
import type { Account } from './types.ts'
import { Unindexed } from './unindexed.ts'

/** A message with its place. */
export interface Placed {
  readonly user: UserId
  readonly content: Shown
  readonly position: string
}

/** A message that a batch shows anew or otherwise, or shows no longer. */
export interface Change extends Placed {
  /** It was not shown before. */
  readonly isNew?: true
  /** It is shown no longer. */
  readonly isGone?: true
}

export interface BoardParts {
  readonly conversation: ConversationId
  readonly account: Account
  /** Whatever the batch may have to look up. */
  readonly shelf: Shelf
  /** Of the draft: changed along with it. */
  readonly row: ConversationRow
  readonly batch: Batch
  /** A message of somebody else is shown at that position. */
  readonly received: (position: string, content: Shown) => void
  /** A message of somebody else is gone from there, or says nothing any more. */
  readonly withdrawn: (position: string, content: Shown) => void
  /** A message of somebody else says something else now. */
  readonly reworded: (position: string, before: Shown, now: Shown) => void
  /** Whether what an entry of one's own says may be dropped: everybody whom it is for has it. */
  readonly mayLetGo: (position: string) => boolean
}

type ByAuthor = Shown & { readonly user: UserId }

interface ChangedParts {
  /** Of one that waits: ms since 1970. */
  readonly now?: number
  /** It was not shown before. */
  readonly isNew?: boolean
  /** Nothing was known of it before: nobody has answered it. */
  readonly isUnknown?: boolean
}

/**
 * The rows that are shown, as a batch will leave them, with all that hangs on each: what front ends and search are told, the
 * count of messages, the last line, the files that are named.
 */
export class Board {
  readonly rows: RowSet
  readonly last: LastLine
  readonly #parts: BoardParts
  readonly #changes = new Map<string, Change>()
  /** What search has to look at again: note whatever is shown, changed or removed. */
  readonly #unindexed = new Unindexed()
  /** Messages that others show words of, which are other words now. */
  readonly #answered = new Map<string, MessageName>()

  constructor(parts: BoardParts) {
    const { conversation, account, row, shelf, batch } = parts
    this.#parts = parts
    this.rows = new RowSet(conversation, shelf, batch)
    this.last = new LastLine(row, account.user)
  }

  get changes(): Change[] {
    return [...this.#changes.values()]
  }

  /** Messages that are others now while answers show some of their words. */
  get answered(): MessageName[] {
    return [...this.#answered.values()]
  }

  /** Shows a message at a place where none was. `content`: of one that was not known at all, what was sent. */
  put(name: MessageName, row: MessageRow, position: string, isNew: boolean, content?: Content): Placed {
    this.rows.putMessage(position, row)
    this.#parts.row.shown++
    const shown = content ? { ...content, user: name.user } : shownOf(row)
    this.rows.putFiles(name, shown.files)
    if (shown.replyTo) this.#noteAnswer(shown.replyTo, position, name)
    const change = this.changed(shown, position, { isNew, isUnknown: content !== undefined })
    if (this.#isOthers({ ...shown, user: name.user })) this.#parts.received(position, shown)
    return change
  }

  /** A row that is shown says something else. */
  rewrite(name: MessageName, row: MessageRow, position: string, before: ByAuthor): void {
    this.rows.putMessage(position, row)
    const shown = shownOf(row)
    if (shown.deleted && !before.deleted) {
      this.rows.removeFiles(name, before.files)
      if (before.replyTo) this.rows.removeAnswer(before.replyTo, position)
      this.#silence(before, position)
    } else if (this.#isOthers(shown)) this.#parts.reworded(position, before, shown)
    this.changed(shown, position)
  }

  /** Nothing is shown there any more: the message has another place now. */
  vacate(shown: ByAuthor, position: string): void {
    this.rows.removeMessage(position)
    this.rows.removeFiles(shown, shown.files)
    if (shown.replyTo) this.rows.removeAnswer(shown.replyTo, position)
    this.#parts.row.shown--
    this.last.removed(position)
    this.#silence(shown, position)
  }

  /** A message is shown no longer. */
  remove(shown: ByAuthor, position: string): void {
    this.vacate(shown, position)
    this.gone(shown, position)
  }

  /** Front ends and search are told that a message is shown no longer. */
  gone(shown: ByAuthor, position: string): void {
    const { user, ...content } = shown
    this.last.removed(position)
    this.#unindexed.note(user, shown.message)
    const key = `${user}/${shown.message}`
    this.#changes.set(key, { user, content, position, isGone: true })
    this.#noteAnswered(key, shown)
  }

  /** Front ends and search are told of a message. */
  changed(shown: ByAuthor, position: string, { now, isNew = false, isUnknown = false }: ChangedParts = {}): Placed {
    const { user, ...content } = shown
    const key = `${user}/${shown.message}`
    const wasNew = isNew || this.#changes.get(key)?.isNew === true
    const change = { user, content, position, ...(wasNew && { isNew: true as const }) }
    this.#changes.set(key, change)
    if (!isUnknown) this.#noteAnswered(key, shown)
    this.#unindexed.note(user, shown.message)
    this.last.shown(shown, position, now ?? timeOf(position))
    return change
  }

  /**
   * Where a message stands of these places: at the first. A deleted one stands where a deletion says that it was, since
   * whoever never had its words knows of no other place.
   */
  placeOf({ user, message }: MessageName, places: readonly string[], isDeleted: boolean): string | undefined {
    const [first] = places
    if (!isDeleted) return first
    const isNamed = (place: string) => {
      const name = this.rows.deleted(entryOf(place))
      return name?.user === user && name.message === message
    }
    return places.find(isNamed) ?? first
  }

  /** A deletion says, or says no longer, where a message was: it is shown where it stands by that. */
  settlePlace(name: MessageName): void {
    const named = this.rows.named(name)
    if (named === undefined || named.hidden || !isSealed(named.position)) return
    const row = this.rows.message(named.position)
    const place = this.placeOf(name, sealedPlaces(named), row?.registers?.deleted === true)
    if (row === undefined || place === undefined || place === named.position) return
    this.vacate(shownOf(row), named.position)
    named.position = place
    this.rows.putNamed(name, named)
    this.settleWords(name, row, named)
    this.put(name, row, place, false)
  }

  /** A row keeps the words that count, so that it stays small: those of before are in the log. */
  settleWords(name: MessageName, row: MessageRow, named: NamedRow): void {
    const { registers } = row
    if (registers?.deleted || registers?.edit) {
      Object.assign(row, { text: '', mentions: [], mentionsAll: false })
      if (!registers.deleted) return
      row.files = []
      // As whoever never had its words knows it.
      row.written = BigInt(timeOf(named.position))
      delete row.replyTo
    } else if (row.text === '' && named.position !== '') {
      const first = this.saidAt(named.position)?.said
      if (first === undefined || isAct(first)) return
      const { text, mentions, mentionsAll } = newMessageRow(name.user, first)
      Object.assign(row, { text, mentions, mentionsAll })
    }
  }

  /** Everything that said something of a deleted message goes; what was done with it stays known, should that not count. */
  dropWords(name: MessageName, named: NamedRow): void {
    for (const position of this.#wordPlaces(name, named)) this.rows.strip(position)
  }

  /** Everything that said something of a message goes, here alone: of one's own only what everybody has. */
  letGo(name: MessageName, named: NamedRow): void {
    for (const position of this.#wordPlaces(name, named)) this.letGoOf(position)
  }

  /** What an entry says goes, here alone, as soon as it may. */
  letGoOf(position: string): void {
    const entry = this.rows.entry(entryOf(position))
    if (entry === undefined || isStripped(entry)) return
    if (this.#parts.mayLetGo(position)) this.rows.strip(position)
    else {
      this.rows.putLeaving(position)
      this.#parts.row.leaving = true
    }
  }

  /** What an entry that counts says is not here, though it was deleted by nobody: somebody else may have it. */
  lack(position: string): void {
    this.rows.putHollow(position)
    this.#parts.row.hollow++
  }

  /** The same of an entry by its place in the logs, if it is here without what it says. */
  lackAt(place: string): void {
    const entry = this.rows.entry(place)
    if (entry === undefined || !isStripped(entry)) return
    const { header, hash } = readHeader(entry)
    if (saysWords(header.kind)) this.lack(sealedPosition(header.time, header.device, { seq: header.seq, hash }))
  }

  /** Whoever would be asked for that has deleted it. */
  lackNot(place: string): void {
    if (this.#parts.row.hollow > 0) this.rows.removeHollow(place)
  }

  /** Whether an entry is here without what it says. */
  isBare(position: string): boolean {
    const entry = this.rows.entry(entryOf(position))
    return entry !== undefined && isStripped(entry)
  }

  /** What the entry of a position said; undefined when that was dropped. */
  saidAt(position: string): { readonly said: Said; readonly stamp: Stamp } | undefined {
    const entry = this.rows.entry(entryOf(position))
    if (entry === undefined || isStripped(entry)) return undefined
    const { header, hash } = readHeader(entry)
    const said = readBody(entry.body, header.kind)
    return said && { said, stamp: { time: header.time, hash } }
  }

  /** Writes into the row and the batch what has changed of them. */
  finish(): void {
    this.last.finish()
    this.#unindexed.write(this.#parts.batch, this.#parts.conversation)
  }

  #silence(shown: ByAuthor, position: string): void {
    if (this.#isOthers(shown)) this.#parts.withdrawn(position, shown)
  }

  #isOthers(shown: ByAuthor): boolean {
    return shown.user !== this.#parts.account.user && !shown.deleted && !shown.event && !shown.imported
  }

  /** Where a message was said, and said anew. */
  #wordPlaces(name: MessageName, named: NamedRow): string[] {
    const edits = this.rows.abouts(name).filter(({ kind }) => kind === editKind)
    return [...sealedPlaces(named), ...edits.map(({ position }) => position)]
  }

  #noteAnswer(to: MessageName, position: string, by: MessageName): void {
    this.rows.putAnswer(to, position, by.user)
    if (!this.rows.isNameKnown(to)) return
    const named = this.rows.named(to) ?? create(NamedRowSchema)
    if (named.answered) return
    named.answered = true
    this.rows.putNamed(to, named)
  }

  #noteAnswered(key: string, name: MessageName): void {
    if (this.rows.named(name)?.answered) this.#answered.set(key, name)
  }
}

/** All places at which a message was sealed, the first one first. */
export function sealedPlaces(named: NamedRow | undefined): string[] {
  if (named === undefined) return []
  const { position, copies } = named
  return [...new Set(isSealed(position) ? [position, ...copies] : copies)].sort()
}

/** Whether a position is one in the log, neither nowhere nor in the outbox. */
export function isSealed(position: string): boolean {
  return position !== '' && queuedNumber(position) === undefined
}

/** When the entry of a sealed position was written: ms since 1970. */
export function timeOf(position: string): number {
  return msOf(BigInt(`0x${position.slice(0, 16)}`))
}
