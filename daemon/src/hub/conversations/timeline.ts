import { msOf } from '../../protocol/clock.ts'
import type { ConversationRow } from '../../protocol/hub_rows_pb.ts'
import type { ConversationId, MessageId, UserId } from '../../protocol/ids.ts'
import type { Batch } from './batch.ts'
import { keys, queuedNumber, queuedPosition } from './keys.ts'
import { lineOf } from './line.ts'
import { type Content, messageRow, namedRow, outboxRow } from './rows.ts'
import type { Account } from './types.ts'
import { Unindexed } from './unindexed.ts'

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

export interface TimelineParts {
  readonly conversation: ConversationId
  readonly account: Account
  readonly named: Named
  /** Of the draft: changed along with it. */
  readonly row: ConversationRow
  readonly batch: Batch
  /** A message of somebody else is shown at that position. */
  readonly received: (position: string) => void
}

/** What a draft shows: messages at their positions, those that wait in the outbox, and the last line of lists. */
export class Timeline {
  /** What is new or has another place. */
  readonly placed: Placed[] = []
  readonly #parts: TimelineParts
  /** What search has to look at again: note whatever is shown, changed or removed. */
  readonly #unindexed = new Unindexed()
  /** The last message as lists show it. */
  #last: { readonly text: string; readonly time: number; readonly mine: boolean } | undefined

  constructor(parts: TimelineParts) {
    this.#parts = parts
  }

  /** A message is shown once: sealed again, under whatever number, it only links. */
  show(placed: Placed): Placed | undefined {
    const { conversation, account, batch, named, row, received } = this.#parts
    const before = named.get(nameOf(placed.user, placed.content.message))
    const number = before === undefined ? undefined : queuedNumber(before)
    if (before !== undefined && number === undefined) return undefined
    if (number !== undefined) {
      batch.remove(keys.outbox(conversation, number))
      row.queued--
    }
    batch.put(keys.message(conversation, placed.position), messageRow(placed.user, placed.content))
    row.shown++
    if (before === row.lastPosition) row.lastPosition = ''
    if (placed.user !== account.user) received(placed.position)
    return this.#place(placed, msOf(BigInt(`0x${placed.position.slice(0, 16)}`)))
  }

  /** Puts a message into the outbox. `now` is in ms since 1970. */
  queue(content: Content, now: number): Placed {
    const { conversation, account, batch, row } = this.#parts
    const number = Number(row.nextQueued)
    batch.put(keys.outbox(conversation, number), outboxRow(content, now))
    row.nextQueued = BigInt(number + 1)
    row.queued++
    return this.#place({ user: account.user, content, position: queuedPosition(number) }, now)
  }

  /** Writes into the row what has changed of it. */
  finish(): void {
    this.#unindexed.write(this.#parts.batch, this.#parts.conversation)
    if (this.#last === undefined) return
    const { row } = this.#parts
    row.lastLine = lineOf(this.#last.text)
    row.lastTime = BigInt(this.#last.time)
    row.lastMine = this.#last.mine
  }

  #place(placed: Placed, time: number): Placed {
    const { conversation, account, batch, named, row } = this.#parts
    const { user, content, position } = placed
    named.set(nameOf(user, content.message), position)
    batch.put(keys.named(conversation, user, content.message), namedRow(position))
    this.#unindexed.note(user, content.message)
    this.placed.push(placed)
    if (position > row.lastPosition) {
      row.lastPosition = position
      this.#last = { text: content.text, time, mine: user === account.user }
    }
    return placed
  }
}
