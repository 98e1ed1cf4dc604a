import { toBinary } from '@bufbuild/protobuf'
import { type Storage, StorageError } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { encodeText, textKind } from '../../protocol/bodies.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { sealEntry } from '../../protocol/entries.ts'
import type { ConversationId, UserId } from '../../protocol/ids.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { Draft, type Named, nameOf, type Placed } from './draft.ts'
import { Inbox, type Taken } from './inbox.ts'
import { keys } from './keys.ts'
import { readUpTo } from './marks.ts'
import { Pace } from './pace.ts'
import { type Content, readNamedRow, readOutboxRow } from './rows.ts'
import type { State } from './state.ts'
import type { Account, Peer } from './types.ts'

/** What the writer of a conversation needs of it, and tells it. */
export interface Desk {
  readonly conversation: ConversationId
  readonly account: Account
  readonly storage: Storage
  readonly clock: HybridClock
  readonly state: State
  readonly peer: Peer
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
    return !this.inbox.isEmpty || this.#mayFlush
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
    const { conversation, account, state, storage, peer, clock } = this.#desk
    const outbox = this.#mayFlush ? await this.#readOutbox() : []
    const entries = this.inbox.entries(this.inbox.hasSends ? limits.batchMessages / 2 : limits.batchMessages)
    const sends = this.inbox.sends(limits.batchMessages)
    const mine = (content: Content) => ({ user: account.user, content })
    const named = await this.#readNamed([...outbox.map(mine), ...entries, ...sends.map(mine)])
    const { readTo } = this.inbox
    const { user, device } = account
    const reading =
      readTo === undefined ? undefined : await readUpTo(storage, { conversation, user, device, state }, readTo)
    const draft = new Draft({ conversation, account, state, peer, named })
    if (reading !== undefined) draft.read(reading)
    const pace = new Pace()
    const reached = reading?.isWhole === false ? undefined : readTo
    const taken: Taken = { sends: [], entries: 0, acks: this.inbox.acks, readTo: reached }
    for (const [device, seq] of taken.acks) draft.acknowledge(device, seq)
    for (const checked of entries) {
      if (!draft.hasRoom(checked.encoded.length)) break
      draft.link(checked)
      taken.entries++
    }
    let sealed = 0
    for (const content of outbox) {
      if (!draft.hasRoom(content.text.length * 3)) break
      await pace.step()
      this.#seal(draft, content)
      sealed++
    }
    const maySeal = this.#desk.maySeal && state.row.queued === sealed
    for (const content of sends) {
      if (!draft.hasRoom(content.text.length * 3)) break
      await pace.step()
      const isKnown = named.has(nameOf(account.user, content.message))
      if (isKnown) taken.sends.push(undefined)
      else taken.sends.push(maySeal ? this.#seal(draft, content) : draft.queue(content, clock.physical()))
    }
    return { draft, taken }
  }

  /** Gives a message its place in one's own log. */
  #seal(draft: Draft, content: Content): Placed | undefined {
    const { conversation, account, clock } = this.#desk
    const { device, user, privateKey } = account
    const head = draft.head(device)
    const seq = (head?.seq ?? 0) + 1
    const prev = head === undefined ? [] : [head.hash]
    const time = clock.next(head?.time)
    const body = encodeText(content.message, content.written, content.text)
    const { entry, hash } = sealEntry({ conversation, device, seq, prev, time, kind: textKind, body, privateKey })
    return draft.link({ device, user, seq, hash, time, entry, encoded: toBinary(EntrySchema, entry), content })
  }

  async #readOutbox(): Promise<Content[]> {
    const { storage, conversation } = this.#desk
    const { rows } = await storage.list(keys.outboxOf(conversation), { limit: outboxPage })
    return rows.map(([key, value]) => readOutboxRow(key, value))
  }

  /** Where the messages of the next batch already stand. */
  async #readNamed(messages: readonly { user: UserId; content: Content | undefined }[]): Promise<Named> {
    const { storage, conversation } = this.#desk
    const wanted = new Map<string, string>()
    for (const { user, content } of messages) {
      if (content === undefined) continue
      wanted.set(nameOf(user, content.message), keys.named(conversation, user, content.message))
    }
    const named: Named = new Map()
    if (wanted.size === 0) return named
    const values = await storage.get([...wanted.values()])
    for (const [index, [name, key]] of [...wanted].entries()) {
      const value = values[index]
      if (value !== undefined) named.set(name, readNamedRow(key, value))
    }
    return named
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

/** Rows of one look into the outbox: few enough that large messages do not fill the memory. */
const outboxPage = 64

/** What went wrong and what to do about it: a storage says both itself. */
function adviceOf(error: unknown): string {
  if (error instanceof StorageError) return error.message
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
  return `${reason}. Free some space or repair the storage, then send it again.`
}
