import { type Storage, StorageError } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { encodeSaid, isAct, type Said } from '../../protocol/bodies.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import type { Ends } from '../../protocol/marks.ts'
import type { Lookups } from './changes.ts'
import { Draft } from './draft.ts'
import { Inbox, type Taken } from './inbox.ts'
import type { CheckedEntry } from './intake.ts'
import { keys, sealedPosition } from './keys.ts'
import type { Logs } from './logs.ts'
import { endsOf, lookFor } from './mark-ends.ts'
import { nothingRead, type Reading, readAlso, readUpTo, type UserMarks, withMark } from './marks.ts'
import { judgeAgain, type Recounted } from './membership/recount.ts'
import { Pace } from './pace.ts'
import { readQueued } from './rows.ts'
import { seal } from './seal.ts'
import { Shelf, type Wanted } from './shelf.ts'
import { type State, topsOf } from './state.ts'
import type { Placed } from './timeline.ts'
import type { Account, Peer } from './types.ts'

/** What the writer of a conversation needs of it, and tells it. */
export interface Desk {
  readonly conversation: ConversationId
  readonly account: Account
  readonly storage: Storage
  readonly clock: HybridClock
  readonly state: State
  readonly logs: Pick<Logs, 'heldCuts' | 'rightsAt'>
  /** The other one of a direct conversation. */
  readonly peer: Peer | undefined
  /** The number of the next commit. */
  nextArrival(): number
  /** Whether a log is of a device of one's own. */
  isOwn(device: DeviceId): boolean
  /** Whether the other's heads of one's own log are known, so that messages may take their place in it. */
  readonly maySeal: boolean
  /** A batch is committed: the draft's state holds. */
  committed(draft: Draft, state: State): Promise<void>
  /** Reads the state anew from storage. */
  reload(): Promise<void>
  /** Writing goes on after a failure; what had arrived meanwhile was dropped. */
  resumed(): void
  /** A write or read of storage has failed. */
  failed(error: unknown): void
}

/**
 * Writes a conversation, one batch at a time: whatever gathers while a batch is being committed goes into the next one.
 * After a failed write, or one whose outcome is unknown, it reads what is there and goes on from that.
 */
export class Writer {
  readonly inbox = new Inbox()
  readonly #desk: Desk
  #running: Promise<void> | undefined
  #failures = 0
  #retry: NodeJS.Timeout | undefined
  /** Whether storage may hold something else than the state in memory. */
  #isStale = false
  #isClosed = false

  constructor(desk: Desk) {
    this.#desk = desk
  }

  /** Writes what waits. After a failure it waits first, unless a person waits for a message to be stored. */
  wake(): void {
    if (this.#isClosed || this.#running !== undefined || !this.#hasWork) return
    if (this.#retry !== undefined && !this.inbox.hasSends) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      this.wake()
    })
  }

  /** Finishes the batch that is being written and refuses what waits. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    await this.#running
    this.inbox.close()
  }

  get #hasWork(): boolean {
    return !this.inbox.isEmpty || this.#mayFlush || this.#desk.state.row.recounts.length > 0
  }

  get #mayFlush(): boolean {
    return this.#desk.maySeal && this.#desk.state.row.queued > 0
  }

  async #run(): Promise<void> {
    // What one turn of the event loop sends goes into one batch.
    await Promise.resolve()
    try {
      if (this.#isStale) await this.#desk.reload()
      this.#isStale = false
      while (this.#hasWork && !this.#isClosed) await this.#writeOnce()
    } catch (error) {
      await this.#fail(error)
    }
  }

  async #writeOnce(): Promise<void> {
    const { draft, taken } = await this.#compose()
    const next = draft.finish()
    if (next !== undefined) {
      this.#isStale = true
      const outcome = await this.#desk.storage.write(next.changes)
      if (outcome === 'conflict')
        throw new ParleyError('conflict', 'The conversation has changed in storage meanwhile.')
      this.#isStale = false
      await this.#desk.committed(draft, next.state)
    }
    this.#failures = 0
    this.inbox.settle(taken)
  }

  /** Puts into one batch what fits of the entries that arrived, the acknowledgements, the outbox and new messages. */
  async #compose(): Promise<{ draft: Draft; taken: Taken }> {
    const { conversation, account, state, peer, storage } = this.#desk
    const outbox = this.#mayFlush ? await this.#readOutbox() : []
    const entries = this.inbox.entries(this.inbox.hasSends ? limits.batchMessages / 2 : limits.batchMessages)
    const sends = this.inbox.sends(limits.batchMessages)
    const again = await this.#judgeAgain()
    const { count, ...lookups } = this.inbox.changes.lookups
    const shelf = await this.#look([...outbox, ...sends], entries, { again, lookups })
    const reading = await this.#readOn()
    const draft = new Draft({ conversation, account, state, peer, shelf, arrival: this.#desk.nextArrival() })
    for (const [marked, marks] of reading.marks) draft.mark(marked, marks)
    if (reading.own !== undefined) draft.read(reading.own, reading.ends)
    const pace = new Pace()
    const { readTo, taken: marks } = reading
    const acks = this.inbox.acks.slice(0, limits.batchAcks)
    const taken: Taken = { sends: [], entries: 0, acks, changes: 0, readTo, marks }
    if (again) draft.recount(again)
    for (const { by, log, seq } of acks) draft.acknowledge(by, log, seq)
    taken.changes = this.inbox.changes.make(draft, count)
    for (const checked of entries) {
      if (!draft.hasRoom(checked.encoded.length, draft.timeline.costOf(checked.user, checked.content))) break
      draft.link(checked)
      taken.entries++
    }
    let sealed = 0
    for (const said of outbox) {
      if (!draft.hasRoom(sizeOfSaid(said), draft.timeline.costOf(account.user, said))) break
      await pace.step()
      this.#seal(draft, said)
      sealed++
    }
    const maySeal = this.#desk.maySeal && state.row.queued === sealed
    for (const said of sends) {
      if (!draft.hasRoom(sizeOfSaid(said), draft.timeline.costOf(account.user, said))) break
      await pace.step()
      taken.sends.push(this.#take(draft, said, maySeal))
    }
    await draft.settle(storage)
    return { draft, taken }
  }

  /** What the marks that wait change, then how far the person here reads on. */
  async #readOn(): Promise<ReadOn> {
    const { storage, conversation, account, state, isOwn } = this.#desk
    const { user } = account
    const marks = new Map<UserId, UserMarks>()
    const waiting = this.inbox.marks.slice(0, limits.batchMarks)
    for (const mark of waiting) {
      const next = withMark(marks.get(mark.user) ?? state.marks.get(mark.user), mark.signed, mark.read)
      if (next !== undefined) marks.set(mark.user, next)
    }
    const ground = { storage, conversation, logs: state.logs, isOwn }
    for (const [marked, next] of marks) marks.set(marked, await lookFor(next, ground))
    const read = state.marks.get(user)?.read ?? nothingRead.read
    const tops = topsOf(state.logs, isOwn)
    const isForked = (device: DeviceId) => (state.logs.get(device)?.knots.length ?? 0) > 0
    const reader = { conversation, user, row: state.row, read, tops, isForked }
    const told = marks.get(user)
    const also = told && (await readAlso(storage, reader, told.read))
    const { readTo } = this.inbox
    const nothing = { ends: new Map(), readTo: undefined, taken: waiting.length }
    if (readTo === undefined || also !== undefined) return { ...nothing, marks, own: also }
    const own = await readUpTo(storage, reader, readTo)
    const ends = own ? await endsOf(own.read, state.marks.get(user), ground) : nothing.ends
    return { marks, own, ends, readTo: own?.isWhole === false ? undefined : readTo, taken: waiting.length }
  }

  /** A message or act of the person here. Gives where it was put, if it is new. */
  #take(draft: Draft, said: Said, maySeal: boolean): Placed | undefined {
    const { timeline } = draft
    const now = this.#desk.clock.physical()
    if (timeline.isKnown(said) || (isAct(said) && timeline.revise(said, now))) return undefined
    const whole = isAct(said) ? timeline.complete(said) : said
    return maySeal ? this.#seal(draft, whole) : timeline.queue(whole, now)
  }

  /** Gives a message or act its place in one's own log. */
  #seal(draft: Draft, said: Said): Placed | undefined {
    return draft.link(seal(draft, this.#desk, { ...encodeSaid(said), said }))
  }

  async #readOutbox(): Promise<Said[]> {
    const { storage, conversation } = this.#desk
    const { rows } = await storage.list(keys.outboxOf(conversation), { limit: outboxPage })
    return rows.map(([key, value]) => readQueued(key, value))
  }

  /** What is next of that which has to be judged again, since the members are others. */
  async #judgeAgain(): Promise<Recounted | undefined> {
    const { storage, conversation, state, logs: reader } = this.#desk
    const [recount] = state.row.recounts
    const { members, logs } = state
    return recount && judgeAgain(recount, { storage, conversation, members, logs, reader })
  }

  /** What the next batch may have to look up. */
  async #look(
    mine: readonly Said[],
    entries: readonly CheckedEntry[],
    { again, lookups }: { readonly again: Recounted | undefined; readonly lookups: Lookups },
  ): Promise<Shelf> {
    const { storage, conversation, account } = this.#desk
    const { user } = account
    const said: Wanted['said'][number][] = mine.map(each => ({ user, said: each }))
    const stripped: string[] = []
    for (const checked of entries) {
      const { user: author, content, device, time } = checked
      const position = sealedPosition(time, device, checked)
      if (content) said.push({ user: author, said: content, position })
      else if (checked.isStripped) stripped.push(position)
    }
    const withdrawn: NonNullable<Wanted['withdrawn']>[number][] = []
    for (const { user: author, said: is, position, counts } of again?.entries ?? []) {
      if (is === undefined) stripped.push(position)
      else if (counts) said.push({ user: author, said: is, position })
      else withdrawn.push({ user: author, said: is, position })
    }
    const shelf = await Shelf.load(storage, conversation, user, { said, stripped, withdrawn, ...lookups })
    await shelf.readMessages((again?.told ?? []).map(({ position }) => position))
    return shelf
  }

  async #fail(error: unknown): Promise<void> {
    this.#failures++
    this.#desk.failed(error)
    const canRead = await this.#tryReload()
    const words = `The message could not be stored: ${adviceOf(error)}`
    this.inbox.fail(new ParleyError('storage', words, { cause: error }), canRead)
    const wait = Math.min(limits.storageRetry * 2 ** (this.#failures - 1), limits.storageRetryLongest)
    clearTimeout(this.#retry)
    if (this.#isClosed) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#desk.resumed()
      this.wake()
    }, wait)
    this.#retry.unref()
  }

  async #tryReload(): Promise<boolean> {
    try {
      await this.#desk.reload()
      this.#isStale = false
      return true
    } catch {
      this.#isStale = true
      return false
    }
  }
}

interface ReadOn {
  readonly marks: ReadonlyMap<UserId, UserMarks>
  /** What is left to read; undefined: nothing new is read. */
  readonly own: Reading | undefined
  /** The entries up to which that is. */
  readonly ends: Ends
  readonly readTo: string | undefined
  /** Of the marks that wait. */
  readonly taken: number
}

/** Bytes of what is said, about; never too few. */
function sizeOfSaid(said: Said): number {
  if (!isAct(said)) return said.text.length * 3 + (said.files?.length ?? 0) * limits.header
  return said.act.is === 'edit' ? said.act.text.length * 3 : limits.header
}

/** Rows of one look into the outbox: few enough that large messages do not fill the memory. */
const outboxPage = 64

/** What went wrong and what to do about it: a storage says both itself. */
function adviceOf(error: unknown): string {
  if (error instanceof StorageError) return error.message
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
  return `${reason}. Free some space or repair the storage, then send it again.`
}
