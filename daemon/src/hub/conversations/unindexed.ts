import { randomBytes } from 'node:crypto'
import { type UnindexedRow, UnindexedRowSchema } from '../../protocol/hub_rows_pb.ts'
import {
  type ConversationId,
  conversationId,
  fromText,
  type MessageId,
  messageId,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import type { Batch } from './batch.ts'
import { keys } from './keys.ts'
import { readRow, writeRow } from './rows.ts'

/** A message that the search index has to look at again: it is new, says something else, or is gone. */
export interface NamedMessage {
  readonly user: UserId
  readonly message: MessageId
}

/**
 * The messages of one batch that the search index has to look at again. They are stored with the batch itself, one row
 * for all of them, and leave storage once the index has committed what it found: so nothing is missed after a crash.
 */
export class Unindexed {
  readonly #messages = new Map<string, NamedMessage>()

  note(user: UserId, message: MessageId): void {
    this.#messages.set(`${user}/${message}`, { user, message })
  }

  /** Puts them into the batch, which the ceiling of its messages keeps far below what a row may hold. */
  write(batch: Batch, conversation: ConversationId): void {
    if (this.#messages.size === 0) return
    const messages = [...this.#messages.values()].map(({ user, message }) => fromTexts(user, message))
    const row = { $typeName: UnindexedRowSchema.typeName, conversation: fromText(conversation), messages }
    batch.put(keys.unindexed(randomBytes(8).toString('hex')), writeRow(UnindexedRowSchema, row))
  }
}

function fromTexts(user: UserId, message: MessageId): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(32)
  both.set(fromText(user))
  both.set(fromText(message), 16)
  return both
}

/** What {@link Unindexed} has written. Throws `damaged-data`. */
export function readUnindexed(
  key: string,
  value: Uint8Array,
): { readonly conversation: ConversationId; readonly messages: readonly NamedMessage[] } {
  const row: UnindexedRow = readRow(UnindexedRowSchema, key, value)
  const messages = row.messages.map(both => ({
    user: userId(both.subarray(0, 16)),
    message: messageId(both.subarray(16)),
  }))
  return { conversation: conversationId(row.conversation), messages }
}
