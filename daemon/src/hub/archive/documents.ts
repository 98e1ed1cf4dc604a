import type { SearchDocument, Storage } from '@parley/kit'
import { counterOf, msOf } from '../../protocol/clock.ts'
import { NamedRowSchema } from '../../protocol/hub_rows_pb.ts'
import {
  type ConversationId,
  conversationId,
  type MessageId,
  messageId,
  type UserId,
  userId,
} from '../../protocol/ids.ts'
import { keys, queuedNumber } from '../conversations/keys.ts'
import { readMessageRow, readOutboxRow, readRow, type Shown } from '../conversations/rows.ts'
import type { NamedMessage } from '../conversations/unindexed.ts'

/** A message among those of all conversations, for good: wherever it stands and whatever it says. */
export interface MessageKey extends NamedMessage {
  readonly conversation: ConversationId
}

/** What the index calls a message. */
export function documentId({ conversation, user, message }: MessageKey): string {
  return `${conversation}/${user}/${message}`
}

/** The message that the index calls so; undefined: none that this program has put there. */
export function readDocumentId(id: string): MessageKey | undefined {
  const [conversation = '', user = '', message = ''] = id.split('/')
  try {
    return { conversation: conversationId(conversation), user: userId(user), message: messageId(message) }
  } catch {
    return undefined
  }
}

/** What is searched of a message: what it says, and how its files are called. */
export function searchedText({
  text,
  files = [],
}: {
  readonly text: string
  readonly files?: readonly { readonly name: string }[]
}): string {
  return files.length === 0 ? text : [text, ...files.map(({ name }) => name)].join('\n')
}

/** A shown message as the index takes it; undefined for what says nothing: a deleted message, a line of an event. */
export function documentOf(
  conversation: ConversationId,
  position: string,
  shown: Shown & { readonly user: UserId },
): SearchDocument | undefined {
  const { user, message, written, files = [], deleted, event } = shown
  if (deleted || event) return undefined
  return {
    id: documentId({ conversation, user, message }),
    conversation,
    user,
    time: queuedNumber(position) === undefined ? timeOfPosition(position) : written,
    text: searchedText(shown),
    hasFile: files.length > 0,
  }
}

/** When a message with that position was sealed: ms since 1970, with 1024ths that order those of the same one. */
function timeOfPosition(position: string): number {
  const time = BigInt(`0x${position.slice(0, 16)}`)
  return msOf(time) + Math.min(counterOf(time), 1023) / 1024
}

/** Where messages of a conversation stand, in their order; undefined for those that are not shown. */
export async function positionsOf(
  storage: Storage,
  conversation: ConversationId,
  messages: readonly { readonly user: UserId; readonly message: MessageId }[],
): Promise<(string | undefined)[]> {
  const named = messages.map(({ user, message }) => keys.named(conversation, user, message))
  const rows = named.length === 0 ? [] : await storage.get(named)
  return named.map((key, index) => {
    const row = rows[index]
    if (row === undefined) return undefined
    const { position, hidden } = readRow(NamedRowSchema, key, row)
    return hidden || position === '' ? undefined : position
  })
}

/** What the index is to know of messages of a conversation, as they are now. */
export async function documentsOf(
  storage: Storage,
  conversation: ConversationId,
  messages: readonly NamedMessage[],
): Promise<{ readonly put: SearchDocument[]; readonly remove: string[] }> {
  const positions = await positionsOf(storage, conversation, messages)
  const wanted = positions.flatMap(position => (position === undefined ? [] : [rowKey(conversation, position)]))
  const values = wanted.length === 0 ? [] : await storage.get(wanted)
  const rows = new Map(wanted.map((key, index) => [key, values[index]]))
  const put: SearchDocument[] = []
  const remove: string[] = []
  for (const [index, { user, message }] of messages.entries()) {
    const position = positions[index]
    const key = position === undefined ? '' : rowKey(conversation, position)
    const value = rows.get(key)
    const document =
      position === undefined || value === undefined
        ? undefined
        : documentOf(conversation, position, readShown(position, key, value, user))
    if (document) put.push(document)
    else remove.push(documentId({ conversation, user, message }))
  }
  return { put, remove }
}

function rowKey(conversation: ConversationId, position: string): string {
  const number = queuedNumber(position)
  return number === undefined ? keys.message(conversation, position) : keys.outbox(conversation, number)
}

function readShown(position: string, key: string, value: Uint8Array, user: UserId): Shown & { readonly user: UserId } {
  return queuedNumber(position) === undefined ? readMessageRow(key, value) : { ...readOutboxRow(key, value), user }
}
