import { type DescField, type DescMessage, fromBinary, type MessageShape, ScalarType } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/**
 * A decoder of one message type for bytes from outside. It throws nothing but `bad-frame`, keeps unknown fields, and
 * walks the bytes once before anything is built: the library makes objects for every two-byte field, checks neither
 * wire types nor that a nested message ends where it says, and follows groups, which no schema of ours has.
 */
export function decoder<Schema extends DescMessage>(schema: Schema): (bytes: Uint8Array) => MessageShape<Schema> {
  const shape = shapeOf(schema, new Map())
  return bytes => {
    try {
      new Walk(bytes).message(shape, bytes.length)
      return fromBinary(schema, bytes)
    } catch (cause) {
      if (cause instanceof ParleyError) throw cause
      throw new ParleyError('bad-frame', `Bytes that should be a ${schema.name} are malformed.`, { cause })
    }
  }
}

/** By field number: what may stand there. */
type Shape = Map<number, { readonly wire: number; readonly packable: boolean; readonly nested: Shape | undefined }>

function shapeOf(schema: DescMessage, known: Map<DescMessage, Shape>): Shape {
  const shape: Shape = known.get(schema) ?? new Map()
  if (known.has(schema)) return shape
  known.set(schema, shape)
  for (const field of schema.fields) {
    const wire = wireOf(field)
    const nested = field.message === undefined ? undefined : shapeOf(field.message, known)
    shape.set(field.number, { wire, packable: field.fieldKind === 'list' && wire === varint, nested })
  }
  return shape
}

// Wire types (protobuf encoding reference); 3 and 4 are groups.
const varint = 0
const bit64 = 1
const lengthDelimited = 2
const bit32 = 5

function wireOf(field: DescField): number {
  switch (field.scalar) {
    case undefined:
      return field.enum === undefined ? lengthDelimited : varint
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return lengthDelimited
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.DOUBLE:
      return bit64
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.FLOAT:
      return bit32
    default:
      return varint
  }
}

class Walk {
  readonly #bytes: Uint8Array
  #at = 0
  #fieldsLeft: number = limits.fields
  #depthLeft: number = limits.nesting

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  message(shape: Shape, end: number): void {
    if (this.#depthLeft-- === 0) throw malformed(`is nested more than ${limits.nesting} deep`)
    while (this.#at < end) {
      if (this.#fieldsLeft-- === 0) throw malformed(`has more than ${limits.fields} fields`)
      this.#field(shape, end)
    }
    this.#depthLeft++
  }

  #field(shape: Shape, end: number): void {
    const tag = this.#varint(end, 5)
    const wire = tag & 7
    const known = shape.get(tag >>> 3)
    if (tag < 8 || tag > 0xffffffff) throw malformed('has an impossible field number')
    if (known !== undefined && wire !== known.wire && !(known.packable && wire === lengthDelimited)) {
      throw malformed('has a field of another type than the schema says')
    }
    if (wire === varint) this.#varint(end, 10)
    else if (wire === bit64) this.#skip(8, end)
    else if (wire === bit32) this.#skip(4, end)
    else if (wire !== lengthDelimited) throw malformed('has a group, which no schema of ours uses')
    else this.#delimited(known, end)
  }

  #delimited(known: { nested: Shape | undefined; packable: boolean } | undefined, end: number): void {
    const length = this.#varint(end, 5)
    if (length > end - this.#at) throw malformed('ends too early')
    const inner = this.#at + length
    if (known?.nested !== undefined) this.message(known.nested, inner)
    else if (known?.packable) while (this.#at < inner) this.#packed(inner)
    else this.#at = inner
  }

  #packed(end: number): void {
    if (this.#fieldsLeft-- === 0) throw malformed(`has more than ${limits.fields} fields`)
    this.#varint(end, 10)
  }

  #skip(count: number, end: number): void {
    if (count > end - this.#at) throw malformed('ends too early')
    this.#at += count
  }

  /** The value is exact up to 2⁵³, which is all that tags and lengths need. */
  #varint(end: number, longest: number): number {
    let value = 0
    for (let index = 0; index < longest; index++) {
      const byte = this.#at < end ? this.#bytes[this.#at++] : undefined
      if (byte === undefined) throw malformed('ends too early')
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw malformed('has an endless number')
  }
}

function malformed(what: string): ParleyError {
  return new ParleyError('bad-frame', `A message ${what}.`)
}
