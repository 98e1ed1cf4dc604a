import type { Change, Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import type { WaitingRow } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, messageId } from '../../protocol/ids.ts'
import { encodeWaiting, loadWaiting, type Received, waitingKey, waitingRow } from './rows.ts'

/**
 * What classic clients have written whose chat requests wait for an answer: a few messages of each. Accepting shows
 * them, anything else drops them.
 */
export class Waiting {
  readonly #storage: Storage
  readonly #rows: Map<ConversationId, WaitingRow>
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(storage: Storage, rows: Map<ConversationId, WaitingRow>) {
    this.#storage = storage
    this.#rows = rows
  }

  /** @throws ParleyError `damaged-data` */
  static async open(storage: Storage): Promise<Waiting> {
    return new Waiting(storage, await loadWaiting(storage))
  }

  /**
   * Gives true once the message is committed, or left out because there are enough; false when `waits`, asked in turn, says
   * that the conversation waits no more: then it is for the caller to show it.
   */
  add(conversation: ConversationId, message: Received, waits: () => boolean): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!waits()) return false
      const before = this.messages(conversation)
      if (before.length >= limits.classicWaiting || before.some(one => one.message === message.message)) return true
      const row = waitingRow([...before, message])
      await this.#storage.write([{ put: waitingKey(conversation), value: encodeWaiting(row) }])
      this.#rows.set(conversation, row)
      return true
    })
  }

  /** The oldest first. */
  messages(conversation: ConversationId): Received[] {
    const messages = this.#rows.get(conversation)?.messages ?? []
    return messages.map(({ message, text, received }) => ({
      message: messageId(message),
      text,
      received: Number(received),
    }))
  }

  /**
   * Commits what waits by `commit`, whose batch must have the change that it is given; nothing is added meanwhile.
   */
  take(conversation: ConversationId, commit: (messages: Received[], gone: Change[]) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      const gone = this.#rows.has(conversation) ? [{ remove: waitingKey(conversation) }] : []
      await commit(this.messages(conversation), gone)
      this.#rows.delete(conversation)
    })
  }

  /** Drops what waits of all conversations but those that `isKept` says. */
  dropUnless(isKept: (conversation: ConversationId) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      const dropped = [...this.#rows.keys()].filter(conversation => !isKept(conversation))
      if (dropped.length === 0) return
      await this.#storage.write(dropped.slice(0, limits.batchChanges).map(one => ({ remove: waitingKey(one) })))
      for (const one of dropped) this.#rows.delete(one)
    })
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(run)
    this.#writing = result.catch(() => undefined)
    return result
  }
}
