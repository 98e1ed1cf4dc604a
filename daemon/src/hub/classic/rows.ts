import { create, toBinary } from '@bufbuild/protobuf'
import type { ListPage, Storage } from '@parley/kit'
import {
  type ConversationRow,
  ConversationRowSchema,
  WaitingMessageSchema,
  type WaitingRow,
  WaitingRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, conversationId, deviceId, fromText, type MessageId, userId } from '../../protocol/ids.ts'
import { keys, lastPart } from '../conversations/keys.ts'
import { readRow } from '../conversations/rows.ts'

/** The `kind` of a conversation with a classic client. */
export const classicKind = 2

/** Who the author of one's own messages is in rows: a home may get an account, or another name, at any time. */
export const self = userId(new Uint8Array(16))

/** Classic messages are in no log: these stand in their positions where a device's id does. */
export const ownDevice = deviceId(new Uint8Array(32))
export const theirDevice = (conversation: ConversationId) => deviceId(fromText(conversation))

/** A conversation row as stored. */
export interface StoredRow {
  readonly row: ConversationRow
  readonly bytes: Uint8Array
}

/** All conversations with classic clients. @throws ParleyError `damaged-data` */
export async function loadConversations(storage: Storage): Promise<Map<ConversationId, StoredRow>> {
  const found = new Map<ConversationId, StoredRow>()
  for await (const [key, bytes] of rowsOf(storage, keys.conversations)) {
    const row = readRow(ConversationRowSchema, key, bytes)
    if (row.kind === classicKind) found.set(conversationId(lastPart(key)), { row, bytes })
  }
  return found
}

/** One conversation as it is in storage now. @throws ParleyError `damaged-data` */
export async function loadConversation(storage: Storage, id: ConversationId): Promise<StoredRow | undefined> {
  const key = keys.conversation(id)
  const [bytes] = await storage.get([key])
  return bytes && { row: readRow(ConversationRowSchema, key, bytes), bytes }
}

/**
 * A text that a classic client has sent, and when it came, in ms since 1970. Its id is made when it comes, so that it is
 * shown once however often it has to be stored.
 */
export interface Received {
  readonly message: MessageId
  readonly text: string
  readonly received: number
}

export const waitingKey = (conversation: ConversationId) => `${waitingKeys}${conversation}`

/** What waits for the answers to chat requests. @throws ParleyError `damaged-data` */
export async function loadWaiting(storage: Storage): Promise<Map<ConversationId, WaitingRow>> {
  const found = new Map<ConversationId, WaitingRow>()
  for await (const [key, bytes] of rowsOf(storage, waitingKeys)) {
    found.set(conversationId(lastPart(key)), readRow(WaitingRowSchema, key, bytes))
  }
  return found
}

export function waitingRow(messages: readonly Received[]): WaitingRow {
  const rows = messages.map(({ message, text, received }) =>
    create(WaitingMessageSchema, { message: fromText(message), text, received: BigInt(Math.floor(received)) }),
  )
  return create(WaitingRowSchema, { messages: rows })
}

export const encodeWaiting = (row: WaitingRow) => toBinary(WaitingRowSchema, row)

const waitingKeys = 'classic-waiting/'

/** All rows with a prefix, page by page. */
async function* rowsOf(storage: Storage, prefix: string): AsyncGenerator<ListPage['rows'][number]> {
  for (let after: string | undefined; ; ) {
    const page = await storage.list(prefix, { limit: 500, ...(after === undefined ? {} : { after }) })
    yield* page.rows
    after = page.rows.at(-1)?.[0]
    if (!page.more || after === undefined) return
  }
}
