import { clone, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { type ConversationRow, ConversationRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, deviceId, type UserId } from '../../protocol/ids.ts'
import { isWithin, type ReadMap, signMark } from '../../protocol/marks.ts'
import { Batch } from './batch.ts'
import type { CheckedEntry } from './intake.ts'
import { keys, placeOf, sealedPosition } from './keys.ts'
import { encodeMarks, firstUnread, namesOne, type Reading, type UserMarks } from './marks.ts'
import type { Shown } from './rows.ts'
import { ackRow, headRow, type LogHead, type State } from './state.ts'
import type { Shelf } from './shelf.ts'
import { type Placed, Timeline } from './timeline.ts'
import type { Account, Peer } from './types.ts'

/** The next state of a conversation and the batch that makes it so. Nothing counts before that batch is committed. */
export class Draft {
  readonly linked: { readonly checked: CheckedEntry; readonly placed: Placed | undefined }[] = []
  readonly #batch = new Batch()
  readonly #row: ConversationRow
  readonly #heads: Map<DeviceId, LogHead>
  readonly #acked: Map<DeviceId, number>
  readonly #marks: Map<UserId, UserMarks>
  /** The first unread message was withdrawn while others are left. */
  #hasLostFirst = false
  /** How far one has read now, where no mark says so yet. */
  #read: ReadMap | undefined
  readonly #stored: Uint8Array | undefined
  readonly #conversation: ConversationId
  readonly #account: Account
  readonly #timeline: Timeline

  constructor(of: { conversation: ConversationId; account: Account; state: State; peer: Peer; shelf: Shelf }) {
    this.#conversation = of.conversation
    this.#account = of.account
    this.#row = clone(ConversationRowSchema, of.state.row)
    this.#row.name = of.peer.name
    this.#row.displayName = of.peer.displayName
    this.#heads = new Map(of.state.heads)
    this.#acked = new Map(of.state.acked)
    this.#marks = new Map(of.state.marks)
    this.#stored = of.state.stored
    this.#timeline = new Timeline({
      conversation: of.conversation,
      account: of.account,
      shelf: of.shelf,
      row: this.#row,
      batch: this.#batch,
      received: (position, content) => this.#receive(position, content),
      withdrawn: (position, content) => this.#withdraw(position, content),
    })
  }

  /** What is shown. */
  get timeline(): Timeline {
    return this.#timeline
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
    const placed = content && this.#timeline.count({ user, said: content, position, time, hash })
    if (checked.isStripped) this.#timeline.countStripped(user, position)
    this.linked.push({ checked, placed })
    // One's own, brought back after a restore: whoever brought it holds it, so it never shows as waiting.
    if (device === this.#account.device && from !== undefined) this.acknowledge(from, seq)
    return placed
  }

  /** Notes that a device of the other one has committed one's own log up to `seq`. Never goes back. */
  acknowledge(device: DeviceId, seq: number): void {
    if (seq <= (this.#acked.get(device) ?? 0)) return
    this.#acked.set(device, seq)
    this.#batch.put(keys.ack(this.#conversation, device), ackRow(this.#account.device, seq))
  }

  /** Notes how far one has read, before anything that the same batch brings. */
  read({ read, unread, mentions, firstUnread }: Reading): void {
    this.#read = read
    this.#row.unread = BigInt(unread)
    this.#row.mentions = BigInt(mentions)
    this.#row.firstUnread = firstUnread
  }

  /** Takes over how far somebody has read, as their devices have signed it. */
  mark(user: UserId, marks: UserMarks): void {
    this.#marks.set(user, marks)
    this.#batch.put(keys.mark(this.#conversation, user), encodeMarks(marks))
  }

  /** Looks up what the batch has taken from the row: to be called once it is made. */
  async settle(storage: Storage): Promise<void> {
    await this.#timeline.last.settle(storage, this.#conversation)
    if (!this.#hasLostFirst || this.#row.unread === 0n) return
    const read = this.#read ?? this.#marks.get(this.#account.user)?.read ?? new Map()
    const of = { conversation: this.#conversation, user: this.#account.user, row: this.#row, read }
    this.#row.firstUnread = await firstUnread(storage, of, key => this.#batch.get(key))
  }

  /** The changes to write and the state that holds once they are committed; undefined when nothing changes. */
  finish(): { changes: readonly Change[]; state: State } | undefined {
    this.#sign()
    if (this.#batch.isEmpty) return undefined
    for (const device of new Set(this.linked.map(({ checked }) => checked.device))) {
      const head = this.#heads.get(device)
      if (head !== undefined) this.#batch.put(keys.head(this.#conversation, device), headRow(head))
    }
    this.#timeline.finish()
    this.#row.commits++
    const stored = toBinary(ConversationRowSchema, this.#row)
    const key = keys.conversation(this.#conversation)
    this.#batch.check(key, this.#stored)
    this.#batch.put(key, stored)
    const state = { row: this.#row, stored, heads: this.#heads, acked: this.#acked, marks: this.#marks }
    return { changes: this.#batch.changes, state }
  }

  /** How far one has read: signed, unless another device of one's own has said as much. */
  #sign(): void {
    const { user, device, privateKey } = this.#account
    const read = this.#read
    if (read === undefined || isWithin(read, this.#marks.get(user)?.read ?? new Map())) return
    this.mark(user, { read, signed: [signMark({ conversation: this.#conversation, user, device, read }, privateKey)] })
  }

  /** Counts a message of somebody else as unread, unless it was read on another device already. */
  #receive(position: string, content: Shown): void {
    const row = this.#row
    if (position > row.lastReceived) row.lastReceived = position
    if (this.#isRead(position)) return
    if (row.unread === 0n || position < row.firstUnread) row.firstUnread = position
    row.unread++
    if (namesOne(content, this.#account.user)) row.mentions++
  }

  /** What says nothing any more need not be read. */
  #withdraw(position: string, content: Shown): void {
    const row = this.#row
    if (row.unread === 0n || this.#isRead(position)) return
    row.unread--
    if (row.mentions > 0n && namesOne(content, this.#account.user)) row.mentions--
    if (row.unread === 0n) row.firstUnread = ''
    else if (row.firstUnread === position) this.#hasLostFirst = true
  }

  #isRead(position: string): boolean {
    const { device, seq } = placeOf(position)
    const read = this.#read ?? this.#marks.get(this.#account.user)?.read
    return seq <= (read?.get(deviceId(device)) ?? 0)
  }
}

/** Rows of one message: log, message, name, outbox. */
const changesPerMessage = 4
/** Rows of a batch beside its messages: the conversation with its check, heads and acknowledgements. */
const changesPerBatch = 32
