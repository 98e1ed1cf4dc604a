import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { type Content, encodeSaid, isAct, type MessageName, readBody, type Said } from '../../protocol/bodies.ts'
import { fileOf, readAttachment } from '../../protocol/files.ts'
import {
  type EventRow,
  type MessageNameRow,
  MessageNameRowSchema,
  type MessageRow,
  MessageRowSchema,
  type NamedRow,
  NamedRowSchema,
  type OutboxRow,
  OutboxRowSchema,
} from '../../protocol/hub_rows_pb.ts'
import { fromText, messageId, type UserId, userId } from '../../protocol/ids.ts'
import { type Reaction, reactionsOf, wordsOf } from './registers.ts'
import { readRow, writeRow } from './row-codec.ts'

export type { Content } from '../../protocol/bodies.ts'
export { readRow, writeRow } from './row-codec.ts'

/** A message as it is shown: what it said, with everything that was done with it since. */
export interface Shown extends Content {
  /** When it was edited last, as the author says: ms since 1970. */
  readonly edited?: number
  /** It was deleted: it says nothing any more. */
  readonly deleted?: true
  /** Those that are on, in the order in which they came. */
  readonly reactions?: readonly Reaction[]
  /** What happened: a line that is no message. */
  readonly event?: EventRow
  readonly imported?: true
}

/** The row of a message that nothing was done with yet. */
export function newMessageRow(author: UserId, content: Content): MessageRow {
  const { message, written, text, replyTo, mentions = [], mentionsAll = false, files = [] } = content
  return {
    $typeName: MessageRowSchema.typeName,
    user: fromText(author),
    message: fromText(message),
    written: BigInt(written),
    text,
    mentions: mentions.map(user => fromText(user)),
    mentionsAll,
    files: files.map(fileOf),
    imported: false,
    ...(replyTo && { replyTo: create(MessageNameRowSchema, nameRow(replyTo)) }),
  }
}

/** The row of a message that stands there, and nothing more is known of it. */
export function newNamedRow(position: string): NamedRow {
  const nothing = { copies: [], hidden: false, dropped: false, answered: false }
  return { $typeName: NamedRowSchema.typeName, position, ...nothing }
}

/** {@link newMessageRow} as it is stored. */
export function messageRow(author: UserId, content: Content): Uint8Array {
  return writeRow(MessageRowSchema, newMessageRow(author, content))
}

export function readMessageRow(key: string, value: Uint8Array): Shown & { readonly user: UserId } {
  return shownOf(readRow(MessageRowSchema, key, value))
}

/** What a row shows now. */
export function shownOf(row: MessageRow): Shown & { readonly user: UserId } {
  const { user, message, written, replyTo, files, registers, event, imported } = row
  const base = {
    user: userId(user),
    message: messageId(message),
    written: Number(written),
    ...(imported && { imported: true as const }),
  }
  if (registers?.deleted) return { ...base, text: '', deleted: true }
  const reactions = reactionsOf(registers)
  return {
    ...base,
    ...wordsOf(row),
    ...(replyTo && { replyTo: nameOfRow(replyTo) }),
    ...(files.length > 0 && { files: files.map(readAttachment) }),
    ...(reactions.length > 0 && { reactions }),
    ...(event && { event }),
  }
}

/** What waits for its place in the log. `queued`: since when, ms since 1970. */
export function outboxRow(said: Said, queued: number): Uint8Array {
  const { kind, body } = encodeSaid(said)
  const fields = { message: fromText(said.message), queued: BigInt(queued), kind, body }
  return writeRow(OutboxRowSchema, create(OutboxRowSchema, fields))
}

/** What waits in the outbox. Throws `damaged-data`. */
export function readQueued(key: string, value: Uint8Array): Said {
  return saidOf(key, readRow(OutboxRowSchema, key, value))
}

/** A message that waits in the outbox. Throws `damaged-data` when it is none. */
export function readOutboxRow(key: string, value: Uint8Array): Content {
  const said = readQueued(key, value)
  if (!isAct(said)) return said
  throw new ParleyError('damaged-data', `The stored row ${key} is no message. Restore the home from a backup.`)
}

function saidOf(key: string, { body, kind }: OutboxRow): Said {
  const said = readBody(body, kind)
  if (said !== undefined) return said
  throw new ParleyError('newer-data', `The stored row ${key} is of a newer Parley. Start that one.`)
}

export function namedRow(position: string): Uint8Array {
  return writeRow(NamedRowSchema, newNamedRow(position))
}

/** Where a message stands; empty: nowhere. */
export function readNamedRow(key: string, value: Uint8Array): string {
  return readRow(NamedRowSchema, key, value).position
}

export function nameRow({ user, message }: MessageName): { user: Uint8Array; message: Uint8Array } {
  return { user: fromText(user), message: fromText(message) }
}

export function nameOfRow({ user, message }: MessageNameRow): MessageName {
  return { user: userId(user), message: messageId(message) }
}
