import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type AnyMessage, type FieldShape, type MessageShape, type OneofValue, wires } from './codec-shape.ts'

/**
 * Reads one message from bytes from outside: throws `bad-frame` for what is malformed, nested too deep, or has too many
 * fields, and keeps fields that the shape does not know. Values of bytes are views of what is read.
 */
export class MessageReader {
  readonly #bytes: Uint8Array
  readonly #buffer: Buffer
  #at = 0
  #fieldsLeft: number = limits.fields
  #depthLeft: number = limits.nesting

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  read(shape: MessageShape): AnyMessage {
    return this.#message(shape, newMessage(shape), this.#bytes.length)
  }

  #message(shape: MessageShape, message: AnyMessage, end: number): AnyMessage {
    if (this.#depthLeft-- === 0) throw malformed(`is nested more than ${limits.nesting} deep`)
    while (this.#at < end) {
      if (this.#fieldsLeft-- === 0) throw malformed(`has more than ${limits.fields} fields`)
      const tag = this.#number(end, 5)
      const wire = tag & 7
      if (tag < 8 || tag > 0xffffffff) throw malformed('has an impossible field number')
      const number = tag >>> 3
      const field = number < shape.byNumber.length ? shape.byNumber[number] : undefined
      if (field === undefined) this.#unknown(message, number, wire, end)
      else if (wire === field.wire) this.#field(message, field, end)
      else if (field.isPackable && wire === wires.delimited) this.#packed(message, field, end)
      else throw malformed('has a field of another type than the schema says')
    }
    this.#depthLeft++
    return message
  }

  #field(message: AnyMessage, field: FieldShape, end: number): void {
    const { name, oneof, message: nested } = field
    if (field.isList) {
      ;(message[name] as unknown[]).push(nested ? this.#nested(nested, undefined, end) : this.#value(field, end))
    } else if (oneof === undefined) {
      // A message that comes in parts is one.
      message[name] = nested
        ? this.#nested(nested, message[name] as AnyMessage | undefined, end)
        : this.#value(field, end)
    } else {
      const before = message[oneof] as OneofValue
      const part = before.case === name ? (before.value as AnyMessage) : undefined
      const value = nested ? this.#nested(nested, part, end) : this.#value(field, end)
      message[oneof] = { case: name, value }
    }
  }

  #nested(shape: MessageShape, into: AnyMessage | undefined, end: number): AnyMessage {
    const inner = this.#length(end)
    return this.#message(shape, into ?? newMessage(shape), inner)
  }

  #packed(message: AnyMessage, field: FieldShape, end: number): void {
    const inner = this.#length(end)
    const list = message[field.name] as unknown[]
    while (this.#at < inner) {
      if (this.#fieldsLeft-- === 0) throw malformed(`has more than ${limits.fields} fields`)
      list.push(this.#value(field, inner))
    }
  }

  #value({ kind }: FieldShape, end: number): unknown {
    switch (kind) {
      case 'uint32':
        return this.#uint32(end)
      case 'uint64':
        return this.#uint64(end)
      case 'bool':
        return this.#uint64(end) !== 0n
      case 'fixed64':
        this.#skip(8, end)
        return this.#buffer.readBigUInt64LE(this.#at - 8)
      case 'double':
        this.#skip(8, end)
        return this.#buffer.readDoubleLE(this.#at - 8)
      case 'string':
        return this.#string(end)
      default: {
        const inner = this.#length(end)
        const bytes = this.#bytes.subarray(this.#at, inner)
        this.#at = inner
        return bytes
      }
    }
  }

  #string(end: number): string {
    const inner = this.#length(end)
    const start = this.#at
    this.#at = inner
    for (let at = start; at < inner; at++) {
      if ((this.#bytes[at] ?? 0) > 0x7f)
        return new TextDecoder('utf-8', strict).decode(this.#bytes.subarray(start, inner))
    }
    return this.#buffer.toString('latin1', start, inner)
  }

  #unknown(message: AnyMessage, no: number, wireType: number, end: number): void {
    const start = this.#at
    if (wireType === wires.varint) this.#number(end, 10)
    else if (wireType === wires.bit64) this.#skip(8, end)
    else if (wireType === wires.bit32) this.#skip(4, end)
    else if (wireType === wires.delimited) this.#at = this.#length(end)
    else throw malformed('has a group, which no schema of ours uses')
    message.$unknown ??= []
    message.$unknown.push({ no, wireType, data: this.#bytes.subarray(start, this.#at) })
  }

  #skip(count: number, end: number): void {
    if (count > end - this.#at) throw malformed('ends too early')
    this.#at += count
  }

  /** Reads a length; gives where what has it ends. */
  #length(end: number): number {
    const length = this.#number(end, 5)
    if (length > end - this.#at) throw malformed('ends too early')
    return this.#at + length
  }

  #uint32(end: number): number {
    const first = this.#at < end ? this.#bytes[this.#at] : undefined
    if (first !== undefined && first < 0x80) {
      this.#at++
      return first
    }
    return Number(BigInt.asUintN(32, this.#uint64(end)))
  }

  #uint64(end: number): bigint {
    const start = this.#at
    const value = this.#number(end, 10)
    if (this.#at - start <= exactBytes) return BigInt(value)
    let exact = 0n
    for (let at = this.#at - 1; at >= start; at--) exact = (exact << 7n) | BigInt((this.#bytes[at] ?? 0) & 0x7f)
    return BigInt.asUintN(64, exact)
  }

  /** A varint of at most `longest` bytes. Exact up to 2⁵³, which is all that tags and lengths need. */
  #number(end: number, longest: number): number {
    let value = 0
    let factor = 1
    for (let index = 0; index < longest; index++) {
      const byte = this.#at < end ? this.#bytes[this.#at++] : undefined
      if (byte === undefined) throw malformed('ends too early')
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
      factor *= 0x80
    }
    throw malformed('has an endless number')
  }
}

function newMessage({ zero, lists, oneofs }: MessageShape): AnyMessage {
  const message: AnyMessage = { ...zero }
  for (const name of lists) message[name] = []
  for (const name of oneofs) message[name] = { case: undefined }
  return message
}

function malformed(what: string): ParleyError {
  return new ParleyError('bad-frame', `A message ${what}.`)
}

const strict = { fatal: true } as const
/** A varint of so many bytes is exact as a number. */
const exactBytes = 7
