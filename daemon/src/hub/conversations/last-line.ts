import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { isAct } from '../../protocol/bodies.ts'
import { msOf } from '../../protocol/clock.ts'
import type { ConversationRow } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, fromText, type UserId } from '../../protocol/ids.ts'
import { keys, lastPart, queuedPosition } from './keys.ts'
import { lineOfMessage } from './line.ts'
import { newMessageRow, readMessageRow, readQueued, type Shown, shownOf } from './rows.ts'

interface Line {
  readonly shown: Shown & { readonly user: UserId }
  /** ms since 1970 */
  readonly time: number
}

/** The last message as lists show it, kept along with a batch. */
export class LastLine {
  readonly #row: ConversationRow
  readonly #own: UserId
  /** What the batch shows, and undefined where it shows nothing any more. */
  readonly #places = new Map<string, Line | undefined>()

  constructor(row: ConversationRow, own: UserId) {
    this.#row = row
    this.#own = own
  }

  /** A message is shown at `position`, anew or otherwise. */
  shown(shown: Line['shown'], position: string, time: number): void {
    this.#places.set(position, { shown, time })
  }

  /** Nothing is shown at `position` any more. */
  removed(position: string): void {
    this.#places.set(position, undefined)
  }

  /** Looks for the last message where the batch has taken that away. To be called once the batch is made. */
  async settle(storage: Storage, conversation: ConversationId): Promise<void> {
    const { lastPosition } = this.#row
    if (lastPosition === '' || !this.#places.has(lastPosition) || this.#places.get(lastPosition)) return
    this.#row.lastPosition = ''
    const found = await this.#lastStored(storage, conversation)
    if (found) this.#places.set(found.position, found)
    else this.#take('', undefined)
  }

  /** Writes into the row what has changed of it. */
  finish(): void {
    const last = [...this.#places.keys()].filter(position => this.#places.get(position)).sort()
    const position = last.at(-1)
    if (position !== undefined && position >= this.#row.lastPosition) this.#take(position, this.#places.get(position))
  }

  #take(position: string, line: Line | undefined): void {
    const { shown, time } = line ?? {}
    this.#row.lastPosition = position
    this.#row.lastLine = shown ? lineOfMessage(shown) : ''
    this.#row.lastTime = BigInt(time ?? Number(this.#row.lastTime))
    this.#row.lastMine = shown?.user === this.#own
    this.#row.lastUser = shown ? fromText(shown.user) : new Uint8Array(0)
  }

  /** What storage shows last, of what the batch leaves alone. */
  async #lastStored(
    storage: Storage,
    conversation: ConversationId,
  ): Promise<(Line & { position: string }) | undefined> {
    for await (const [key, value] of backwards(storage, keys.outboxOf(conversation))) {
      const position = queuedPosition(Number.parseInt(lastPart(key), 16))
      const said = readQueued(key, value)
      if (this.#places.has(position) || isAct(said)) continue
      return { shown: shownOf(newMessageRow(this.#own, said)), time: said.written, position }
    }
    const messages = keys.messagesOf(conversation)
    for await (const [key, value] of backwards(storage, messages)) {
      const position = key.slice(messages.length)
      if (this.#places.has(position)) continue
      return { shown: readMessageRow(key, value), time: msOf(BigInt(`0x${position.slice(0, 16)}`)), position }
    }
    return undefined
  }
}

async function* backwards(storage: Storage, prefix: string) {
  for (let after: string | undefined; ; ) {
    const page = await storage.list(prefix, {
      limit: limits.historyRows,
      reverse: true,
      ...(after === undefined ? {} : { after }),
    })
    yield* page.rows
    after = page.rows.at(-1)?.[0]
    if (!page.more || after === undefined) return
  }
}
