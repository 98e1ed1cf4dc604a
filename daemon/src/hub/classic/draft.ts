import { clone, toBinary } from '@bufbuild/protobuf'
import type { Change } from '@parley/kit'
import { msOf } from '../../protocol/clock.ts'
import { type ConversationRow, ConversationRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, fromText, type UserId } from '../../protocol/ids.ts'
import { Batch } from '../conversations/batch.ts'
import { keys, queuedPosition, sealedPosition } from '../conversations/keys.ts'
import { lineOf } from '../conversations/line.ts'
import { type Content, messageRow, namedRow, outboxRow } from '../conversations/rows.ts'
import { Unindexed } from '../conversations/unindexed.ts'
import { ownDevice, type StoredRow, self, theirDevice } from './rows.ts'

/** The next state of a conversation with a classic client, and the batch that makes it so. */
export class ClassicDraft {
  readonly row: ConversationRow
  readonly #conversation: ConversationId
  readonly #before: Uint8Array | undefined
  readonly #batch = new Batch()
  readonly #unindexed = new Unindexed()

  /** `before`: the row as stored; undefined: none yet. */
  constructor(conversation: ConversationId, row: ConversationRow, before: Uint8Array | undefined) {
    this.#conversation = conversation
    this.#before = before
    this.row = clone(ConversationRowSchema, row)
  }

  /** A message of one's own, behind all others until it is handed over. `now` in ms. Gives its position. */
  queue(content: Content, now: number): string {
    const number = Number(this.row.nextQueued)
    const position = queuedPosition(number)
    this.#batch.put(keys.outbox(this.#conversation, number), outboxRow(content, now))
    this.row.nextQueued = BigInt(number + 1)
    this.row.queued++
    return this.#place(self, content, position, now)
  }

  /** The queued message of that number has been handed over at `time` (hybrid). Gives its position from now on. */
  sent(number: number, content: Content, time: bigint): string {
    const before = queuedPosition(number)
    this.#batch.remove(keys.outbox(this.#conversation, number))
    this.row.queued--
    if (this.row.lastPosition === before) this.row.lastPosition = ''
    return this.#show(self, content, time)
  }

  /** A message of the other one, at `time` (hybrid). Gives its position. */
  receive(user: UserId, content: Content, time: bigint): string {
    const position = this.#show(user, content, time)
    if (this.row.unread === 0n) this.row.firstUnread = position
    this.row.lastReceived = position
    this.row.unread++
    return position
  }

  /** That many messages of the other one are unread from now on, the first of them at `first`. */
  read(unread: number, first: string): void {
    this.row.unread = BigInt(unread)
    this.row.firstUnread = first
  }

  /** The batch, with `others` in it, and what is stored once it is committed. */
  finish(others: readonly Change[]): { changes: Change[]; stored: StoredRow } {
    this.row.commits++
    this.#unindexed.write(this.#batch, this.#conversation)
    const bytes = toBinary(ConversationRowSchema, this.row)
    const key = keys.conversation(this.#conversation)
    this.#batch.check(key, this.#before)
    this.#batch.put(key, bytes)
    return { changes: [...this.#batch.changes, ...others], stored: { row: this.row, bytes } }
  }

  #show(user: UserId, content: Content, time: bigint): string {
    this.row.shown++
    this.row.lastClock = time
    const device = user === self ? ownDevice : theirDevice(this.#conversation)
    const place = { seq: Number(this.row.shown), hash: fromText(content.message) }
    const position = sealedPosition(time, device, place)
    this.#batch.put(keys.message(this.#conversation, position), messageRow(user, content))
    return this.#place(user, content, position, msOf(time))
  }

  #place(user: UserId, content: Content, position: string, now: number): string {
    this.#batch.put(keys.named(this.#conversation, user, content.message), namedRow(position))
    this.#unindexed.note(user, content.message)
    if (position <= this.row.lastPosition) return position
    this.row.lastPosition = position
    this.row.lastLine = lineOf(content.text)
    this.row.lastTime = BigInt(Math.floor(now))
    this.row.lastMine = user === self
    return position
  }
}
