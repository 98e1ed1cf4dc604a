import { create } from '@bufbuild/protobuf'
import { type Act, type Content, isAct, type MessageName, type Said, targetOf } from '../../protocol/bodies.ts'
import { type NamedRow, NamedRowSchema, type RevisionRow, RevisionRowSchema } from '../../protocol/hub_rows_pb.ts'
import { fromText, messageId } from '../../protocol/ids.ts'
import type { Board, BoardParts, Placed } from './board.ts'
import type { CountedAct, Deeds } from './deeds.ts'
import { queuedNumber, queuedPosition } from './keys.ts'
import { overlay } from './registers.ts'
import { shownOf } from './rows.ts'

/** What waits in the outbox for its place in the log, as it shows meanwhile. */
export class Waiting {
  readonly #parts: BoardParts
  readonly #board: Board
  readonly #deeds: Deeds

  constructor(parts: BoardParts, board: Board, deeds: Deeds) {
    this.#parts = parts
    this.#board = board
    this.#deeds = deeds
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
    this.#deeds.change(name, (registers, named) => {
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
    named.revision = create(RevisionRowSchema, { act: fromText(said.message), written: BigInt(said.written) })
    if (act.is === 'deletion') this.#takeBack(name, number, queued, named.revision)
    else {
      this.#board.rows.putNamed(name, named)
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

  /**
   * What is left to do with a message of one's own that stands at `position` now: another copy of this home has sent it as
   * it was before it was edited, or taken back, here. Nothing where it was sent from here.
   */
  unheard(name: MessageName, said: Content, position: string): Act | undefined {
    const named = this.#board.rows.named(name)
    if (name.user !== this.#parts.account.user || !named?.revision || named.hidden) return undefined
    const { act, written } = named.revision
    const of = { message: messageId(act), written: Number(written) }
    if (named.dropped) return { ...of, act: { is: 'deletion', target: name, entries: [] } }
    const words = this.#wordsBefore(named, position)
    if (words === undefined || isSame(words, said)) return undefined
    const { text, mentions, mentionsAll } = words
    const more = { ...(mentions && { mentions }), ...(mentionsAll && { mentionsAll }) }
    return { ...of, act: { is: 'edit', target: name.message, text, ...more } }
  }

  /** What a message says that waits, or was sent from here, once it stands at `position`; nothing where it stays. */
  #wordsBefore(named: NamedRow, position: string): Content | undefined {
    const number = queuedNumber(named.position)
    if (number !== undefined) {
      const queued = this.#board.rows.queued(number)
      return queued && !isAct(queued) ? queued : undefined
    }
    const row = position < named.position ? this.#board.rows.message(named.position) : undefined
    const { edit, queuedEdit, deleted } = row?.registers ?? {}
    return row === undefined || edit || queuedEdit || deleted ? undefined : shownOf(row)
  }

  /** An act of one's own has its place in the log: it waits no longer. Gives its number in the outbox. */
  leave({ user, said, position }: CountedAct): number | undefined {
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

  #queueMessage(said: Content, position: string, now: number): Placed {
    const { user } = this.#parts.account
    const name = { user, message: said.message }
    const named = this.#board.rows.named(name) ?? create(NamedRowSchema)
    named.position = position
    this.#board.rows.putNamed(name, named)
    this.#board.rows.putFiles(name, said.files)
    return this.#board.changed({ ...said, user }, position, { now, isNew: true })
  }

  /** A message waits no longer, and is not sent. */
  giveUp(name: MessageName): void {
    const number = queuedNumber(this.#board.rows.named(name)?.position ?? '')
    const queued = number === undefined ? undefined : this.#board.rows.queued(number)
    if (number !== undefined && queued && !isAct(queued)) this.#takeBack(name, number, queued)
  }

  /** What has not left yet is taken back: nobody has seen it. */
  #takeBack(name: MessageName, number: number, content: Content, revision?: RevisionRow): void {
    this.#board.rows.removeQueued(number)
    this.#board.rows.removeFiles(name, content.files)
    this.#parts.row.queued--
    const answered = this.#board.rows.named(name)?.answered ?? false
    const row = create(NamedRowSchema, { dropped: true, answered, ...(revision && { revision }) })
    this.#board.rows.putNamed(name, row)
    this.#board.gone({ ...content, user: name.user }, queuedPosition(number))
  }
}

function isSame(a: Content, b: Content): boolean {
  const [mentions, others] = [a, b].map(({ mentions: users = [] }) => users.join())
  return a.text === b.text && mentions === others && (a.mentionsAll ?? false) === (b.mentionsAll ?? false)
}
