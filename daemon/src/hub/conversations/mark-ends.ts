import type { Storage } from '@parley/kit'
import type { ConversationId, DeviceId } from '../../protocol/ids.ts'
import type { Ends, ReadMap } from '../../protocol/marks.ts'
import { type DeviceLog, knotAround } from './device-log.ts'
import { behind, entryPlaceOf, entryText, keys, lastPart, type Place, seqOf } from './keys.ts'
import { nothingRead, type UserMarks } from './marks.ts'

/** What is committed here of the logs that marks speak of. */
export interface EndsGround {
  readonly storage: Storage
  readonly conversation: ConversationId
  readonly logs: ReadonlyMap<DeviceId, DeviceLog>
  /** Whether a log is of a device of one's own. */
  isOwn(device: DeviceId): boolean
}

/** The entries that a mark names which says how far one has `read`. `known`: marks of one's own so far. */
export async function endsOf(read: ReadMap, known: UserMarks = nothingRead, ground: EndsGround): Promise<Ends> {
  const named = new Map([...known.ends].map(text => [text.slice(0, text.lastIndexOf('/') + 1), lastPart(text)]))
  const ends = new Map<DeviceId, string>()
  for (const [log, seq] of read) {
    const hash = named.get(entryText(log, seq, '')) ?? (await hashAt(log, seq, ground))
    if (hash !== undefined) ends.set(log, hash)
  }
  return ends
}

/** Looks which of the entries of one's own that marks name are here. */
export async function lookFor(marks: UserMarks, ground: EndsGround): Promise<UserMarks> {
  let found = marks
  for (const text of marks.ends) {
    const { device, seq, hash } = entryPlaceOf(`/${text}`)
    if (!ground.isOwn(device) || seq <= (found.here.get(device) ?? 0)) continue
    const place = { device, seq, hash: new Uint8Array(Buffer.from(hash, 'hex')) }
    const [row] = await ground.storage.get([keys.log(ground.conversation, device, place)])
    if (row !== undefined) found = withEnd(found, ground.logs.get(device), place) ?? found
  }
  return found
}

/** Marks once an entry of one's own is here, whose log that is then; undefined: they do not name it, or it is no news. */
export function withEnd(
  marks: UserMarks,
  log: DeviceLog | undefined,
  { device, seq, hash }: Place & { readonly device: DeviceId },
): UserMarks | undefined {
  const start = Buffer.from(hash.buffer, hash.byteOffset, 8).toString('hex')
  if (log === undefined || !marks.ends.has(entryText(device, seq, start))) return undefined
  const knot = knotAround(log, seq)
  const whole = knot === undefined ? seq : knot.from - 1
  if (whole <= (marks.here.get(device) ?? 0)) return undefined
  return { ...marks, here: new Map(marks.here).set(device, whole) }
}

/** The start of the hash of the entry with a number, of several any; undefined: it is not here. */
async function hashAt(log: DeviceId, seq: number, ground: EndsGround): Promise<string | undefined> {
  const head = ground.logs.get(log)?.heads.find(each => each.seq === seq)
  if (head) return Buffer.from(head.hash.buffer, head.hash.byteOffset, 8).toString('hex')
  const prefix = keys.logOf(ground.conversation, log)
  const { rows } = await ground.storage.list(prefix, { after: behind(prefix, seq - 1), limit: 1 })
  const key = rows[0]?.[0]
  return key !== undefined && seqOf(key) === seq ? lastPart(key) : undefined
}
