import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { decoder, encoder } from '../../protocol/codec.ts'
import { file_hub_rows } from '../../protocol/hub_rows_pb.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'

interface RowCodec {
  read(value: Uint8Array): unknown
  write(row: never): Uint8Array<ArrayBuffer>
}

/** Of the rows of conversations: several are read and written for each message. */
const codecs: ReadonlyMap<DescMessage, RowCodec> = new Map(
  [...file_hub_rows.messages, EntrySchema].map(schema => [schema, { read: decoder(schema), write: encoder(schema) }]),
)

/** A stored row. Throws `damaged-data` when its bytes are not what this program wrote. */
export function readRow<Schema extends DescMessage>(
  schema: Schema,
  key: string,
  value: Uint8Array,
): MessageShape<Schema> {
  try {
    return (codecs.get(schema)?.read(value) ?? fromBinary(schema, value)) as MessageShape<Schema>
  } catch (cause) {
    throw new ParleyError('damaged-data', `The stored row ${key} is damaged. Restore the home from a backup.`, {
      cause,
    })
  }
}

/** A row as it is stored. */
export function writeRow<Schema extends DescMessage>(
  schema: Schema,
  row: MessageShape<Schema>,
): Uint8Array<ArrayBuffer> {
  return codecs.get(schema)?.write(row as never) ?? toBinary(schema, row)
}
