import { toBinary } from '@bufbuild/protobuf'
import type { Attachment } from '../../protocol/files.ts'
import { fileOf, readAttachment } from '../../protocol/files.ts'
import type { ConversationId, FileHash, MessageId, UserId } from '../../protocol/ids.ts'
import { type File, FileSchema } from '../../protocol/parley_pb.ts'
import { readRow } from '../conversations/rows.ts'

/** The keys of rows about files. The value of each is a parley.v1.File. */
export const fileKeys = {
  /** Every message that names a file; what is named nowhere is not kept. */
  namesOf: (hash: FileHash) => `file/${hash}/`,
  namesIn: (hash: FileHash, conversation: ConversationId) => `file/${hash}/${conversation}/`,
  name: (hash: FileHash, conversation: ConversationId, user: UserId, message: MessageId) =>
    `file/${hash}/${conversation}/${user}/${message}`,
  /** What was taken in from this machine, as it was called last. */
  added: (hash: FileHash) => `added-file/${hash}`,
  /** What is to be fetched, and for which conversation. */
  wanted: 'wanted-file/',
  wantedOf: (hash: FileHash) => `wanted-file/${hash}/`,
  wantedIn: (hash: FileHash, conversation: ConversationId) => `wanted-file/${hash}/${conversation}`,
} as const

export function fileRow(attachment: Attachment): Uint8Array {
  return toBinary(FileSchema, fileOf(attachment))
}

/** @throws ParleyError `damaged-data` */
export function readFileRow(key: string, value: Uint8Array): Attachment {
  const row: File = readRow(FileSchema, key, value)
  return readAttachment(row)
}
