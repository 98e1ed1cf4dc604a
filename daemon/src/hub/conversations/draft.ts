import { create } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { type EntryPlace, isAct, textKind } from '../../protocol/bodies.ts'
import {
  type ConversationRow,
  ConversationRowSchema,
  CursorRowSchema,
  LogFloorSchema,
} from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, deviceId, fromText, toText, type UserId } from '../../protocol/ids.ts'
import { type Ends, isWithin, mergedReads, type ReadMap, signMark } from '../../protocol/marks.ts'
import type { Entry } from '../../protocol/parley_pb.ts'
import { Batch } from './batch.ts'
import { type DeviceLog, emptyLog, extend, flooredLog, headRow, topOf } from './device-log.ts'
import { doubtOf } from './doubts.ts'
import type { CheckedEntry } from './intake.ts'
import { entryText, keys, logKeyOf, type Place, placeOf, sealedPosition } from './keys.ts'
import { withEnd } from './mark-ends.ts'
import { encodeMarks, firstUnread, marksOf, namesOne, type Reading, type UserMarks } from './marks.ts'
import type { Doubt, Members, MembershipEntry } from './members.ts'
import { changedLines, type Line } from './membership/lines.ts'
import {
  mergeRecounts,
  type Recounted,
  recountLines,
  recountOf,
  recountsAt,
  recountsFor,
} from './membership/recount.ts'
import { changedReach, reachedOf, reachRows, readReach } from './reached.ts'
import type { Shown } from './rows.ts'
import { writeRow } from './rows.ts'
import type { Shelf } from './shelf.ts'
import { membershipRow, reachedRow, type State } from './state.ts'
import type { Cursor } from './sync/arrivals.ts'
import { type Placed, Timeline } from './timeline.ts'
import type { Account, Peer } from './types.ts'

/** The next state of a conversation and the batch that makes it so. Nothing counts before that batch is committed. */
export class Draft {
  readonly linked: { readonly checked: CheckedEntry; readonly placed: Placed | undefined }[] = []
  /** Of those linked: what does not count, and why. */
  readonly doubted: { readonly checked: CheckedEntry; readonly doubt: Doubt }[] = []
  /** Devices whose logs have changed. */
  readonly #touched = new Set<DeviceId>()
  readonly #batch = new Batch()
  readonly #row: ConversationRow
  readonly #logs: Map<DeviceId, DeviceLog>
  readonly #acked: Map<DeviceId, ReadonlyMap<DeviceId, number>>
  readonly #posted: Map<DeviceId, ReadonlyMap<DeviceId, number>>
  #members: Members
  readonly #arrival: number
  readonly #marks: Map<UserId, UserMarks>
  /** The first unread message was withdrawn while others are left. */
  #hasLostFirst = false
  /** Where messages are that this batch brings and that have not been read. */
  readonly #received = new Set<string>()
  /** How far one has read now, where no mark says so yet. */
  #read: ReadMap | undefined
  #ends: Ends = new Map()
  readonly #stored: Uint8Array | undefined
  readonly #conversation: ConversationId
  readonly #account: Account
  readonly #timeline: Timeline
  readonly #shelf: Shelf
  /** By position: lines of what happened that are to be told, be it otherwise than before; nothing: not any more. */
  readonly #lines = new Map<string, Line | undefined>()
  /** The row has changed, be it that nothing else has. */
  #hasChanged = false
  #floors: ReadMap

  /** `arrival`: the number of this commit, see sync/arrivals.ts. */
  constructor(of: {
    readonly conversation: ConversationId
    readonly account: Account
    readonly state: State
    /** The other one of a direct conversation, as called now. */
    readonly peer: Peer | undefined
    readonly shelf: Shelf
    readonly arrival: number
  }) {
    this.#conversation = of.conversation
    this.#account = of.account
    // What is in it is replaced as a whole, never changed.
    this.#row = { ...of.state.row }
    if (of.peer) {
      this.#row.name = of.peer.name
      this.#row.displayName = of.peer.displayName
    }
    this.#logs = new Map(of.state.logs)
    this.#acked = new Map(of.state.acked)
    this.#posted = new Map(of.state.posted)
    this.#members = of.state.members
    this.#arrival = of.arrival
    this.#marks = new Map(of.state.marks)
    this.#floors = new Map(this.#row.floors.map(({ device, seq }) => [deviceId(device), Number(seq)]))
    this.#stored = of.state.stored
    this.#shelf = of.shelf
    this.#timeline = new Timeline({
      conversation: of.conversation,
      account: of.account,
      shelf: of.shelf,
      row: this.#row,
      batch: this.#batch,
      received: (position, content) => this.#receive(position, content),
      withdrawn: (position, content) => this.#withdraw(position, content),
      reworded: (position, before, now) => this.#reword(position, before, now),
      mayLetGo: position => this.#mayLetGo(position),
    })
  }

  /** What is shown. */
  get timeline(): Timeline {
    return this.#timeline
  }

  log(device: DeviceId): DeviceLog {
    return this.#logs.get(device) ?? emptyLog
  }

  get members(): Members {
    return this.#members
  }

  /** Whether a message of `bytes` fits into the batch, with `rows` of its own, beside those that every batch may need. */
  hasRoom(bytes: number, rows = 0): boolean {
    return this.#batch.hasRoom(changesPerMessage + changesPerBatch + rows, bytes * 2)
  }

  /** Links an entry to its log, and shows what it says if it counts. */
  link(checked: CheckedEntry): Placed | undefined {
    const { device, seq, hash, time, rights, encoded, content, user, from, header } = checked
    const log = extend(this.log(device), { seq, hash, time, rights }, header.prev)
    if (log === undefined) return undefined
    const position = sealedPosition(time, device, checked)
    this.#batch.put(logKeyOf(this.#conversation, position), encoded)
    this.#logs.set(device, { ...log, arrival: this.#arrival })
    if (checked.membership) this.admit([checked.membership])
    const again = recountsAt(this.#members, device, log, checked)
    if (again.length > 0) this.#row.recounts = mergeRecounts(this.#row.recounts, again)
    const doubt = doubtOf(this.#members, checked, content, { author: user, rights, heldCuts: checked.heldCuts })
    if (doubt) this.doubted.push({ checked, doubt })
    const placed = doubt === undefined ? this.#show(checked, position) : undefined
    // What waited and does not count any more waits no longer.
    if (doubt && content && user === this.#account.user) {
      this.#timeline.giveUp({ user, said: content, position, time, hash })
    }
    this.linked.push({ checked, placed })
    // One's own, brought back after a restore: whoever brought it holds it, so it never shows as waiting.
    if (from !== undefined && device === this.#account.device && from !== device) this.acknowledge(from, device, seq)
    if (user === this.#account.user && from !== undefined) this.#isHere(checked)
    return placed
  }

  /** Of one's own: who has read it is known by its hash alone, so that it counts from now on. */
  #isHere({ device, seq, hash }: CheckedEntry): void {
    for (const [user, marks] of this.#marks) {
      const next = withEnd(marks, this.log(device), { device, seq, hash })
      if (next !== undefined) this.mark(user, next)
    }
  }

  /** What an entry that counts shows. */
  #show(checked: CheckedEntry, position: string): Placed | undefined {
    const { content, user, time, hash, device, seq, header } = checked
    const isLetGo = seq <= (this.#floors.get(device) ?? 0)
    if (content) {
      const counted = { user, said: content, position, time, hash }
      if (!isLetGo || (isAct(content) && content.act.is !== 'edit')) return this.#timeline.count(counted)
      this.#timeline.refuse(counted)
    }
    if (!checked.isStripped) return undefined
    if (header.kind === textKind) this.#timeline.countStripped(user, position)
    if (!isLetGo) this.#timeline.lack(position)
    return undefined
  }

  /** Nothing up to these places of the logs is shown any more, or keeps what it said. Never goes back. */
  raiseFloors(floors: ReadMap): void {
    this.#floors = mergedReads(this.#floors, floors)
    this.#row.floors = [...this.#floors].map(([device, seq]) => {
      return create(LogFloorSchema, { device: fromText(device), seq: BigInt(seq) })
    })
    this.#hasChanged = true
  }

  /** What entries say has come after all, by their places: they are judged anew, with whatever follows them. */
  fill(entries: readonly { readonly place: EntryPlace; readonly entry: Pick<Entry, 'salt' | 'body'> }[]): void {
    for (const { place, entry } of entries) {
      const { device, seq, hash } = place
      if (!this.#timeline.fill(entryText(device, seq, hash), entry)) continue
      this.#row.recounts = mergeRecounts(this.#row.recounts, [recountOf(device, seq - 1)])
    }
  }

  /** There are no leaving rows any more. */
  allHasLeft(): void {
    this.#row.leaving = false
    this.#hasChanged = true
  }

  /** There were no hollow rows any more when there had been `count`. */
  allIsFilled(count: number): void {
    if (this.#row.hollow !== count) return
    this.#row.hollow = 0
    this.#hasChanged = true
  }

  /** Takes membership entries in. What they change of what counts is for the conversation to look at. */
  admit(entries: readonly MembershipEntry[]): void {
    const members = this.#members.with(entries)
    if (members === this.#members) return
    for (const entry of entries) {
      if (!members.entries.has(toText(entry.hash))) continue
      this.#batch.put(keys.membership(this.#conversation, entry.hash), membershipRow(entry))
    }
    this.#row.recounts = mergeRecounts(this.#row.recounts, recountsFor(this.#members, members, this.#logs))
    this.#tellLines(this.#members, members)
    const floors = members.floorsFor(this.#account.user)
    if (floors) this.#beginAt(floors)
    this.#members = members
  }

  /** What was judged again counts, or does not any more. */
  recount({ entries, told, untold, rest }: Recounted): void {
    for (const entry of entries) {
      const { user, said, position, counts } = entry
      if (said === undefined && counts) this.#timeline.countStripped(user, position)
      else if (said === undefined) this.#timeline.withdrawStripped(user, position)
      else if (counts) this.#timeline.count({ ...entry, said })
      else this.#timeline.withdraw({ ...entry, said })
    }
    for (const line of told) this.#timeline.tell(line.user, line, line.event)
    for (const position of untold) this.#lines.set(position, undefined)
    const [, ...others] = this.#row.recounts
    this.#row.recounts = rest === undefined ? others : [rest, ...others]
    this.#hasChanged = true
  }

  /** Lines of what happened in a room, as far as they fit into the batch. */
  #tellLines(before: Members, after: Members): void {
    const { told, untold } = changedLines(before, after)
    if (told.length + untold.length > limits.linesTold) {
      this.#row.recounts = mergeRecounts(this.#row.recounts, [recountLines()])
      return
    }
    for (const line of told) this.#lines.set(line.position, line)
    for (const position of untold) this.#lines.set(position, undefined)
  }

  /**
   * Begins logs where they start for whoever was invited to a part of the history: of one who comes back they go on there,
   * behind what they have of before. Whoever has joined may hear of it only then, as of several invitations another counts
   * once more is known, or as their home was put back. The others bring from there what lies behind all that is here.
   */
  #beginAt(floors: ReadonlyMap<DeviceId, readonly Place[]>): void {
    for (const [device, places] of floors) {
      const [first] = places
      if (first === undefined || places.some(({ seq }) => seq <= topOf(this.#logs.get(device)))) continue
      this.#logs.set(device, { ...flooredLog(places), arrival: this.#arrival })
      this.#touched.add(device)
    }
  }

  /** Notes that a device has committed a log of one's own up to `seq`. Never goes back. */
  acknowledge(by: DeviceId, log: DeviceId, seq: number): void {
    if (this.#reach(this.#acked, by, log, seq)) {
      this.#batch.put(keys.ack(this.#conversation, by), reachedRow(this.#acked.get(by) ?? new Map()))
    }
  }

  /** Notes that the mailbox has committed a log of one's own up to `seq` for a device. Never goes back. */
  post(to: DeviceId, log: DeviceId, seq: number): void {
    if (this.#reach(this.#posted, to, log, seq)) {
      this.#batch.put(keys.posted(this.#conversation, to), reachedRow(this.#posted.get(to) ?? new Map()))
    }
  }

  /** Notes up to where everything of a peer is here, once the entries of this batch are. */
  reachCursor(peer: DeviceId, { epoch, arrival }: Cursor): void {
    const row = create(CursorRowSchema, { epoch, arrival: BigInt(arrival) })
    this.#batch.put(keys.cursor(peer, this.#conversation), writeRow(CursorRowSchema, row))
  }

  #reach(all: Map<DeviceId, ReadonlyMap<DeviceId, number>>, by: DeviceId, log: DeviceId, seq: number): boolean {
    const before = all.get(by) ?? new Map()
    if (seq <= (before.get(log) ?? 0)) return false
    all.set(by, new Map(before).set(log, seq))
    return true
  }

  /** Notes how far one has read, before anything that the same batch brings: up to `ends`. */
  read({ read, unread, mentions, firstUnread }: Reading, ends: Ends): void {
    this.#read = read
    this.#ends = ends
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
    await this.#shelf.readMessages([...this.#lines.keys()])
    for (const [position, line] of this.#lines) if (line === undefined) this.#timeline.untell(position)
    for (const line of this.#lines.values()) if (line) this.#timeline.tell(line.user, line, line.event)
    await this.#timeline.last.settle(storage, this.#conversation)
    if (!this.#hasLostFirst || this.#row.unread === 0n) return
    const read = this.#read ?? this.#marks.get(this.#account.user)?.read ?? new Map()
    const of = { conversation: this.#conversation, user: this.#account.user, row: this.#row, read }
    this.#row.firstUnread = await firstUnread(storage, of, {
      get: key => this.#batch.get(key),
      received: this.#received,
    })
  }

  /** The changes to write and the state that holds once they are committed; undefined when nothing changes. */
  finish(): { changes: readonly Change[]; state: State } | undefined {
    this.#sign()
    if (this.#batch.isEmpty && !this.#hasChanged) return undefined
    for (const { checked } of this.linked) this.#touched.add(checked.device)
    for (const device of this.#touched) {
      this.#batch.put(keys.head(this.#conversation, device), headRow(this.log(device)))
    }
    this.#timeline.finish()
    const kept = { members: this.#members, acked: this.#acked, posted: this.#posted, marks: this.#marks }
    const reach = readReach(this.#row)
    const reached = reachedOf({ logs: this.#logs, ...kept }, this.#account).reach(reach)
    if (changedReach(reach, reached).length > 0) this.#row.reached = reachRows(reached)
    this.#row.commits++
    const stored = writeRow(ConversationRowSchema, this.#row)
    const key = keys.conversation(this.#conversation)
    this.#batch.check(key, this.#stored)
    this.#batch.put(key, stored)
    return { changes: this.#batch.changes, state: { row: this.#row, stored, logs: this.#logs, ...kept } }
  }

  /** How far one has read: signed, unless another device of one's own has said as much. */
  #sign(): void {
    const { user, device, privateKey } = this.#account
    const read = this.#read
    if (read === undefined || isWithin(read, this.#marks.get(user)?.read ?? new Map())) return
    const ends = this.#ends
    this.mark(user, marksOf([signMark({ conversation: this.#conversation, user, device, read, ends }, privateKey)]))
  }

  /** Counts a message of somebody else as unread, unless it was read on another device already. */
  #receive(position: string, content: Shown): void {
    const row = this.#row
    if (position > row.lastReceived) row.lastReceived = position
    if (this.#isRead(position)) return
    this.#received.add(position)
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

  /** Who is named now that was not, or not any more, in a message that is not read. */
  #reword(position: string, before: Shown, now: Shown): void {
    const { user } = this.#account
    const change = Number(namesOne(now, user)) - Number(namesOne(before, user))
    if (change === 0 || this.#row.unread === 0n || this.#isRead(position)) return
    if (change > 0 || this.#row.mentions > 0n) this.#row.mentions += BigInt(change)
  }

  /** Others may have it from whoever wrote it; what one wrote oneself they have once it is delivered. */
  #mayLetGo(position: string): boolean {
    const { device: log, seq } = placeOf(position)
    const { user, device: own } = this.#account
    if (log !== own && this.#members.mayLink(log)?.user !== user) return true
    return seq <= (readReach(this.#row).get(log)?.delivered ?? 0)
  }

  #isRead(position: string): boolean {
    const { device, seq } = placeOf(position)
    const read = this.#read ?? this.#marks.get(this.#account.user)?.read
    return seq <= (read?.get(device) ?? 0)
  }
}

/** Rows of one message: log, message, name, outbox. */
const changesPerMessage = 4
/** Rows of a batch beside its messages: the conversation with its check, heads and acknowledgements. */
const changesPerBatch = 32
