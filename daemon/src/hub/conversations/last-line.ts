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
  /** When the last thing happened in this batch that is no message: ms since 1970. */
  #passed = 0

  constructor(row: ConversationRow, own: UserId) {
    this.#row = row
    this.#own = own
  }

  /** A message is shown at `position`, anew or otherwise. A line that tells of something else only counts by its time. */
  shown(shown: Line['shown'], position: string, time: number): void {
    if (shown.event) this.#passed = Math.max(this.#passed, time)
    else this.#places.set(position, { shown, time })
  }

  /** Nothing is shown at `position` any more. */
  removed(position: string): void {
    this.#places.set(position, undefined)
  }

  /** Looks for the last message where the batch has taken that away. To be called once the batch is made. */
  async settle(storage: Storage, conversation: ConversationId): Promise<void> {
    const { lastPosition, lastTime } = this.#row
    if (lastPosition === '' || !this.#places.has(lastPosition) || this.#places.get(lastPosition)) return
    this.#row.lastPosition = ''
    this.#row.lastTime = 0n
    const found = await this.#lastStored(storage, conversation)
    if (found) this.#places.set(found.position, found)
    else this.#clear(lastTime)
  }

  /** Writes into the row what has changed of it. */
  finish(): void {
    let last = ''
    for (const [position, line] of this.#places) if (line && position > last) last = position
    if (last !== '' && last >= this.#row.lastPosition) this.#take(last, this.#places.get(last))
    if (this.#passed > Number(this.#row.lastTime)) this.#row.lastTime = BigInt(Math.floor(this.#passed))
  }

  #take(position: string, line: Line | undefined): void {
    if (line === undefined) return
    const { shown, time } = line
    this.#row.lastPosition = position
    this.#row.lastLine = lineOfMessage(shown)
    if (time > Number(this.#row.lastTime)) this.#row.lastTime = BigInt(Math.floor(time))
    this.#row.lastMine = shown.user === this.#own
    this.#row.lastUser = fromText(shown.user)
  }

  /** Nothing is shown any more; the chat keeps its place in lists. */
  #clear(lastTime: bigint): void {
    Object.assign(this.#row, { lastLine: '', lastMine: false, lastUser: new Uint8Array(0), lastTime })
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
      const shown = readMessageRow(key, value)
      if (this.#places.has(position) || shown.event) continue
      return { shown, time: msOf(BigInt(`0x${position.slice(0, 16)}`)), position }
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
