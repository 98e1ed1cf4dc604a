import { ParleyError } from '../../errors.ts'
import type { Act } from '../../protocol/bodies.ts'
import type { ConversationId, DeviceId, MessageId, UserId } from '../../protocol/ids.ts'
import type { Lookups } from './changes.ts'
import { isForked, topOf } from './device-log.ts'
import type { Draft } from './draft.ts'
import { logFork } from './fork-problem.ts'
import { HeldActs } from './held-acts.ts'
import { readHistory, storedMessage } from './history.ts'
import { type CheckedEntry, sizeOf } from './intake.ts'
import { checkPosition, type Place } from './keys.ts'
import { LettingGo } from './letting-go.ts'
import { Logs } from './logs.ts'
import { checkAct, findMessage } from './lookup.ts'
import type { Members, MembershipEntry } from './members.ts'
import { ConversationNews } from './news.ts'
import { Progress, type ProgressGround } from './progress.ts'
import { Receipts, type ReceiptsGround } from './receipts.ts'
import { Reception } from './reception.ts'
import type { Content } from './rows.ts'
import { seal } from './seal.ts'
import type { Shared } from './shared.ts'
import { isLacking, loadState, newState, type State, timesIn } from './state.ts'
import { summaryOf } from './summary.ts'
import { HeadsDigest } from './sync/digest.ts'
import type {
  Account,
  ConversationSummary,
  HistoryPage,
  HistoryRange,
  Peer,
  RoomSummary,
  StoredMessage,
} from './types.ts'
import { Words } from './words.ts'
import { type Desk, Writer } from './writer.ts'

/** A direct conversation: its committed state, the links that carry it, and the one writer that changes it. */
export class Conversation {
  readonly id: ConversationId
  readonly #shared: Shared
  readonly #writer: Writer
  readonly #news: ConversationNews
  readonly logs: Logs
  readonly #heldActs: HeldActs
  /** Where entries come in. */
  readonly reception: Reception
  /** How far one's own messages have come. */
  readonly progress: Progress
  /** How far everybody has read, over the links. */
  readonly receipts: Receipts
  /** What is let go of here, and what was by others. */
  readonly lettingGo: LettingGo
  /** What entries say that came without. */
  readonly words: Words
  /** The digest over all heads, see sync/digest.ts. */
  readonly headsDigest = new HeadsDigest()
  #state: State
  #peer: Peer | undefined
  #handOvers = 0

  /** `peer`: the other one of a direct conversation; absent: a room. */
  constructor(id: ConversationId, shared: Shared, peer: Peer | undefined, state?: State) {
    this.id = id
    this.#shared = shared
    this.#peer = peer
    this.#state = state ?? this.#newState()
    for (const time of timesIn(this.#state)) shared.clock.observe(time)
    const conversation = this
    this.logs = new Logs({
      conversation: id,
      device: shared.account.device,
      storage: shared.storage,
      get logs() {
        return conversation.#state.logs
      },
      get members() {
        return conversation.#state.members
      },
    })
    this.#writer = new Writer(this.#desk())
    this.reception = new Reception({
      ...{ conversation: id, logs: this.logs, inbox: this.#writer.inbox, clock: shared.clock },
      get members() {
        return conversation.#state.members
      },
      guard: async message => shared.guard?.(id, message),
      blocked: () => this.#peer && shared.blocked?.(this.#peer.user),
      wake: () => this.#writer.wake(),
    })
    this.#heldActs = new HeldActs(this, shared)
    // A hub that was stopped amid judging again goes on with it.
    if (this.#state.row.recounts.length > 0) this.#writer.wake()
    this.progress = new Progress(this.#showing())
    this.#news = new ConversationNews({ ...shared, conversation: id, progress: this.progress })
    this.receipts = new Receipts(this.#marking())
    this.lettingGo = new LettingGo({
      ...{ conversation: id, storage: shared.storage, log: shared.log },
      get state() {
        return conversation.#state
      },
      change: (apply, lookups) => this.change(apply, lookups),
    })
    this.words = new Words({
      ...{ conversation: id, storage: shared.storage, now: () => shared.clock.physical() },
      get state() {
        return conversation.#state
      },
      get members() {
        return conversation.#state.members
      },
      guard: async message => shared.guard?.(id, message),
      change: (apply, lookups) => this.change(apply, lookups),
    })
  }

  /** The other one of a direct conversation. */
  get peer(): Peer | undefined {
    return this.#peer
  }

  /** As committed. */
  get state(): State {
    return this.#state
  }

  get members(): Members {
    return this.#state.members
  }

  /** Takes over how the other one is called now; it is stored with the next change. */
  rename(peer: Peer): void {
    this.#peer = peer
  }

  /** Whether anything of it is stored; until then nobody hears of it. */
  get isStored(): boolean {
    return this.#state.stored !== undefined
  }

  get account(): Account {
    return this.#shared.account
  }

  get summary(): ConversationSummary | RoomSummary {
    const { links } = this.#shared
    const parts = { conversation: this.id, account: this.account, peer: this.#peer, linked: links.isLinked(this) }
    return summaryOf(this.#state, parts)
  }

  /** Whether a device of the other one has not committed all that was said here; without one, whether none has. */
  isLacking(device?: DeviceId): boolean {
    return this.#writer.inbox.hasSends || isLacking(this.#state, this.account.device, device)
  }

  async send(content: Content): Promise<StoredMessage> {
    const committed = this.#writer.inbox.send(content)
    this.#writer.wake()
    const placed = await committed
    if (placed !== undefined && content.replyTo === undefined) {
      return storedMessage(this.progress.view, placed.user, placed.content, placed.position)
    }
    const stored = await this.find(content.message)
    if (stored === undefined) throw new ParleyError('internal', 'A stored message cannot be found.')
    return stored
  }

  /** Does something with a message; resolves once that is committed. Throws `bad-message` when it cannot be done. */
  async act(said: Act): Promise<void> {
    if (!(await checkAct(this.#shared.storage, this.progress.view, said, this.#mayModerate))) return
    const committed = this.#writer.inbox.send(said)
    this.#writer.wake()
    await committed
  }

  async markRead(position: string): Promise<void> {
    checkPosition(position)
    if (this.#state.row.unread === 0n) return
    const committed = this.#writer.inbox.read(position)
    this.#writer.wake()
    await committed
  }

  history(range: HistoryRange): Promise<HistoryPage> {
    return readHistory(this.#shared.storage, this.progress.liveView, range)
  }

  /** A link to somebody who takes part came up, or went. */
  linksChanged(): void {
    this.#news.tell()
  }

  /** Resolves when less waits to be committed than a peer may have in flight. */
  hasRoom(): Promise<void> {
    return this.#writer.inbox.hasRoom()
  }

  /**
   * A device has committed a log of one's own up to these places; those that are not held here are not taken. Gives those
   * that are.
   */
  async acknowledge(by: DeviceId, log: DeviceId, places: readonly Place[]): Promise<readonly Place[]> {
    const { held, seq } = await this.logs.reach(log, places)
    if (seq > (this.#state.acked.get(by)?.get(log) ?? 0)) {
      this.#writer.inbox.acknowledge(by, log, seq)
      this.#writer.wake()
    }
    return held
  }

  /** Makes a change with the next batch; resolves once it is committed. Throws `storage`, `busy`. */
  async change(apply: (draft: Draft) => void, lookups?: Lookups): Promise<void> {
    const committed = this.#writer.inbox.changes.add(apply, lookups)
    this.#writer.wake()
    await committed
  }

  /** Gives what waits its place in the log though nobody is linked: the mailbox carries it. Throws `storage`. */
  async handOver(): Promise<void> {
    this.#handOvers++
    try {
      while (this.#state.row.queued > 0) await this.change(() => undefined)
    } finally {
      this.#handOvers--
    }
  }

  /** Writes a membership entry, at once: it needs no link. Gives it once it is committed. */
  async enact(kind: number, body: Uint8Array, rights?: readonly Uint8Array[]): Promise<CheckedEntry> {
    let sealed: CheckedEntry | undefined
    await this.change(draft => {
      sealed = seal(draft, { ...this.#shared, conversation: this.id }, { kind, body, ...(rights && { rights }) })
      draft.link(sealed)
    })
    if (sealed === undefined) throw new ParleyError('internal', 'What was committed was not sealed.')
    return sealed
  }

  /** Takes membership entries whose signatures were checked. Resolves once they are committed. */
  admit(entries: readonly MembershipEntry[]): Promise<void> {
    for (const { header } of entries) this.#shared.clock.observe(header.time)
    return this.change(draft => draft.admit(entries))
  }

  /** Looks whether there is something to write, after a link has come to know more. */
  wake(): void {
    this.#writer.wake()
  }

  async close(): Promise<void> {
    this.receipts.close()
    await this.#writer.close()
  }

  /** Whether the person here may delete what others wrote. */
  get #mayModerate(): boolean {
    return this.members.mayModerate(this.account.user, this.members.rights)
  }

  #isOwn(device: DeviceId): boolean {
    const { device: own, user } = this.account
    return device === own || this.members.mayLink(device)?.user === user
  }

  /** Another device of one's own says how far somebody has a log, of this device no further than it is here. */
  #acknowledged(by: DeviceId, log: DeviceId, seq: number): void {
    const here = this.#state.logs.get(log)
    if (log === this.account.device && (seq > topOf(here) || isForked(here))) return
    this.#writer.inbox.acknowledge(by, log, seq)
    this.#writer.wake()
  }

  get #maySeal(): boolean {
    return this.#handOvers > 0 || this.#shared.links.maySeal(this)
  }

  #desk(): Desk {
    const conversation = this
    const { account, storage, clock, log } = this.#shared
    return {
      conversation: this.id,
      account,
      storage,
      clock,
      nextArrival: () => this.#shared.arrivals.next(),
      logs: this.logs,
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
      resumed: () => this.reception.resume(),
      isOwn: device => this.#isOwn(device),
      failed: error => log.error({ conversation: this.id, error }, 'A conversation could not be stored; trying again.'),
    }
  }

  #showing(): ProgressGround {
    const conversation = this
    return {
      ...{ conversation: this.id, account: this.account, storage: this.#shared.storage },
      ...{ isRoom: this.#peer === undefined, recent: this.logs.recent },
      get state() {
        return conversation.#state
      },
      get areReceiptsOn() {
        return conversation.#shared.areReceiptsOn?.() ?? true
      },
    }
  }

  #marking(): ReceiptsGround {
    const conversation = this
    const { keyring, log } = this.#shared
    return {
      ...{ conversation: this.id, user: this.account.user, log },
      get marks() {
        return conversation.#state.marks
      },
      get areOn() {
        return conversation.#shared.areReceiptsOn?.() ?? true
      },
      get acked() {
        return conversation.#state.acked
      },
      isOwn: device => this.#isOwn(device),
      acknowledge: (by, log, seq) => this.#acknowledged(by, log, seq),
      isMember: user => this.members.users.has(user),
      keyOf: device => keyring.keyOf(device),
      commit: mark => {
        this.#writer.inbox.mark(mark)
        this.#writer.wake()
      },
    }
  }

  async #committed(draft: Draft, state: State): Promise<void> {
    const before = this.#state
    this.#state = state
    logFork(this.#shared.log, this.id, before, state, this.account)
    this.logs.settle(draft.linked.map(({ checked }) => checked))
    if (before.members !== state.members) this.receipts.membersChanged()
    for (const [marked, marks] of state.marks) if (before.marks.get(marked) !== marks) this.receipts.changed(marked)
    const acked = [...state.acked].filter(([by, logs]) => before.acked.get(by) !== logs).map(([by]) => by)
    if (acked.length > 0) this.receipts.acked(acked)
    const { device, user } = this.account
    const { changes, stripped } = draft.timeline
    for (const { checked, placed } of draft.linked) {
      if (checked.user !== user) this.#shared.clock.observe(checked.time)
      if (checked.device !== device) continue
      const { seq, hash, entry } = checked
      this.logs.recent.add({ seq, hash, entry, size: sizeOf(entry), placed })
    }
    // What goes out again must be as it is stored now, and what is told of it as it is shown.
    const linked = new Set(draft.linked.map(({ placed }) => placed))
    const isOther = changes.some(change => change.user === user && !linked.has(change))
    if (stripped.length > 0 || isOther) this.logs.recent.clear()
    await this.#news.changed(draft.timeline)
    for (const { checked, doubt } of draft.doubted) {
      const { device: log, seq, hash, from } = checked
      if (from !== undefined) this.#shared.links.refuse(this, from, { ...doubt, device: log, seq, hash })
    }
    this.lettingGo.committed(before)
    this.#shared.links.committed(this, { before, linked: draft.linked.map(({ checked }) => checked) })
    this.#heldActs.committed(before, draft)
    await this.#news.progressed(before)
  }

  async #reload(): Promise<void> {
    const { storage, membersOf, links } = this.#shared
    const before = this.#state
    try {
      this.#state = (await loadState(storage, this.id, membersOf)) ?? this.#newState()
    } finally {
      this.reception.forget()
    }
    // What was committed after all goes out as if it had been known at once.
    links.restored(this, before)
    if (this.#state.row.commits !== before.row.commits) await this.#news.restored(before)
  }

  /** A message as it stands now, one's own unless `user` is given; undefined when there is none. */
  find(message: MessageId, user: UserId = this.account.user): Promise<StoredMessage | undefined> {
    return findMessage(this.#shared.storage, this.progress.view, { user, message })
  }

  #newState(): State {
    const { account, membersOf } = this.#shared
    return newState(account, this.#peer, row => membersOf(this.id, row, []))
  }
}
