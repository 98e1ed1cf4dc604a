import { create } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import { ConversationRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, classicUserId, fromText, type MessageId, type UserId } from '../../protocol/ids.ts'
import type { Draft } from '../circle.ts'
import { readHistory, storedMessage } from '../conversations/history.ts'
import { checkPosition, keys, lastPart, queuedNumber, rightBefore } from '../conversations/keys.ts'
import { type Content, readMessageRow, readNamedRow, readOutboxRow } from '../conversations/rows.ts'
import type { HistoryPage, HistoryRange, StoredMessage } from '../conversations/types.ts'
import { ClassicDraft } from './draft.ts'
import { classicKind, loadConversation, ownDevice, type Received, type StoredRow, self } from './rows.ts'

/** What all conversations with classic clients share. */
export interface ClassicShared {
  readonly storage: Storage
  readonly clock: HybridClock
  /** Tells of messages that are new or others now; `arrived` are those that somebody else has just written. */
  changed(
    conversation: ClassicConversation,
    messages: readonly StoredMessage[],
    arrived: readonly StoredMessage[],
  ): void
}

/** A message that waits to be handed over. */
export interface QueuedMessage extends Content {
  readonly number: number
}

/**
 * A conversation with a classic client: rows like those of any other conversation, but no logs, as nothing is signed.
 * One's own messages wait in the outbox, and move to the others once they were handed over.
 */
export class ClassicConversation {
  readonly id: ConversationId
  /** The other one, as lists know them. */
  readonly user: UserId
  readonly #shared: ClassicShared
  #stored: StoredRow
  /** Whether storage may hold something else than is known here. */
  #isStale = false
  #writing: Promise<unknown> = Promise.resolve()

  constructor(id: ConversationId, shared: ClassicShared, of: StoredRow | { name: string; address: string }) {
    this.id = id
    this.#shared = shared
    this.#stored = 'row' in of ? of : { row: newRow(of), bytes: new Uint8Array() }
    this.user = classicUserId(this.name)
  }

  /** Whether anything of it is stored; until then lists do not show it. */
  get isStored(): boolean {
    return this.#stored.bytes.length > 0
  }

  /** As the client calls itself; empty: not known. */
  get name(): string {
    return this.#stored.row.name
  }

  /** Its IP address. */
  get address(): string {
    return this.#stored.row.address
  }

  /** Where it takes messages; 0: at the usual port. */
  get port(): number {
    return this.#stored.row.port
  }

  get hasQueued(): boolean {
    return this.#stored.row.queued > 0
  }

  /** Whether no message has passed in either direction. */
  get isNew(): boolean {
    return this.#stored.row.shown === 0n
  }

  get summary() {
    const { lastLine, lastMine, lastTime, queued, unread } = this.#stored.row
    return { lastLine, lastMine, lastTime: Number(lastTime), queued, unread: Number(unread) }
  }

  get firstUnread(): string | undefined {
    return this.#stored.row.firstUnread || undefined
  }

  /** Begins it, with what was written before; resolves once that is committed together with `others`. */
  async begin(before: readonly Received[] = [], others: readonly Change[] = []): Promise<void> {
    await this.#change(async draft => {
      const placed: Placed[] = []
      for (const one of before) {
        if ((await this.#positionOf(this.user, one.message)) === undefined) placed.push(this.#receive(draft, one))
      }
      return placed
    }, others)
  }

  /** Keeps what the client has written. Resolves once it is committed. */
  receive(message: Received): Promise<void> {
    return this.begin([message])
  }

  /** Keeps where it takes messages, should that be news. */
  async usePort(port: number): Promise<void> {
    if (this.port === port) return
    if (!this.isStored) this.#stored.row.port = port
    else {
      await this.#change(draft => {
        draft.row.port = port
        return []
      })
    }
  }

  /** Puts a message into the outbox; the same message id again is the same message. */
  async send({ text, message }: Draft): Promise<StoredMessage> {
    const known = await this.find(message)
    if (known) return known
    const now = this.#shared.clock.physical()
    const content = { message, text: text.toWellFormed(), written: Math.max(0, now) }
    const [placed] = await this.#change(async draft => {
      // Another front end may have sent the same one meanwhile.
      if ((await this.#positionOf(self, message)) !== undefined) return []
      return [{ user: self, content, position: draft.queue(content, now) }]
    })
    const stored = placed ? this.#message(placed) : await this.find(message)
    if (stored) return stored
    throw new ParleyError('internal', 'A stored message cannot be found.')
  }

  /** The message that is to be handed over next. */
  async next(): Promise<QueuedMessage | undefined> {
    const { rows } = await this.#shared.storage.list(keys.outboxOf(this.id), { limit: 1 })
    const [first] = rows
    if (!first) return undefined
    const [key, value] = first
    return { ...readOutboxRow(key, value), number: Number.parseInt(lastPart(key), 16) }
  }

  /** It was handed over. Resolves once that is committed. */
  async sent({ number, ...content }: QueuedMessage): Promise<void> {
    await this.#change(draft => {
      const time = this.#shared.clock.next(draft.row.lastClock)
      return [{ user: self, content, position: draft.sent(number, content, time) }]
    })
  }

  async history(range: HistoryRange): Promise<HistoryPage> {
    const { messages, more } = await readHistory(this.#shared.storage, this.#view, range)
    return { messages, more }
  }

  /** One's own message as it stands; undefined when there is none. */
  async find(message: MessageId): Promise<StoredMessage | undefined> {
    for (let before: string | undefined; ; ) {
      const position = await this.#positionOf(self, message)
      if (position === undefined) return undefined
      const number = queuedNumber(position)
      const key = number === undefined ? keys.message(this.id, position) : keys.outbox(this.id, number)
      const [row] = await this.#shared.storage.get([key])
      if (row) {
        const content = number === undefined ? readMessageRow(key, row) : readOutboxRow(key, row)
        return this.#message({ user: self, content, position })
      }
      // Handed over between the two looks: it has a new place now.
      if (position === before) {
        throw new ParleyError('damaged-data', `The stored row ${key} is missing. Restore the home from a backup.`)
      }
      before = position
    }
  }

  /** Everything up to `position` is read: never goes back. */
  async markRead(position: string): Promise<void> {
    checkPosition(position)
    if (this.#stored.row.unread === 0n) return
    await this.#change(async draft => {
      const { unread, firstUnread, lastReceived } = draft.row
      if (unread === 0n || position < firstUnread) return undefined
      if (position >= lastReceived) draft.read(0, '')
      else draft.read(...(await this.#unreadBehind(position, firstUnread, Number(unread))))
      return []
    })
  }

  /** Finishes what is being written. */
  async close(): Promise<void> {
    await this.#writing
  }

  /** How many messages of the other one are behind `position`, and where the first of them is. */
  async #unreadBehind(position: string, first: string, unread: number): Promise<[number, string]> {
    const messages = keys.messagesOf(this.id)
    let left = unread
    for (let after = rightBefore(keys.message(this.id, first)); ; ) {
      const { rows, more } = await this.#shared.storage.list(messages, { after, limit: limits.historyRows })
      for (const [key, value] of rows) {
        after = key
        if (readMessageRow(key, value).user === self) continue
        const at = key.slice(messages.length)
        if (at > position) return [Math.max(left, 1), at]
        left--
      }
      if (!more) return [0, '']
    }
  }

  #receive(draft: ClassicDraft, { message, text, received }: Received): Placed {
    const content = { message, written: received, text }
    const time = this.#shared.clock.next(draft.row.lastClock)
    return { user: this.user, content, position: draft.receive(this.user, content, time) }
  }

  async #positionOf(user: UserId, message: MessageId): Promise<string | undefined> {
    const key = keys.named(this.id, user, message)
    const [value] = await this.#shared.storage.get([key])
    return value && readNamedRow(key, value)
  }

  /** One change at a time; after one whose outcome is not known, storage is read before the next. */
  #change(change: Changes, others: readonly Change[] = []): Promise<readonly Placed[]> {
    const result = this.#writing.then(async () => {
      if (this.#isStale) await this.#reload()
      const { row, bytes } = this.#stored
      const draft = new ClassicDraft(this.id, row, this.isStored ? bytes : undefined)
      const placed = await change(draft)
      if (placed === undefined) return []
      await this.#commit(draft, others)
      const messages = placed.map(one => this.#message(one))
      const arrived = messages.filter(({ mine }) => !mine)
      this.#shared.changed(this, messages, arrived)
      return placed
    })
    this.#writing = result.catch(() => undefined)
    return result
  }

  async #commit(draft: ClassicDraft, others: readonly Change[]): Promise<void> {
    const { changes, stored } = draft.finish(others)
    this.#isStale = true
    try {
      const outcome = await this.#shared.storage.write(changes)
      if (outcome === 'conflict') throw new Error('The conversation has changed in storage meanwhile.')
    } catch (cause) {
      throw new ParleyError('storage', `The message could not be stored: ${asParleyError(cause).message}`, { cause })
    }
    this.#stored = stored
    this.#isStale = false
  }

  async #reload(): Promise<void> {
    const stored = await loadConversation(this.#shared.storage, this.id)
    this.#stored = stored ?? { row: newRow(this), bytes: new Uint8Array() }
    this.#isStale = false
  }

  #message({ user, content, position }: Placed): StoredMessage {
    return storedMessage(this.#view, user, content, position)
  }

  /** All that has left the outbox was handed over. */
  get #view() {
    return { conversation: this.id, user: self, device: ownDevice, reach: handedOver }
  }
}

/** Gives what is placed; undefined: nothing changes. */
type Changes = (draft: ClassicDraft) => readonly Placed[] | undefined | Promise<readonly Placed[] | undefined>

interface Placed {
  readonly user: UserId
  readonly content: Content
  readonly position: string
}

/** How far all that has left the outbox has come, as far as can be known. */
const handedOver = new Map([[ownDevice, { sent: Number.POSITIVE_INFINITY, delivered: 0, read: 0 }]])

function newRow({ name, address, port = 0 }: { name: string; address: string; port?: number }) {
  return create(ConversationRowSchema, {
    kind: classicKind,
    user: fromText(classicUserId(name)),
    name,
    displayName: name,
    address,
    port,
  })
}
