import { ParleyError } from '../errors.ts'
import { encodeFrame } from '../protocol/frames.ts'
import type { Frame, Reply } from '../protocol/parley_pb.ts'

export const done: Reply['is'] = { case: 'done', value: { $typeName: 'parley.v1.Done' } }

/** The id is out of the range of requests: the reply, like any other byte, is a sign of life and no more. */
export const ping = frameOf(0xffff_ffff, {
  case: 'request',
  value: { $typeName: 'parley.v1.Request', is: { case: 'ping', value: { $typeName: 'parley.v1.Ping' } } },
})

export function frameOf(id: number, is: Frame['is']): Uint8Array {
  return encodeFrame({ $typeName: 'parley.v1.Frame', id, is })
}

/** What is answered to a request that nobody knows. */
export function unsupported(): ParleyError {
  return new ParleyError('unsupported', 'The other side does not know this request. It may need an update.')
}
