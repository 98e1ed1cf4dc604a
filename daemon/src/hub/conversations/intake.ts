import type { KeyObject } from 'node:crypto'
import { toBinary } from '@bufbuild/protobuf'
import { asParleyError, type ErrorCode, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { readBody, textKind } from '../../protocol/bodies.ts'
import { hasSignedBody, isSigned, isStripped, type ReadEntry, readHeader } from '../../protocol/entries.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import { type Entry, EntrySchema } from '../../protocol/parley_pb.ts'
import type { Place } from './keys.ts'
import { Pace } from './pace.ts'
import type { Content } from './rows.ts'
import type { LogHead } from './state.ts'

/** An entry that may be linked: signed by its device, and following what is here. */
export interface CheckedEntry extends LogHead {
  readonly device: DeviceId
  readonly user: UserId
  /** The other one's device that brought it, and so holds it; none for what is sealed here. */
  readonly from?: DeviceId
  readonly entry: Entry
  /** `entry` as it goes to storage. */
  readonly encoded: Uint8Array
  /** What it shows; nothing when void or of a kind that this program does not know. */
  readonly content: Content | undefined
}

/** An entry that is not accepted or shows nothing, and why. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly device?: DeviceId
  readonly seq?: number
  readonly hash?: Uint8Array
}

export interface Intake {
  readonly accepted: readonly CheckedEntry[]
  readonly refused: readonly Refusal[]
  /** Something is missing before or among these: it has to be asked for again. */
  readonly hasGap: boolean
}

/** Who may write in a conversation, and what is here of it. */
export interface Ground {
  /** The device whose entries are checked. */
  readonly from: DeviceId
  readonly conversation: ConversationId
  readonly authors: ReadonlyMap<DeviceId, { readonly user: UserId; readonly key: KeyObject }>
  /** The head that the next entry of a log must follow. */
  head(device: DeviceId): Place | undefined
  /** Whether exactly this entry is here. */
  holds(device: DeviceId, place: Place): Promise<boolean>
}

/** Bytes of an entry as credit counts them: what varies in size, without field tags. */
export function sizeOf({ header, salt, body, signature }: Entry): number {
  return header.length + salt.length + body.length + signature.length
}

/**
 * Checks a frame of entries from a peer: one or more runs, each of consecutive entries of one log. The last signature of
 * a run vouches for all before it, so only that one is checked and the others are dropped: nothing unchecked is stored.
 * When it does not hold, the signatures are checked one by one, so that what is good before the bad one is kept.
 */
export async function checkEntries(entries: readonly Entry[], ground: Ground): Promise<Intake> {
  const pace = new Pace()
  const verdict: Verdict = { accepted: [], refused: [], hasGap: false, heads: new Map() }
  for (const run of await runsOf(entries, ground, verdict, pace)) await checkRun(run, ground, verdict, pace)
  return verdict
}

interface Verdict {
  readonly accepted: CheckedEntry[]
  readonly refused: Refusal[]
  hasGap: boolean
  /** Heads after what this frame has brought so far. */
  readonly heads: Map<DeviceId, Place>
}

/** Splits a frame where one entry does not follow the one before, leaving out what cannot be read at all. */
async function runsOf(entries: readonly Entry[], ground: Ground, verdict: Verdict, pace: Pace): Promise<ReadEntry[][]> {
  const runs: ReadEntry[][] = []
  let run: ReadEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    await pace.step()
    const read = readOrRefuse(entry, ground, verdict)
    if (read === undefined) continue
    const last = run.at(-1)
    bytes += sizeOf(entry)
    if (last === undefined || bytes > limits.run || !follows(read, last)) {
      run = []
      runs.push(run)
      bytes = sizeOf(entry)
    }
    run.push(read)
  }
  return runs
}

function readOrRefuse(entry: Entry, ground: Ground, verdict: Verdict): ReadEntry | undefined {
  try {
    const read = readHeader(entry)
    const { conversation, device } = read.header
    if (conversation !== ground.conversation)
      throw new ParleyError('forged', 'A message of another conversation was not accepted.')
    if (ground.authors.has(device)) return read
    refuse(verdict, read, 'stranger', 'A message was not accepted: its device is none of this conversation.')
  } catch (error) {
    const { code, message } = asParleyError(error)
    verdict.refused.push({ code, message })
  }
  verdict.hasGap = true
  return undefined
}

function follows(read: ReadEntry, last: ReadEntry): boolean {
  return read.header.device === last.header.device && linksTo(read, { seq: last.header.seq, hash: last.hash })
}

/** Whether an entry names exactly this head; the first of a log names none. */
function linksTo({ header }: ReadEntry, head: Place | undefined): boolean {
  if (head === undefined) return header.seq === 1
  const [prev] = header.prev
  return header.prev.length === 1 && prev !== undefined && header.seq === head.seq + 1 && equal(prev, head.hash)
}

async function checkRun(run: readonly ReadEntry[], ground: Ground, verdict: Verdict, pace: Pace): Promise<void> {
  const device = run[0]?.header.device
  const author = device === undefined ? undefined : ground.authors.get(device)
  if (device === undefined || author === undefined) return
  const head = verdict.heads.get(device) ?? ground.head(device)
  const held = run.filter(read => read.header.seq <= (head?.seq ?? 0))
  const fresh = run.slice(held.length)
  const lastHeld = held.at(-1)
  if (lastHeld !== undefined && !(await isHere(lastHeld, head, ground))) return refuseFork(verdict, lastHeld)
  const [first] = fresh
  if (first === undefined) return
  if (first.header.seq > (head?.seq ?? 0) + 1) {
    verdict.hasGap = true
    return
  }
  if (!linksTo(first, head)) return refuseFork(verdict, first)
  const { good, bad } = await signedPart(fresh, author.key, pace)
  for (const [index, read] of good.entries()) {
    await pace.step()
    verdict.accepted.push(accept(read, { user: author.user, from: ground.from }, index === good.length - 1, verdict))
  }
  const newHead = good.at(-1)
  if (newHead !== undefined) verdict.heads.set(device, { seq: newHead.header.seq, hash: newHead.hash })
  if (bad === undefined) return
  verdict.hasGap = true
  refuse(
    verdict,
    bad,
    'bad-signature',
    `Message ${bad.header.seq} of a log is not signed by its device. It was not accepted.`,
  )
}

async function isHere({ header, hash }: ReadEntry, head: Place | undefined, ground: Ground): Promise<boolean> {
  if (head?.seq === header.seq) return equal(head.hash, hash)
  return ground.holds(header.device, { seq: header.seq, hash })
}

/** The part of a run that its author's signatures vouch for, and the entry at which that ends. */
async function signedPart(
  run: readonly ReadEntry[],
  key: KeyObject,
  pace: Pace,
): Promise<{ good: readonly ReadEntry[]; bad?: ReadEntry }> {
  const last = run.at(-1)
  if (last === undefined || isSigned(last.entry, key)) return { good: run }
  let good = 0
  for (const [index, read] of run.entries()) {
    await pace.step()
    if (read.entry.signature.length === 0) continue
    if (!isSigned(read.entry, key)) break
    good = index + 1
  }
  return { good: run.slice(0, good), bad: run[good] ?? last }
}

/** The entry as it is stored. A body that was not signed or cannot be read is dropped: the entry links and shows nothing. */
function accept(
  read: ReadEntry,
  origin: { readonly user: UserId; readonly from: DeviceId },
  keepsSignature: boolean,
  verdict: Verdict,
): CheckedEntry {
  const { header, hash } = read
  let { entry } = read
  let content: Content | undefined
  try {
    content = contentOf(read)
  } catch (error) {
    refuse(verdict, read, asParleyError(error).code, asParleyError(error).message)
    entry = { ...entry, salt: nothing, body: nothing }
  }
  if (!keepsSignature) entry = { ...entry, signature: nothing, alg: 0 }
  const { device, seq, time } = header
  return { ...origin, device, seq, time, hash, entry, encoded: toBinary(EntrySchema, entry), content }
}

function contentOf(read: ReadEntry): Content | undefined {
  const { entry, header } = read
  if (isStripped(entry)) return undefined
  if (!hasSignedBody(read)) {
    throw new ParleyError(
      'forged',
      `Message ${header.seq} of a log shows nothing: its body is not the one that was signed.`,
    )
  }
  // A kind that this program does not know is kept whole for one that does.
  if (header.kind !== textKind) return undefined
  const { message, written, is } = readBody(entry.body)
  return is.kind === 'text' ? { message, written, text: is.text } : undefined
}

function refuseFork(verdict: Verdict, read: ReadEntry): void {
  const words = `Message ${read.header.seq} of a log was not accepted: that device has written two different ones with this number.`
  refuse(verdict, read, 'fork', words)
}

function refuse(verdict: Verdict, { header, hash }: ReadEntry, code: ErrorCode, message: string): void {
  verdict.refused.push({ code, message, device: header.device, seq: header.seq, hash })
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

const nothing = new Uint8Array(0)
