import { create, toBinary } from '@bufbuild/protobuf'
import { OnlineChangeSchema, type Person } from './parley_pb.ts'

/** The part of an {@link onlineChangeFrame} that is the same for all who are told: everything but the number. */
export function encodePeople(people: readonly Person[], total: number): Uint8Array {
  return toBinary(OnlineChangeSchema, create(OnlineChangeSchema, { people: [...people], total }))
}

/**
 * A frame with an OnlineChange event of that number, around what {@link encodePeople} gave: many are told the same, and
 * encoding it for each would take most of a registry's time.
 */
export function onlineChangeFrame(number: bigint, people: Uint8Array): Uint8Array {
  const numbered = number === 0n ? [] : [tag(OnlineChangeSchema.field.number.number, varintType), ...varint(number)]
  const change = numbered.length + people.length
  const inEvent = [tag(onlineChange, lengthType), ...varint(BigInt(change))]
  const inFrame = [tag(event, lengthType), ...varint(BigInt(inEvent.length + change))]
  const head = [...inFrame, ...inEvent, ...numbered]
  const frame = new Uint8Array(4 + head.length + people.length)
  new DataView(frame.buffer).setUint32(0, head.length + people.length)
  frame.set(head, 4)
  frame.set(people, 4 + head.length)
  return frame
}

// Field numbers of Frame.event and Event.online_change, and wire types (protobuf encoding reference).
const event = 4
const onlineChange = 1
const varintType = 0
const lengthType = 2

function tag(field: number, type: number): number {
  return (field << 3) | type
}

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}
