import type { Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { ControlRequests } from '../../protocol/control.ts'
import { type ConversationId, conversationId } from '../../protocol/ids.ts'
import { positionAt } from '../../protocol/positions.ts'
import type { Chats, LetGo } from '../chats/chats.ts'
import type { Circles } from '../circles.ts'
import { checkPosition, keys, queuedNumber } from '../conversations/keys.ts'
import { Pace } from '../conversations/pace.ts'

export interface RetentionParts {
  readonly storage: Storage
  readonly circles: Pick<Circles, 'of' | 'summary'>
  /** Where it is kept how long messages stay. */
  readonly chats: Pick<Chats, 'retention' | 'retained' | 'setRetention' | 'letGo' | 'dropped' | 'raiseFloors'>
  /** Synchronised time, ms since 1970. */
  readonly now: () => number
  readonly log: Log
}

/**
 * Lets go of what was said: of everything in a conversation, of what is older than a number of days, and of what was let go
 * of on another device of one's own. Only there: others keep what they have. What has not left yet stays, and what was
 * dropped stays so, whoever brings it again.
 */
export class Retention {
  readonly #parts: RetentionParts
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isAsked = false
  /** Conversations of which something was let go of, and that are not here. */
  readonly #missing = new Set<string>()

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  start(): void {
    this.#wait(limits.retentionFirst)
  }

  async setRetention(params: ControlRequests['setRetention'][0]): Promise<Record<string, never>> {
    const { circles, chats } = this.#parts
    const { circle } = circles.of(conversationId(params.conversation))
    if (circle.lettingGo === undefined) throw cannot()
    await chats.setRetention(params)
    this.wake()
    return {}
  }

  /** Resolves once nothing of it is shown any more. @throws ParleyError `usage`, `storage` */
  async clearHistory({ conversation: id, before }: ControlRequests['clearHistory'][0]): Promise<Record<string, never>> {
    if (before !== undefined) checkPosition(before)
    const conversation = conversationId(id)
    const isQueued = before === undefined || queuedNumber(before) !== undefined
    await this.#drop(conversation, isQueued ? undefined : before)
    return {}
  }

  /** A conversation is here: something may have been let go of elsewhere that was not here yet. */
  came(conversation: string): void {
    if (this.#missing.delete(conversation)) this.wake()
  }

  /** Looks soon whether there is something to let go of: a setting may have come from another device. */
  wake(): void {
    this.#isAsked = true
    if (this.#running === undefined) this.#wait(limits.retentionPause)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#closing.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#running = this.#run().finally(() => {
        this.#running = undefined
        this.#wait(this.#isAsked ? limits.retentionPause : limits.retentionEvery)
      })
    }, ms)
    this.#timer.unref()
  }

  async #run(): Promise<void> {
    this.#isAsked = false
    const { chats, now } = this.#parts
    for (const [conversation, letGo] of chats.letGo)
      await this.#try(conversation, () => this.#follow(conversation, letGo))
    for (const conversation of chats.retained) {
      const days = chats.retention(conversation)
      if (days === undefined) continue
      await this.#try(conversation, () => this.#drop(conversation, positionAt(now() - days * dayLength)))
    }
  }

  async #try(conversation: ConversationId, drop: () => Promise<void>): Promise<void> {
    if (this.#closing.signal.aborted) return
    try {
      await drop()
    } catch (error) {
      if (this.#closing.signal.aborted) return
      const { message } = asParleyError(error)
      this.#parts.log.warn(
        { conversation, error: message },
        'Messages of a chat could not be dropped; trying again later.',
      )
    }
  }

  /** Lets go of what any of one's own devices has. */
  async #follow(conversation: ConversationId, { floors, dropped }: LetGo): Promise<void> {
    const { circles, chats } = this.#parts
    const lettingGo = circles.summary(conversation) && circles.of(conversation).circle.lettingGo?.(conversation)
    if (!lettingGo) {
      this.#missing.add(conversation)
      return
    }
    await lettingGo.drop(dropped)
    await chats.dropped(conversation, dropped)
    if (floors.size > 0) await lettingGo.raise(floors, this.#closing.signal)
  }

  /** Drops everything before a position, some at a time, so that what is sent and received meanwhile waits for little. */
  async #drop(conversation: ConversationId, position: string | undefined): Promise<void> {
    const { storage, circles, chats } = this.#parts
    const { circle } = circles.of(conversation)
    if (circle.lettingGo === undefined) throw cannot()
    const lettingGo = circle.lettingGo(conversation)
    if (lettingGo === undefined) return
    const floors = await lettingGo.floorsBefore(position)
    await chats.raiseFloors(conversation, floors)
    await lettingGo.raise(floors, this.#closing.signal)
    // What stands in no log, as of an export, or among branches of one.
    const before = position ?? '~'
    const prefix = keys.messagesOf(conversation)
    const pace = new Pace()
    while (!this.#closing.signal.aborted) {
      const positions: string[] = []
      let isEnd = false
      for (let after: string | undefined; !isEnd && positions.length < limits.retentionBatch; ) {
        await pace.step()
        const page = await storage.list(prefix, {
          limit: limits.historyRows,
          ...(after === undefined ? {} : { after }),
        })
        const old = page.rows.map(([key]) => key.slice(prefix.length)).filter(position => position < before)
        positions.push(...old)
        after = page.rows.at(-1)?.[0]
        isEnd = !page.more || old.length < page.rows.length
      }
      if (positions.length > 0) await lettingGo.hide(positions)
      if (isEnd) return
    }
  }
}

const dayLength = 24 * 60 * 60_000

function cannot(): ParleyError {
  return new ParleyError(
    'unsupported',
    'What was said with a classic client stays as it is: that client knows no other way.',
  )
}
