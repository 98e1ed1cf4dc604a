import { fromBinary } from '@bufbuild/protobuf'
import { readHeadRow } from '../../daemon/src/hub/conversations/device-log.ts'
import { readMarks } from '../../daemon/src/hub/conversations/marks.ts'
import { readQueued } from '../../daemon/src/hub/conversations/rows.ts'
import { isAct, readBody, type Said } from '../../daemon/src/protocol/bodies.ts'
import { type EntryHeader, isStripped, readHeader } from '../../daemon/src/protocol/entries.ts'
import { MembershipRowSchema, NamedRowSchema } from '../../daemon/src/protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, toText, type UserId, userId } from '../../daemon/src/protocol/ids.ts'
import type { ReadMap } from '../../daemon/src/protocol/marks.ts'
import type { MembershipAct } from '../../daemon/src/protocol/membership.ts'
import { readAct } from '../../daemon/src/protocol/membership-bodies.ts'
import { type Entry, EntrySchema } from '../../daemon/src/protocol/parley_pb.ts'
import { keyring } from '../support/conversations.ts'
import type { Disk } from './disk.ts'

/** An entry of a log as it lies on a disk. */
export interface HeldEntry {
  readonly hash: string
  readonly header: EntryHeader
  readonly user: UserId
  /** Its words were dropped. */
  readonly isStripped: boolean
  /** Nothing where it shows nothing, or not any more. */
  readonly said: Said | undefined
}

/** What lies on a disk of one conversation. */
export interface Holding {
  readonly entries: ReadonlyMap<string, HeldEntry>
  /** Places behind which logs start here, by log. */
  readonly floors: ReadonlyMap<DeviceId, readonly { readonly hash: string; readonly seq: number }[]>
  /** By the hash of the entry. */
  readonly acts: ReadonlyMap<string, HeldAct>
  readonly marks: ReadonlyMap<UserId, ReadMap>
  /** What waits for its place. */
  readonly queued: readonly Said[]
}

export interface HeldAct extends MembershipAct {
  readonly header: EntryHeader
}

/** Reads a disk itself, and nothing that is derived from what it holds. */
export async function holdingOf(disk: Disk, conversation: ConversationId): Promise<Holding> {
  const entries = new Map<string, HeldEntry>()
  for (const [, value] of await disk.rows(`log/${conversation}/`)) {
    const held = readEntry(fromBinary(EntrySchema, value))
    entries.set(held.hash, held)
  }
  const floors = new Map<DeviceId, readonly { readonly hash: string; readonly seq: number }[]>()
  for (const [key, value] of await disk.rows(`head/${conversation}/`)) {
    const log = readHeadRow(key, value)
    floors.set(
      lastPart(key) as DeviceId,
      log.floors.map(({ hash, seq }) => ({ hash: toText(hash), seq })),
    )
  }
  const acts = new Map<string, HeldAct>()
  for (const [, value] of await disk.rows(`membership/${conversation}/`)) {
    const row = fromBinary(MembershipRowSchema, value)
    const { header, hash, entry } = readHeader(fromBinary(EntrySchema, row.entry))
    const { device, rights, kind } = header
    const act = { hash: toText(hash), user: userId(row.user), device, rights: rights.map(toText), header }
    acts.set(act.hash, { ...act, body: readAct(entry.body, kind) })
  }
  const marks = new Map<UserId, ReadMap>()
  for (const [key, value] of await disk.rows(`mark/${conversation}/`)) {
    const [, , user = ''] = key.split('/')
    marks.set(user as UserId, readMarks(key, value).read)
  }
  const queued = (await disk.rows(`outbox/${conversation}/`)).map(([key, value]) => readQueued(key, value))
  return { entries, floors, acts, marks, queued }
}

/**
 * The ids of all messages, and of all that was done with them, which a disk holds; and the hashes of membership entries.
 * What a deletion names counts as held: its words are gone for good, also where neither of the two counts any more, as of
 * whoever was put out of a room, and it has no name there then.
 */
export async function idsOn(disk: Disk): Promise<Set<string>> {
  const ids = new Set<string>()
  for (const [, value] of await disk.rows('log/')) {
    const { said } = readEntry(fromBinary(EntrySchema, value))
    if (said) ids.add(said.message)
    if (said && isAct(said) && said.act.is === 'deletion') ids.add(said.act.target.message)
  }
  for (const [key, value] of await disk.rows('outbox/')) ids.add(readQueued(key, value).message)
  // Of a message that was deleted, or revised before it left, there is its name alone.
  for (const [key, value] of await disk.rows('named/')) {
    const { position, dropped } = fromBinary(NamedRowSchema, value)
    if (position !== '' || dropped) ids.add(lastPart(key))
  }
  for (const prefix of ['act/', 'membership/']) for (const [key] of await disk.rows(prefix)) ids.add(lastPart(key))
  return ids
}

export function readEntry(entry: Entry): HeldEntry {
  const { header, hash } = readHeader(entry)
  const author = keyring.keyOf(header.device)
  if (author === undefined) throw new Error('an entry of a device that nobody has made')
  const stripped = isStripped(entry)
  const said = stripped ? undefined : readBody(entry.body, header.kind)
  return { hash: toText(hash), header, user: author.user, isStripped: stripped, said }
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}
