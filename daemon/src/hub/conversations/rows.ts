import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { MessageRowSchema, NamedRowSchema, OutboxRowSchema } from '../../protocol/hub_rows_pb.ts'
import { fromText, type MessageId, messageId, type UserId, userId } from '../../protocol/ids.ts'

/** What a message says, wherever it stands. */
export interface Content {
  readonly message: MessageId
  /** ms since 1970 */
  readonly written: number
  readonly text: string
}

/** A stored row. Throws `damaged-data` when its bytes are not what this program wrote. */
export function readRow<Schema extends DescMessage>(
  schema: Schema,
  key: string,
  value: Uint8Array,
): MessageShape<Schema> {
  try {
    return fromBinary(schema, value)
  } catch (cause) {
    throw new ParleyError('damaged-data', `The stored row ${key} is damaged. Restore the home from a backup.`, {
      cause,
    })
  }
}

export function messageRow(author: UserId, { message, written, text }: Content): Uint8Array {
  const fields = { user: fromText(author), message: fromText(message), written: BigInt(written), text }
  return toBinary(MessageRowSchema, create(MessageRowSchema, fields))
}

export function readMessageRow(key: string, value: Uint8Array): Content & { readonly user: UserId } {
  const { user, message, written, text } = readRow(MessageRowSchema, key, value)
  return { user: userId(user), message: messageId(message), written: Number(written), text }
}

/** `queued`: when it was queued, ms since 1970. */
export function outboxRow({ message, written, text }: Content, queued: number): Uint8Array {
  const fields = { message: fromText(message), written: BigInt(written), text, queued: BigInt(queued) }
  return toBinary(OutboxRowSchema, create(OutboxRowSchema, fields))
}

export function readOutboxRow(key: string, value: Uint8Array): Content {
  const { message, written, text } = readRow(OutboxRowSchema, key, value)
  return { message: messageId(message), written: Number(written), text }
}

export function namedRow(position: string): Uint8Array {
  return toBinary(NamedRowSchema, create(NamedRowSchema, { position }))
}

export function readNamedRow(key: string, value: Uint8Array): string {
  return readRow(NamedRowSchema, key, value).position
}
