import { limits } from '../../../limits.ts'
import { type DeviceId, deviceId, fromText, type UserId } from '../../../protocol/ids.ts'
import { type Head, HeadSchema } from '../../../protocol/parley_pb.ts'
import { isSame } from '../branches.ts'
import type { Conversation } from '../conversation.ts'
import { emptyLog, knotAround } from '../device-log.ts'
import type { Place } from '../keys.ts'
import type { State } from '../state.ts'

/** The heads that a peer names, by log: of devices that may have one here, and no floors. */
export function readHeads(conversation: Conversation, heads: readonly Head[]): Map<DeviceId, Place[]> {
  const read = new Map<DeviceId, Place[]>()
  for (const { device, seq, hash, floor } of heads.slice(0, limits.heads)) {
    if (floor || hash.length !== idSize || seq < 1n || seq >= BigInt(limits.seq)) continue
    const log = deviceIn(conversation, device)
    if (log === undefined) continue
    read.set(log, [...(read.get(log) ?? []), { seq: Number(seq), hash }].slice(0, limits.placesOfLog))
  }
  return read
}

/** A device that may have a log in a conversation. */
export function deviceIn({ state, members }: Conversation, bytes: Uint8Array): DeviceId | undefined {
  if (bytes.length !== idSize) return undefined
  const device = deviceId(bytes)
  return state.logs.has(device) || members.mayLink(device) !== undefined ? device : undefined
}

/**
 * Behind which places a user is given a log of which they hold `known`: to some it begins where they were invited, and what is
 * before a floor is not even here. Where a log has branches, whoever names a place of one of them still begins the others behind
 * their floors; but not who has what is before them, as somebody who comes back: there the others leave what they have.
 */
export async function startFor(
  { logs, state }: Conversation,
  user: UserId,
  { device, known }: { readonly device: DeviceId; readonly known: readonly Place[] },
): Promise<readonly Place[]> {
  const start = (await logs.beginningFor(user, device)) ?? []
  if (start.length > 0 && start.every(({ seq }) => known.every(each => each.seq < seq))) return start
  if (known.some(({ seq }) => start.every(floor => seq < floor.seq))) return known
  const log = state.logs.get(device) ?? emptyLog
  const apart = start.filter(floor => knotAround(log, floor.seq) && !known.some(each => isSame(each, floor)))
  return [...known, ...apart]
}

/** Heads and floors of logs. */
export function headsOf(state: State, devices: Iterable<DeviceId>): Head[] {
  const heads: Head[] = []
  for (const device of devices) {
    const log = state.logs.get(device) ?? emptyLog
    heads.push(...log.heads.map(place => headOf(device, place)))
    heads.push(...log.floors.map(place => headOf(device, place, true)))
  }
  return heads
}

export function headOf(device: DeviceId, { seq, hash }: Place, floor = false): Head {
  const fields = { device: fromText(device), seq: BigInt(seq), hash: new Uint8Array(hash), floor }
  return { $typeName: HeadSchema.typeName, ...fields }
}

const idSize = 32
