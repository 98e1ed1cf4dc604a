import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf'

/** Wire types (protobuf encoding reference); 3 and 4 are groups, which no schema of ours has. */
export const wires = { varint: 0, bit64: 1, delimited: 2, bit32: 5 } as const

/** What may stand in a field: the kinds that our schemas use. */
export type ValueKind = 'uint32' | 'uint64' | 'fixed64' | 'double' | 'bool' | 'bytes' | 'string' | 'message'

/** One field of a message, as reading and writing need it. */
export interface FieldShape {
  readonly number: number
  /** Of one value. */
  readonly wire: number
  /** Bytes of the tag before each value, or before all of them where they stand together. */
  readonly tagSize: number
  readonly name: string
  readonly kind: ValueKind
  readonly isList: boolean
  /** A list whose values may stand in one field together. */
  readonly isPackable: boolean
  /** The oneof that it is a case of. */
  readonly oneof: string | undefined
  /** It says whether it is there even when it is zero. */
  readonly isOptional: boolean
  readonly message: MessageShape | undefined
}

/** A message type, compiled once, so that no description is asked for each field of each message. */
export interface MessageShape {
  /** By number; numbers are small. */
  readonly byNumber: readonly (FieldShape | undefined)[]
  /** In the order of their numbers. */
  readonly fields: readonly FieldShape[]
  /** A message in which nothing is set; to be copied. */
  readonly zero: AnyMessage
  /** What each message needs of its own. */
  readonly lists: readonly string[]
  readonly oneofs: readonly string[]
}

/** A message whose type is known only by its shape. */
export type AnyMessage = Message & Record<string, unknown>

export interface OneofValue {
  case: string | undefined
  value?: unknown
}

/** Compiles a message type and all that it nests. Throws for what our schemas do not use. */
export function shapeOf(schema: DescMessage, known: Map<DescMessage, MessageShape> = new Map()): MessageShape {
  const before = known.get(schema)
  if (before) return before
  const fields: FieldShape[] = []
  const byNumber: (FieldShape | undefined)[] = []
  const zero = create(schema) as AnyMessage
  const lists = schema.fields.filter(({ fieldKind }) => fieldKind === 'list').map(({ localName }) => localName)
  const shape = { byNumber, fields, zero, lists, oneofs: schema.oneofs.map(({ localName }) => localName) }
  known.set(schema, shape)
  for (const field of schema.fields.toSorted((a, b) => a.number - b.number)) {
    const found = fieldOf(field, known)
    fields.push(found)
    byNumber[field.number] = found
  }
  return shape
}

function fieldOf(field: DescField, known: Map<DescMessage, MessageShape>): FieldShape {
  const { number, localName: name, oneof, message, scalar, fieldKind } = field
  const isList = fieldKind === 'list'
  const kind = message === undefined ? kinds.get(scalar) : 'message'
  if (kind === undefined || fieldKind === 'map' || number > highestNumber) {
    throw new Error(`${field} is of a type that the codec does not know: teach it, or choose another.`)
  }
  const wire = wireOf(kind)
  return {
    ...{ number, wire, tagSize: number < 16 ? 1 : 2, name, kind, isList, oneof: oneof?.localName },
    isPackable: isList && wire === wires.varint,
    isOptional: !isList && oneof === undefined && field.proto.proto3Optional,
    message: message && shapeOf(message, known),
  }
}

function wireOf(kind: ValueKind): number {
  if (kind === 'fixed64' || kind === 'double') return wires.bit64
  return kind === 'uint32' || kind === 'uint64' || kind === 'bool' ? wires.varint : wires.delimited
}

const kinds: ReadonlyMap<ScalarType | undefined, ValueKind> = new Map([
  [ScalarType.UINT32, 'uint32'],
  [ScalarType.UINT64, 'uint64'],
  [ScalarType.FIXED64, 'fixed64'],
  [ScalarType.DOUBLE, 'double'],
  [ScalarType.BOOL, 'bool'],
  [ScalarType.BYTES, 'bytes'],
  [ScalarType.STRING, 'string'],
])

/** Fields are found by number in an array. */
const highestNumber = 1024
