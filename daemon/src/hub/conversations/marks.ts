import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { type ConversationRow, MarkRowSchema } from '../../protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, deviceId, fromText, type UserId } from '../../protocol/ids.ts'
import { isWithin, mergedReads, type ReadMap, readMark } from '../../protocol/marks.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import { hashOf } from '../../protocol/signed.ts'
import { entryText, keys, placeOf, rightBefore } from './keys.ts'
import { Pace } from './pace.ts'
import { readMessageRow, readRow, type Shown, writeRow } from './rows.ts'

/** How far one user has read (protocol, section 6), with what proves it: marks of theirs, none within another. */
export interface UserMarks {
  readonly read: ReadMap
  readonly signed: readonly Signed[]
  /** The entries that the marks name as the last ones read, each as {@link entryText}. */
  readonly ends: ReadonlySet<string>
  /** Of one's own logs: up to where the entries that were read are those that are here. */
  readonly here: ReadMap
}

/** How far each user has read a conversation, as far as is known here. */
export type Marks = ReadonlyMap<UserId, UserMarks>

export const nothingRead: UserMarks = { read: new Map(), signed: [], ends: new Set(), here: new Map() }

/** What is known once a mark is taken, whose signature has been checked; undefined: it says nothing new. */
export function withMark(known: UserMarks = nothingRead, signed: Signed, read: ReadMap): UserMarks | undefined {
  if (isWithin(read, known.read)) return undefined
  const kept = known.signed.filter(other => !isWithin(readMark(other).read, read))
  if (kept.length >= limits.marksPerUser) return undefined
  return marksOf([...kept, signed], known.here)
}

/** What marks say together. `here`: what is known of it already. */
export function marksOf(signed: readonly Signed[], here: ReadMap = new Map()): UserMarks {
  let read: ReadMap = new Map()
  const named = new Set<string>()
  for (const mark of signed) {
    const { read: logs, ends } = readMark(mark)
    read = mergedReads(read, logs)
    for (const [log, hash] of ends) named.add(entryText(log, logs.get(log) ?? 0, hash))
  }
  return { read, signed, ends: named, here }
}

export function encodeMarks({ signed, here }: UserMarks): Uint8Array {
  const logs = [...here].map(([device, seq]) => ({ device: fromText(device), seq: BigInt(seq) }))
  return writeRow(MarkRowSchema, create(MarkRowSchema, { marks: [...signed], here: logs }))
}

/** A stored row `mark/<conversation>/<user>`. Throws `damaged-data`. */
export function readMarks(key: string, value: Uint8Array): UserMarks {
  const { marks, here } = readRow(MarkRowSchema, key, value)
  return marksOf(marks, new Map(here.map(({ device, seq }) => [deviceId(device), Number(seq)])))
}

/**
 * The first 8 bytes of SHA-256 over the hashes of these marks, ascending: the same on both sides when their marks are.
 * `acks`: between one's own devices, what else they agree on; the SHA-256 of each.
 */
export function digestOfMarks(marks: Iterable<Signed>, acks: readonly string[] = []): Uint8Array<ArrayBuffer> {
  const hashes: Uint8Array[] = [...marks].map(({ payload }) => hashOf('mark', payload))
  for (const each of acks) hashes.push(createHash('sha256').update(each).digest())
  if (hashes.length === 0) return new Uint8Array(0)
  const digest = createHash('sha256')
  for (const each of hashes.sort(Buffer.compare)) digest.update(each)
  return new Uint8Array(digest.digest().subarray(0, 8))
}

/** Whether a message is one that has to be read: of somebody else, and there. */
export function isToRead(message: Pick<Shown, 'event' | 'deleted' | 'imported'>, by: UserId, own: UserId): boolean {
  return by !== own && !message.event && !message.deleted && !message.imported
}

/** Whether a message names the person here. */
export function namesOne({ mentions, mentionsAll }: Pick<Shown, 'mentions' | 'mentionsAll'>, own: UserId): boolean {
  return mentionsAll === true || mentions?.includes(own) === true
}

/** What is left to read once one has read on. */
export interface Reading {
  readonly read: ReadMap
  readonly unread: number
  /** Those among them that name the person here. */
  readonly mentions: number
  /** The first unread message; empty: none. */
  readonly firstUnread: string
  /** Whether that reaches what was asked for; else what is left has to be read in another go. */
  readonly isWhole: boolean
}

/** What a reader knows of the conversation. */
export interface Reader {
  readonly conversation: ConversationId
  /** Who reads. */
  readonly user: UserId
  readonly row: Pick<ConversationRow, 'unread' | 'mentions' | 'firstUnread' | 'lastReceived'>
  /** How far that is so far. */
  readonly read: ReadMap
  /** By device of somebody else: the last of its log that is here. */
  readonly tops: ReadMap
  /** Whether a log has branches: then what is read of one reads what has the same numbers in others. */
  isForked(device: DeviceId): boolean
}

/**
 * Reads on to `position`: undefined when nothing new is read. The last message of others costs nothing, and whatever is
 * before it only the messages that get read, at most `limits.readAtOnce` of them in one go.
 */
export async function readUpTo(storage: Storage, of: Reader, position: string): Promise<Reading | undefined> {
  const { row } = of
  if (row.unread === 0n || position < row.firstUnread) return undefined
  if (position >= row.lastReceived) return allRead(of)
  const read = new Map(of.read)
  let unread = Number(row.unread)
  let mentions = Number(row.mentions)
  let count = 0
  for await (const { at, device, seq, message } of unreadMessages(storage, of)) {
    if (at > position || count === limits.readAtOnce) {
      const isWhole = at > position
      if ([...read.keys()].some(log => of.isForked(log))) {
        return { ...((await readAlso(storage, of, read)) ?? nothingLeft), read, isWhole }
      }
      return { read, unread: Math.max(unread, 1), mentions, firstUnread: at, isWhole }
    }
    read.set(device, Math.max(seq, read.get(device) ?? 0))
    unread--
    if (namesOne(message, of.user)) mentions = Math.max(0, mentions - 1)
    count++
  }
  return allRead(of)
}

/**
 * What is left to read once another device of one's own has read as far as `further` says: undefined when nothing new is.
 * Looks through the messages that were unread, unless all of them are read now.
 */
export async function readAlso(storage: Storage, of: Reader, further: ReadMap): Promise<Reading | undefined> {
  if (isWithin(further, of.read)) return undefined
  const read = mergedReads(of.read, further)
  if (of.row.unread === 0n || isWithin(of.tops, read)) return { ...nothingLeft, read }
  let unread = 0
  let mentions = 0
  let firstUnread = ''
  for await (const { at, device, seq, message } of unreadMessages(storage, of)) {
    if (seq <= (read.get(device) ?? 0)) continue
    if (unread === 0) firstUnread = at
    unread++
    if (namesOne(message, of.user)) mentions++
  }
  return { read, unread, mentions, firstUnread, isWhole: true }
}

function allRead({ read, tops }: Reader): Reading {
  return { ...nothingLeft, read: mergedReads(read, tops) }
}

const nothingLeft = { unread: 0, mentions: 0, firstUnread: '', isWhole: true } as const

/**
 * Where the first message stands that is not read, once a batch has taken away the one that was: `batch` says what it
 * makes of a row, and where it puts messages that are to be read. Empty: nowhere.
 */
export async function firstUnread(
  storage: Storage,
  of: Omit<Reader, 'tops' | 'isForked'>,
  batch: { get(key: string): Change | undefined; readonly received: Iterable<string> },
): Promise<string> {
  const isLeft = (at: string): boolean | undefined => {
    const change = batch.get(keys.message(of.conversation, at))
    if (change === undefined) return undefined
    const message = 'put' in change ? readMessageRow(change.put, change.value) : undefined
    return message !== undefined && isToRead(message, message.user, of.user)
  }
  const [fresh = ''] = [...batch.received].filter(isLeft).sort()
  for await (const { at } of unreadMessages(storage, of)) {
    if (fresh !== '' && fresh < at) return fresh
    if (isLeft(at) !== false) return at
  }
  return fresh === '' ? of.row.lastReceived : fresh
}

/** The messages that were not read so far, from the first one on. */
async function* unreadMessages(storage: Storage, { conversation, user, row, read }: Omit<Reader, 'tops' | 'isForked'>) {
  const messages = keys.messagesOf(conversation)
  let after = rightBefore(keys.message(conversation, row.firstUnread))
  const pace = new Pace()
  for (;;) {
    await pace.step()
    const page = await storage.list(messages, { after, limit: limits.historyRows })
    for (const [key, value] of page.rows) {
      after = key
      const at = key.slice(messages.length)
      const { device, seq } = placeOf(at)
      const message = readMessageRow(key, value)
      const log = deviceId(device)
      if (seq <= (read.get(log) ?? 0) || !isToRead(message, message.user, user)) continue
      yield { at, device: log, seq, message }
    }
    if (!page.more) return
  }
}
