import type { KeyObject } from 'node:crypto'
import type { Log, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { readHeader } from '../../protocol/entries.ts'
import type { ConversationId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { Entry } from '../../protocol/parley_pb.ts'
import type { Draft } from './draft.ts'
import { readHistory, storedMessage, type View } from './history.ts'
import { checkEntries, type Intake, sizeOf } from './intake.ts'
import { checkPosition, keys, type Place, queuedNumber, sealedPosition } from './keys.ts'
import { type LogEntry, readLog } from './log-reader.ts'
import { Recent } from './recent.ts'
import { type Content, readMessageRow, readNamedRow, readOutboxRow } from './rows.ts'
import { Session } from './session.ts'
import { type LogHead, loadState, newState, type State } from './state.ts'
import type {
  Account,
  ConversationChange,
  ConversationSummary,
  HistoryPage,
  HistoryRange,
  Peer,
  PeerLink,
  StoredMessage,
} from './types.ts'
import { type Desk, Writer } from './writer.ts'

/** What all conversations of a home share. */
export interface Shared {
  readonly storage: Storage
  readonly account: Account
  /** The public key of this device. */
  readonly ownKey: KeyObject
  readonly clock: HybridClock
  readonly log: Log
  /** Tells the front ends. */
  changed(change: ConversationChange): void
}

/** A direct conversation: its committed state, the links that carry it, and the one writer that changes it. */
export class Conversation {
  readonly id: ConversationId
  readonly sessions = new Set<Session>()
  readonly #shared: Shared
  readonly #writer: Writer
  readonly #recent = new Recent()
  #state: State
  #peer: Peer
  /** Heads of what has been checked and waits to be committed. */
  readonly #checkedHeads = new Map<DeviceId, Place>()
  /** Rises whenever what was checked but not committed is dropped. */
  #generation = 0
  #checking: Promise<unknown> = Promise.resolve()
  #problem: string | undefined

  constructor(id: ConversationId, shared: Shared, peer: Peer, state?: State) {
    this.id = id
    this.#shared = shared
    this.#peer = peer
    this.#state = state ?? newState(shared.account, peer)
    for (const { time } of this.#state.heads.values()) shared.clock.observe(time)
    this.#writer = new Writer(this.#desk())
  }

  get peer(): Peer {
    return this.#peer
  }

  /** Takes over how the other one is called now; it is stored with the next change. */
  rename(peer: Peer): void {
    this.#peer = peer
  }

  /** Whether anything of it is stored; until then nobody hears of it. */
  get isStored(): boolean {
    return this.#state.stored !== undefined
  }

  get heads(): ReadonlyMap<DeviceId, LogHead> {
    return this.#state.heads
  }

  get account(): Account {
    return this.#shared.account
  }

  get ownKey(): KeyObject {
    return this.#shared.ownKey
  }

  get summary(): ConversationSummary {
    const { row } = this.#state
    const { lastLine, lastMine, lastTime, queued, shown, unread, firstUnread } = row
    const undelivered = this.#ownSeq - this.#delivered
    return {
      conversation: this.id,
      kind: 'direct',
      peer: this.#peer,
      isStored: this.isStored,
      lastLine,
      lastMine,
      lastTime: Number(lastTime),
      queued: queued + undelivered,
      unread: Number(unread),
      ...(firstUnread === '' ? {} : { firstUnread }),
      count: Number(shown) + queued,
      linked: this.sessions.size > 0,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    }
  }

  /** Whether a device of the other one has not committed all that was said here; without one, whether none has. */
  isLacking(device?: DeviceId): boolean {
    const committed = device === undefined ? this.#delivered : (this.#state.acked.get(device) ?? 0)
    return this.#state.row.queued > 0 || this.#ownSeq > committed || this.#writer.inbox.hasSends
  }

  async send(content: Content): Promise<StoredMessage> {
    const committed = this.#writer.inbox.send(content)
    this.#writer.wake()
    const placed = await committed
    if (placed !== undefined) return storedMessage(this.#view, placed.user, placed.content, placed.position)
    const stored = await this.find(content.message)
    if (stored === undefined) throw new ParleyError('internal', 'A stored message cannot be found.')
    return stored
  }

  async markRead(position: string): Promise<void> {
    checkPosition(position)
    if (this.#state.row.unread === 0n) return
    const committed = this.#writer.inbox.read(position)
    this.#writer.wake()
    await committed
  }

  history(range: HistoryRange): Promise<HistoryPage> {
    return readHistory(this.#shared.storage, this.#liveView, range)
  }

  attach(link: PeerLink, keysOf: ReadonlyMap<DeviceId, KeyObject>): Session {
    const session = new Session(this, link, keysOf, this.#shared.log)
    this.sessions.add(session)
    this.#tell()
    return session
  }

  detach(session: Session): void {
    if (this.sessions.delete(session)) this.#tell()
  }

  /** Checks a frame of entries; frames of all links are checked one after the other, each against what came before. */
  check(entries: readonly Entry[], session: Session, bytes: number): Promise<Intake> {
    const checked = this.#checking.then(() => this.#check(entries, session, bytes))
    this.#checking = checked.catch(() => undefined)
    return checked
  }

  /** Resolves when less waits to be committed than a peer may have in flight. */
  hasRoom(): Promise<void> {
    return this.#writer.inbox.hasRoom()
  }

  /** A device of the other one has committed one's own log up to `place`. Unknown places are not taken. */
  async acknowledge(device: DeviceId, place: Place): Promise<boolean> {
    if (!(await this.holds(this.account.device, place))) return false
    if (place.seq > (this.#state.acked.get(device) ?? 0)) {
      this.#writer.inbox.acknowledge(device, place.seq)
      this.#writer.wake()
    }
    return true
  }

  /** Whether exactly this entry is here. */
  async holds(device: DeviceId, place: Place): Promise<boolean> {
    const head = this.#state.heads.get(device)
    if (head === undefined || place.seq > head.seq) return false
    const known =
      place.seq === head.seq ? head : device === this.account.device ? this.#recent.get(place.seq) : undefined
    if (known !== undefined) return Buffer.compare(known.hash, place.hash) === 0
    const [row] = await this.#shared.storage.get([keys.log(this.id, device, place)])
    return row !== undefined
  }

  /** The entries of a log behind `seq`: a run that ends where a signature is held, of about `bytes`. */
  async read(device: DeviceId, seq: number, bytes: number): Promise<readonly LogEntry[]> {
    if (device === this.account.device && this.#recent.get(seq + 1) !== undefined) {
      return this.#recent.run(seq + 1, bytes)
    }
    return readLog(this.#shared.storage, keys.logOf(this.id, device), seq, bytes)
  }

  /** Looks whether there is something to write, after a link has come to know more. */
  wake(): void {
    this.#writer.wake()
  }

  report(problem: string): void {
    if (this.#problem === problem) return
    this.#problem = problem
    this.#tell()
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.close()
    await this.#writer.close()
  }

  get #maySeal(): boolean {
    const known = [...this.sessions].map(session => session.knowledge)
    return known.includes('ready') && !known.includes('behind')
  }

  get #ownSeq(): number {
    return this.#state.heads.get(this.account.device)?.seq ?? 0
  }

  get #delivered(): number {
    return Math.min(this.#ownSeq, Math.max(0, ...this.#state.acked.values()))
  }

  get #view(): View {
    const { user, device } = this.account
    return { conversation: this.id, user, device, delivered: this.#delivered }
  }

  /** Says what is delivered when it is asked: reading takes time, and a page must not say less than was told meanwhile. */
  get #liveView(): View {
    const conversation = this
    return {
      ...this.#view,
      get delivered() {
        return conversation.#delivered
      },
    }
  }

  async #check(entries: readonly Entry[], session: Session, bytes: number): Promise<Intake> {
    const generation = this.#generation
    const intake = await checkEntries(entries, {
      from: session.device,
      conversation: this.id,
      authors: session.authors,
      head: device => later(this.#checkedHeads.get(device), this.#state.heads.get(device)),
      holds: (device, place) => this.holds(device, place),
    })
    const isCurrent = generation === this.#generation
    const accepted = isCurrent ? intake.accepted : []
    for (const { device, seq, hash } of accepted) this.#checkedHeads.set(device, { seq, hash })
    this.#writer.inbox.arrive(accepted, bytes, () => session.committed(bytes))
    this.#writer.wake()
    return isCurrent ? intake : { ...intake, accepted, hasGap: true }
  }

  #desk(): Desk {
    const conversation = this
    const { account, storage, clock, log } = this.#shared
    return {
      conversation: this.id,
      account,
      storage,
      clock,
      get state() {
        return conversation.#state
      },
      get peer() {
        return conversation.#peer
      },
      get maySeal() {
        return conversation.#maySeal
      },
      committed: (draft, state) => this.#committed(draft, state),
      reload: () => this.#reload(),
      resumed: () => {
        for (const session of this.sessions) session.askAgain()
      },
      failed: error => log.error({ conversation: this.id, error }, 'A conversation could not be stored; trying again.'),
    }
  }

  async #committed(draft: Draft, state: State): Promise<void> {
    const deliveredBefore = this.#delivered
    this.#state = state
    const { device, user } = this.account
    const view = this.#view
    const told = draft.placed.map(({ user: author, content, position }) =>
      storedMessage(view, author, content, position),
    )
    for (const { checked, placed } of draft.linked) {
      if (checked.user !== user) this.#shared.clock.observe(checked.time)
      if (checked.device !== device) continue
      const { seq, hash, entry } = checked
      this.#recent.add({ seq, hash, entry, size: sizeOf(entry), placed })
    }
    const arrived = told.filter(({ mine }) => !mine)
    this.#tell(told, arrived)
    for (const session of this.sessions) session.wake()
    await this.#tellDelivered(deliveredBefore, view)
  }

  /** Tells that one's own messages behind `before` are delivered now, page by page. */
  async #tellDelivered(before: number, view: View): Promise<void> {
    for (let seq = before; seq < view.delivered; ) {
      const page = await this.#ownMessages(seq, view)
      if (page.last === seq) return
      this.#tell(page.messages)
      seq = page.last
    }
  }

  /** One's own messages behind `seq` that are delivered, and how far they go. */
  async #ownMessages(seq: number, view: View): Promise<{ messages: StoredMessage[]; last: number }> {
    const messages: StoredMessage[] = []
    let last = seq
    for (
      let recent = this.#recent.get(last + 1);
      recent !== undefined && last < view.delivered;
      recent = this.#recent.get(last + 1)
    ) {
      last++
      if (recent.placed === undefined) continue
      messages.push(storedMessage(view, view.user, recent.placed.content, recent.placed.position))
    }
    if (last > seq) return { messages, last }
    const log = await readLog(this.#shared.storage, keys.logOf(this.id, view.device), seq, limits.run)
    const reads = log.filter(each => each.seq <= view.delivered).map(({ entry }) => readHeader(entry))
    const positions = reads.map(({ header, hash }) =>
      sealedPosition(header.time, header.device, { seq: header.seq, hash }),
    )
    const rows = await this.#shared.storage.get(positions.map(position => keys.message(this.id, position)))
    for (const [index, position] of positions.entries()) {
      const row = rows[index]
      if (row !== undefined) messages.push(storedMessage(view, view.user, readMessageRow(position, row), position))
    }
    return { messages, last: reads.at(-1)?.header.seq ?? seq }
  }

  #tell(messages: readonly StoredMessage[] = [], arrived: readonly StoredMessage[] = []): void {
    this.#shared.changed({ conversation: this.id, messages, arrived })
  }

  async #reload(): Promise<void> {
    const { storage, account } = this.#shared
    try {
      this.#state = (await loadState(storage, this.id, account)) ?? newState(account, this.#peer)
    } finally {
      // In one go: what was checked but not committed is forgotten everywhere, or it would pass for held.
      this.#generation++
      this.#checkedHeads.clear()
      this.#recent.clear()
      this.#writer.inbox.dropArrivals()
    }
  }

  /** One's own message as it stands now; undefined when there is none. */
  find(message: MessageId): Promise<StoredMessage | undefined> {
    return this.#find(message, undefined)
  }

  /** `before`: where it was said to stand at the look before, and did not. */
  async #find(message: MessageId, before: string | undefined): Promise<StoredMessage | undefined> {
    const { user } = this.account
    const { storage } = this.#shared
    const key = keys.named(this.id, user, message)
    const [value] = await storage.get([key])
    if (value === undefined) return undefined
    const position = readNamedRow(key, value)
    const number = queuedNumber(position)
    const rowKey = number === undefined ? keys.message(this.id, position) : keys.outbox(this.id, number)
    const [row] = await storage.get([rowKey])
    // Sealed between the two looks: it has a new place now.
    if (row === undefined && position !== before) return this.#find(message, position)
    if (row === undefined) {
      throw new ParleyError('damaged-data', `The stored row ${rowKey} is missing. Restore the home from a backup.`)
    }
    const found = number === undefined ? readMessageRow(rowKey, row) : readOutboxRow(rowKey, row)
    return storedMessage(this.#view, user, found, position)
  }
}

function later(a: Place | undefined, b: Place | undefined): Place | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.seq > b.seq ? a : b
}
