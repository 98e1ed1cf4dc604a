import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { MessageReader } from './codec-read.ts'
import { shapeOf } from './codec-shape.ts'
import { writeMessage } from './codec-write.ts'

/**
 * A decoder of one message type for bytes from outside. It throws nothing but `bad-frame` and keeps unknown fields. By
 * hand, because the library asks descriptions for each field of each message, which takes several times as long, makes
 * objects for every two-byte field before anything counts them, checks neither wire types nor that a nested message ends
 * where it says, and follows groups, which no schema of ours has. What it gives is what the library gives.
 */
export function decoder<Schema extends DescMessage>(schema: Schema): (bytes: Uint8Array) => MessageShape<Schema> {
  const shape = shapeOf(schema)
  return bytes => {
    try {
      return new MessageReader(bytes).read(shape) as unknown as MessageShape<Schema>
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause
      throw new ParleyError('bad-frame', `Bytes that should be a ${schema.name} are malformed.`, { cause })
    }
  }
}

/**
 * An encoder of one message type: the same bytes as the library writes, unknown fields last, in a fraction of the time.
 * `before`: bytes that are left free at the start.
 */
export function encoder<Schema extends DescMessage>(
  schema: Schema,
): (message: MessageShape<Schema>, before?: number) => Uint8Array<ArrayBuffer> {
  const shape = shapeOf(schema)
  return (message, before) => writeMessage(shape, message as never, before)
}
