import { create, toBinary } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decoder } from './codec.ts'
import { fromText, type MessageId, messageId } from './ids.ts'
import { BodySchema, TextSchema } from './parley_pb.ts'

/** What an entry says. A kind that this program does not know is kept and forwarded, and shown as such. */
export interface EntryBody {
  readonly message: MessageId
  /** Ms since 1970 by the author's clock: shown, never used for order. */
  readonly written: number
  readonly is: { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unknown' }
}

/** The `kind` of an entry whose body is a text: the number of its field. */
export const textKind = 16

/** The body of a text message. Throws `bad-message` when it is empty or over 100 KiB of UTF-8. */
export function encodeText(message: MessageId, written: number, text: string): Uint8Array<ArrayBuffer> {
  checkText(text)
  const is = { case: 'text', value: create(TextSchema, { text: text.toWellFormed() }) } as const
  return toBinary(BodySchema, create(BodySchema, { message: fromText(message), written: BigInt(written), is }))
}

/** Throws `bad-message` when `text` cannot be sent: empty, blank, or over 100 KiB of UTF-8. */
export function checkText(text: string): void {
  if (text.trim() === '') throw new ParleyError('bad-message', 'The message is empty. Write something first.')
  const size = Buffer.byteLength(text)
  if (size <= limits.text) return
  throw new ParleyError('bad-message', `The message has ${size} bytes; at most ${limits.text} fit. Send it in parts.`)
}

/**
 * Reads the body of an entry of `kind`. Throws `bad-frame` for one that is malformed, `bad-message` for one that does
 * not say what its kind promises: such an entry links, but shows nothing.
 */
export function readBody(bytes: Uint8Array, kind: number = textKind): EntryBody {
  const body = decodeBody(bytes)
  const message = messageId(body.message)
  if (body.written > latestDate)
    throw new ParleyError('bad-message', 'A message was written at a time that does not exist.')
  const written = Number(body.written)
  if (body.is.case === undefined && kind !== textKind) return { message, written, is: { kind: 'unknown' } }
  if (body.is.case !== 'text' || kind !== textKind)
    throw new ParleyError('bad-message', 'A message is of another kind than it says.')
  checkText(body.is.value.text)
  return { message, written, is: { kind: 'text', text: body.is.value.text } }
}

const decodeBody = decoder(BodySchema)

/** The last ms of a JavaScript date (ECMA-262, time values). */
const latestDate = 8_640_000_000_000_000n
