import { clone, toBinary } from '@bufbuild/protobuf'
import type { Change } from '@parley/kit'
import { msOf } from '../../protocol/clock.ts'
import { type ConversationRow, ConversationRowSchema } from '../../protocol/hub_rows_pb.ts'
import type { ConversationId, DeviceId, MessageId, UserId } from '../../protocol/ids.ts'
import { Batch } from './batch.ts'
import type { CheckedEntry } from './intake.ts'
import { keys, queuedNumber, queuedPosition, sealedPosition } from './keys.ts'
import { lineOf } from './line.ts'
import { encodeMarkRow, type Marks, markRow, type Reading } from './marks.ts'
import { type Content, messageRow, namedRow, outboxRow } from './rows.ts'
import { ackRow, headRow, type LogHead, type State } from './state.ts'
import type { Account, Peer } from './types.ts'

/** Where messages stand that the next batch may name: by author and message id. Changed along with the draft. */
export type Named = Map<string, string>

/** The key of a message in {@link Named}. */
export function nameOf(user: UserId, message: MessageId): string {
  return `${user}/${message}`
}

/** A message with the place that a draft gives it. */
export interface Placed {
  readonly user: UserId
  readonly content: Content
  readonly position: string
}

/** The next state of a conversation and the batch that makes it so. Nothing counts before that batch is committed. */
export class Draft {
  readonly placed: Placed[] = []
  readonly linked: { readonly checked: CheckedEntry; readonly placed: Placed | undefined }[] = []
  readonly #batch = new Batch()
  readonly #row: ConversationRow
  readonly #heads: Map<DeviceId, LogHead>
  readonly #acked: Map<DeviceId, number>
  #marks: Marks
  /** Whether the marks have to be stored. */
  #hasNewMarks = false
  readonly #stored: Uint8Array | undefined
  readonly #conversation: ConversationId
  readonly #account: Account
  readonly #named: Named
  /** The last message as lists show it. */
  #last: { readonly text: string; readonly time: number; readonly mine: boolean } | undefined

  constructor(of: { conversation: ConversationId; account: Account; state: State; peer: Peer; named: Named }) {
    this.#conversation = of.conversation
    this.#account = of.account
    this.#named = of.named
    this.#row = clone(ConversationRowSchema, of.state.row)
    this.#row.name = of.peer.name
    this.#row.displayName = of.peer.displayName
    this.#heads = new Map(of.state.heads)
    this.#acked = new Map(of.state.acked)
    this.#marks = of.state.marks
    this.#stored = of.state.stored
  }

  head(device: DeviceId): LogHead | undefined {
    return this.#heads.get(device)
  }

  /** Whether a message of `bytes` fits into the batch beside the rows that every batch may need. */
  hasRoom(bytes: number): boolean {
    return this.#batch.hasRoom(changesPerMessage + changesPerBatch, bytes * 2)
  }

  /** Links an entry to its log and shows its message, unless another state of things has come first. */
  link(checked: CheckedEntry): Placed | undefined {
    const { device, seq, hash, time, encoded, content, user, from } = checked
    if (seq !== (this.#heads.get(device)?.seq ?? 0) + 1) return undefined
    this.#batch.put(keys.log(this.#conversation, device, checked), encoded)
    this.#heads.set(device, { seq, hash, time })
    const position = sealedPosition(time, device, checked)
    const placed = content === undefined ? undefined : this.#show({ user, content, position })
    this.linked.push({ checked, placed })
    // One's own, brought back after a restore: whoever brought it holds it, so it never shows as waiting.
    if (device === this.#account.device && from !== undefined) this.acknowledge(from, seq)
    return placed
  }

  /** Puts a message into the outbox. `now` is in ms since 1970. */
  queue(content: Content, now: number): Placed {
    const number = Number(this.#row.nextQueued)
    this.#batch.put(keys.outbox(this.#conversation, number), outboxRow(content, now))
    this.#row.nextQueued = BigInt(number + 1)
    this.#row.queued++
    return this.#place({ user: this.#account.user, content, position: queuedPosition(number) }, now)
  }

  /** Notes that a device of the other one has committed one's own log up to `seq`. Never goes back. */
  acknowledge(device: DeviceId, seq: number): void {
    if (seq <= (this.#acked.get(device) ?? 0)) return
    this.#acked.set(device, seq)
    this.#batch.put(keys.ack(this.#conversation, device), ackRow(this.#account.device, seq))
  }

  /** Notes what has been read, before anything that the same batch brings. */
  read({ read, unread, firstUnread }: Reading): void {
    this.#marks = { ...this.#marks, read }
    this.#hasNewMarks = true
    this.#row.unread = BigInt(unread)
    this.#row.firstUnread = firstUnread
  }

  /** The changes to write and the state that holds once they are committed; undefined when nothing changes. */
  finish(): { changes: readonly Change[]; state: State } | undefined {
    if (this.#hasNewMarks) {
      const row = markRow(this.#marks)
      this.#batch.put(keys.mark(this.#conversation, this.#account.user), encodeMarkRow(row))
      this.#marks = { ...this.#marks, row }
    }
    if (this.#batch.isEmpty) return undefined
    for (const device of new Set(this.linked.map(({ checked }) => checked.device))) {
      const head = this.#heads.get(device)
      if (head !== undefined) this.#batch.put(keys.head(this.#conversation, device), headRow(head))
    }
    if (this.#last !== undefined) {
      this.#row.lastLine = lineOf(this.#last.text)
      this.#row.lastTime = BigInt(this.#last.time)
      this.#row.lastMine = this.#last.mine
    }
    this.#row.commits++
    const stored = toBinary(ConversationRowSchema, this.#row)
    const key = keys.conversation(this.#conversation)
    this.#batch.check(key, this.#stored)
    this.#batch.put(key, stored)
    const state = { row: this.#row, stored, heads: this.#heads, acked: this.#acked, marks: this.#marks }
    return { changes: this.#batch.changes, state }
  }

  /** A message is shown once: sealed again, under whatever number, it only links. */
  #show(placed: Placed): Placed | undefined {
    const before = this.#named.get(nameOf(placed.user, placed.content.message))
    const number = before === undefined ? undefined : queuedNumber(before)
    if (before !== undefined && number === undefined) return undefined
    if (number !== undefined) {
      this.#batch.remove(keys.outbox(this.#conversation, number))
      this.#row.queued--
    }
    this.#batch.put(keys.message(this.#conversation, placed.position), messageRow(placed.user, placed.content))
    this.#row.shown++
    if (before === this.#row.lastPosition) this.#row.lastPosition = ''
    if (placed.user !== this.#account.user) this.#receive(placed.position)
    return this.#place(placed, msOf(BigInt(`0x${placed.position.slice(0, 16)}`)))
  }

  /** Counts a message of somebody else: what comes is above every mark, so it is unread. */
  #receive(position: string): void {
    const row = this.#row
    if (row.unread === 0n || position < row.firstUnread) row.firstUnread = position
    if (position > row.lastReceived) row.lastReceived = position
    row.unread++
    // Without marks all would count as read when the conversation is opened again.
    if (this.#marks.row === undefined) this.#hasNewMarks = true
  }

  #place(placed: Placed, time: number): Placed {
    const { user, content, position } = placed
    this.#named.set(nameOf(user, content.message), position)
    this.#batch.put(keys.named(this.#conversation, user, content.message), namedRow(position))
    this.placed.push(placed)
    if (position > this.#row.lastPosition) {
      this.#row.lastPosition = position
      this.#last = { text: content.text, time, mine: user === this.#account.user }
    }
    return placed
  }
}

/** Rows of one message: log, message, name, outbox. */
const changesPerMessage = 4
/** Rows of a batch beside its messages: the conversation with its check, heads and acknowledgements. */
const changesPerBatch = 32
