import { type AnyMessage, type FieldShape, type MessageShape, type OneofValue, wires } from './codec-shape.ts'

/**
 * Writes a message as protobuf: fields in the order of their numbers, then those that nobody knew. `before`: bytes that are
 * left free at the start. Throws `RangeError` for a number that its field cannot hold.
 */
export function writeMessage(shape: MessageShape, message: AnyMessage, before = 0): Uint8Array<ArrayBuffer> {
  const sizes: number[] = []
  const size = sizeOf(shape, message, sizes)
  const bytes = new Uint8Array(before + size)
  new Writing(bytes, before, sizes).message(shape, message)
  return bytes
}

/** Bytes of a message. What is found of those within, and of texts, goes to `sizes`, in the order in which they are written. */
function sizeOf({ fields }: MessageShape, message: AnyMessage, sizes: number[]): number {
  let size = 0
  for (const field of fields) {
    if (field.isPackable) size += sizeOfPacked(field, message[field.name] as readonly unknown[], sizes)
    else if (field.isList) {
      for (const value of message[field.name] as readonly unknown[])
        size += field.tagSize + sizeOfValue(field, value, sizes)
    } else {
      const value = valueIn(message, field)
      if (value !== undefined) size += field.tagSize + sizeOfValue(field, value, sizes)
    }
  }
  for (const { no, wireType, data } of message.$unknown ?? []) size += sizeOfVarint(no * 8 + wireType) + data.length
  return size
}

function sizeOfPacked(field: FieldShape, values: readonly unknown[], sizes: number[]): number {
  if (values.length === 0) return 0
  const at = sizes.push(0) - 1
  let size = 0
  for (const value of values) size += sizeOfValue(field, value, sizes)
  sizes[at] = size
  return field.tagSize + sizeOfVarint(size) + size
}

function sizeOfValue(field: FieldShape, value: unknown, sizes: number[]): number {
  switch (field.kind) {
    case 'uint32':
      return sizeOfVarint(checked(field, value as number))
    case 'uint64':
      return sizeOfUint64(field, value as bigint)
    case 'bool':
      return 1
    case 'fixed64':
    case 'double':
      return 8
    case 'bytes':
      return sizeOfDelimited((value as Uint8Array).length)
    case 'string': {
      const size = sizeOfText(value as string)
      sizes.push(size)
      return sizeOfDelimited(size)
    }
    case 'message': {
      const at = sizes.push(0) - 1
      const size = field.message ? sizeOf(field.message, value as AnyMessage, sizes) : 0
      sizes[at] = size
      return sizeOfDelimited(size)
    }
  }
}

/** What a field has that is to be written; undefined: nothing is. */
function valueIn(message: AnyMessage, field: FieldShape): unknown {
  const { name, oneof, isOptional } = field
  if (oneof !== undefined) {
    const is = message[oneof] as OneofValue | undefined
    return is?.case === name ? is.value : undefined
  }
  const value = message[name]
  return isOptional || value === undefined || !isZero(field, value) ? value : undefined
}

class Writing {
  readonly #bytes: Uint8Array
  readonly #buffer: Buffer
  readonly #sizes: readonly number[]
  #at: number
  #next = 0

  constructor(bytes: Uint8Array<ArrayBuffer>, at: number, sizes: readonly number[]) {
    this.#bytes = bytes
    this.#buffer = Buffer.from(bytes.buffer)
    this.#at = at
    this.#sizes = sizes
  }

  message({ fields }: MessageShape, message: AnyMessage): void {
    for (const field of fields) {
      if (field.isPackable) this.#packed(field, message[field.name] as readonly unknown[])
      else if (field.isList) {
        for (const value of message[field.name] as readonly unknown[]) this.#tagged(field, value)
      } else {
        const value = valueIn(message, field)
        if (value !== undefined) this.#tagged(field, value)
      }
    }
    for (const { no, wireType, data } of message.$unknown ?? []) {
      this.#varint(no * 8 + wireType)
      this.#raw(data)
    }
  }

  #packed(field: FieldShape, values: readonly unknown[]): void {
    if (values.length === 0) return
    this.#varint(field.number * 8 + wires.delimited)
    this.#varint(this.#size())
    for (const value of values) this.#value(field, value)
  }

  #tagged(field: FieldShape, value: unknown): void {
    this.#varint(field.number * 8 + field.wire)
    this.#value(field, value)
  }

  #value({ kind, message }: FieldShape, value: unknown): void {
    switch (kind) {
      case 'uint32':
        this.#varint(value as number)
        return
      case 'uint64':
        this.#uint64(value as bigint)
        return
      case 'bool':
        this.#varint(value ? 1 : 0)
        return
      case 'fixed64':
        this.#at = this.#buffer.writeBigUInt64LE(value as bigint, this.#at)
        return
      case 'double':
        this.#at = this.#buffer.writeDoubleLE(value as number, this.#at)
        return
      case 'bytes':
        this.#varint((value as Uint8Array).length)
        this.#raw(value as Uint8Array)
        return
      case 'string':
        this.#string(value as string)
        return
      case 'message':
        this.#varint(this.#size())
        if (message) this.message(message, value as AnyMessage)
    }
  }

  #string(text: string): void {
    const size = this.#size()
    this.#varint(size)
    if (size === text.length && size < shortText) {
      for (let index = 0; index < size; index++) this.#bytes[this.#at++] = text.charCodeAt(index)
    } else this.#at += this.#buffer.write(text, this.#at, size === text.length ? 'latin1' : 'utf8')
  }

  #raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #uint64(value: bigint): void {
    if (value <= exact) {
      this.#varint(Number(value))
      return
    }
    let left = value
    for (; left > 0x7fn; left >>= 7n) this.#bytes[this.#at++] = Number(left & 0x7fn) | 0x80
    this.#bytes[this.#at++] = Number(left)
  }

  /** A whole number up to 2⁵³. */
  #varint(value: number): void {
    let left = value
    while (left > 0x7f) {
      this.#bytes[this.#at++] = (left % 0x80) | 0x80
      left = Math.floor(left / 0x80)
    }
    this.#bytes[this.#at++] = left
  }

  /** The size that was found of what comes next. */
  #size(): number {
    return this.#sizes[this.#next++] ?? 0
  }
}

/** Whether a field with this value is left out. */
function isZero({ kind }: FieldShape, value: unknown): boolean {
  switch (kind) {
    case 'uint32':
      return value === 0
    case 'uint64':
    case 'fixed64':
      return value === 0n
    case 'double':
      return Object.is(value, 0)
    case 'bool':
      return value === false
    case 'message':
      return false
    default:
      return (value as string | Uint8Array).length === 0
  }
}

function checked(field: FieldShape, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value
  throw outside(field, value)
}

function outside({ name, kind }: FieldShape, value: unknown): RangeError {
  return new RangeError(`${name} is ${String(value)}, which is no ${kind}.`)
}

function sizeOfDelimited(length: number): number {
  return sizeOfVarint(length) + length
}

function sizeOfUint64(field: FieldShape, value: bigint): number {
  if (value >= 0n && value <= exact) return sizeOfVarint(Number(value))
  if (BigInt.asUintN(64, value) !== value) throw outside(field, value)
  let size = 1
  for (let left = value; left > 0x7fn; left >>= 7n) size++
  return size
}

function sizeOfVarint(value: number): number {
  let size = 1
  for (let left = value; left > 0x7f; left = Math.floor(left / 0x80)) size++
  return size
}

function sizeOfText(text: string): number {
  if (text.length >= shortText) return Buffer.byteLength(text)
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text)
  return text.length
}

const exact = BigInt(Number.MAX_SAFE_INTEGER)
/** Characters up to which a loop is faster than a call into the runtime. */
const shortText = 128
