import { asParleyError, type ErrorCode, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { readBody, type Said, saysWords } from '../../protocol/bodies.ts'
import { msOf } from '../../protocol/clock.ts'
import { hasSignedBody, headerReader, isSigned, isStripped, type ReadEntry } from '../../protocol/entries.ts'
import type { ConversationId, DeviceId, UserId } from '../../protocol/ids.ts'
import { spkiOf } from '../../protocol/keys.ts'
import { isMembershipKind } from '../../protocol/membership-bodies.ts'
import { type Entry, EntrySchema } from '../../protocol/parley_pb.ts'
import { type DeviceLog, emptyLog, extend, hasBranchFor, inheritedRights } from './device-log.ts'
import type { Place } from './keys.ts'
import type { Author, Cut, Doubt, MembershipEntry } from './members.ts'
import { Pace } from './pace.ts'
import { writeRow } from './rows.ts'
import { signedBefore, signedPart } from './signed-part.ts'

/** An entry that may be linked: signed by its device, and following what is here. */
export interface CheckedEntry extends ReadEntry, Place {
  readonly device: DeviceId
  readonly user: UserId
  readonly seq: number
  readonly time: bigint
  /** Its membership heads: those it names, else those inherited. */
  readonly rights: readonly Uint8Array[]
  /** The device that brought it, and so holds it; none for what is sealed here, this one for what it held by itself. */
  readonly from?: DeviceId
  /** The link over which that device brought it. */
  readonly link?: object
  /** `entry` as it goes to storage. */
  readonly encoded: Uint8Array
  /** What it says; nothing when void or of a kind that shows nothing here. */
  readonly content: Said | undefined
  /** It came without its body, as a text or an edit that was deleted does, or one that the bringer had let go of. */
  readonly isStripped?: true
  /** Cuts of its log that are all held here. */
  readonly heldCuts: ReadonlySet<Cut>
  /** As a membership entry, when it is one and its own signature was checked. */
  readonly membership?: MembershipEntry
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
  /** The devices whose logs the frame speaks of. */
  readonly devices: ReadonlySet<DeviceId>
  /** Of these something is missing before or among them: it has to be asked for again. */
  readonly gaps: ReadonlySet<DeviceId>
  /** A membership entry is missing that one of these names. */
  readonly lacksRights: boolean
  /** The logs once all that was accepted is committed. */
  readonly logs: ReadonlyMap<DeviceId, DeviceLog>
}

/** Who may write in a conversation, and what is here of it. */
export interface Ground {
  /** The device that has brought the entries. */
  readonly from: DeviceId
  /** The link over which they came; none: by mail. */
  readonly link?: object
  readonly conversation: ConversationId
  /** Synchronised time, ms. */
  readonly now: number
  mayLink(device: DeviceId): Author | undefined
  /** A log with all that is checked and waits to be committed. */
  log(device: DeviceId): DeviceLog | undefined
  /** Whether exactly this entry is here, or checked. */
  holds(device: DeviceId, place: Place): Promise<boolean>
  /** Whether an entry with this hash is here, whatever its number below `seq`. */
  holdsHash(device: DeviceId, hash: Uint8Array, seq: number): Promise<boolean>
  /** Whether all of these membership entries are here. */
  holdsRights(rights: readonly Uint8Array[]): boolean
  /** Cuts of that log whose heads are all here. */
  heldCuts(device: DeviceId): Promise<ReadonlySet<Cut>>
  /** The membership heads at a place that is no head any more. */
  rightsAt(device: DeviceId, prev: readonly Uint8Array[], seq: number): Promise<readonly Uint8Array[]>
  /** Why a message is not to be shown, by a guard of this home; undefined: it is. */
  guard?(message: { readonly user: UserId; readonly said: Said }): Promise<Doubt | undefined>
}

/** Bytes of an entry as credit counts them: what varies in size, without field tags. */
export function sizeOf({ header, salt, body, signature }: Entry): number {
  return header.length + salt.length + body.length + signature.length
}

/** As {@link sizeOf}, of all entries of a frame. */
export function bytesOf({ entries }: { readonly entries: readonly Entry[] }): number {
  return entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
}

/**
 * Checks a frame of entries from a peer: one or more runs, each of consecutive entries of one log. The last signature of
 * a run vouches for all before it, so only that one is checked and the others are dropped: nothing unchecked is stored.
 * When it does not hold, the signatures are checked one by one, so that what is good before the bad one is kept.
 */
export async function checkEntries(entries: readonly Entry[], ground: Ground): Promise<Intake> {
  const verdict = new Verdict(ground)
  const pace = new Pace()
  for (const run of await runsOf(entries, verdict, pace)) await checkRun(run, verdict, pace)
  return verdict
}

class Verdict implements Intake {
  readonly ground: Ground
  readonly accepted: CheckedEntry[] = []
  readonly refused: Refusal[] = []
  readonly devices = new Set<DeviceId>()
  readonly gaps = new Set<DeviceId>()
  lacksRights = false
  /** Logs after what this frame has brought so far. */
  readonly logs = new Map<DeviceId, DeviceLog>()
  readonly #held = new Set<string>()
  readonly read = headerReader()

  constructor(ground: Ground) {
    this.ground = ground
  }

  log(device: DeviceId): DeviceLog {
    return this.logs.get(device) ?? this.ground.log(device) ?? emptyLog
  }

  take(checked: CheckedEntry, log: DeviceLog): void {
    this.accepted.push(checked)
    this.logs.set(checked.device, log)
    this.#held.add(textOf(checked.hash))
  }

  async holds(device: DeviceId, place: Place): Promise<boolean> {
    return this.#held.has(textOf(place.hash)) || this.ground.holds(device, place)
  }

  async holdsHash(device: DeviceId, hash: Uint8Array, seq: number): Promise<boolean> {
    return this.#held.has(textOf(hash)) || this.ground.holdsHash(device, hash, seq)
  }

  refuse({ header, hash }: ReadEntry, code: ErrorCode, message: string): void {
    this.refused.push({ code, message, device: header.device, seq: header.seq, hash })
  }
}

/** Splits a frame where one entry does not follow the one before, leaving out what cannot be read at all. */
async function runsOf(entries: readonly Entry[], verdict: Verdict, pace: Pace): Promise<ReadEntry[][]> {
  const runs: ReadEntry[][] = []
  let run: ReadEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    if (pace.isDue) await pace.step()
    const read = readOrRefuse(entry, verdict)
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

function readOrRefuse(entry: Entry, verdict: Verdict): ReadEntry | undefined {
  try {
    const read = verdict.read(entry)
    const { conversation, device } = read.header
    if (conversation !== verdict.ground.conversation)
      throw new ParleyError('forged', 'A message of another conversation was not accepted.')
    verdict.devices.add(device)
    if (verdict.ground.mayLink(device)) return read
    verdict.refuse(read, 'stranger', 'A message was not accepted: its device is none of this conversation.')
  } catch (error) {
    const { code, message } = asParleyError(error)
    verdict.refused.push({ code, message })
  }
  return undefined
}

function follows(read: ReadEntry, last: ReadEntry): boolean {
  return read.header.device === last.header.device && names(read.header.prev, last.hash)
}

async function checkRun(run: readonly ReadEntry[], verdict: Verdict, pace: Pace): Promise<void> {
  const { ground } = verdict
  const device = run[0]?.header.device
  const author = device === undefined ? undefined : ground.mayLink(device)
  if (device === undefined || author === undefined) return
  if (pace.isDue) await pace.step()
  const fresh = run.slice(await countHeld(run, verdict))
  // Before anything is looked for: only whoever has written a log may make that take long.
  const { good, bad } = await signedPart(fresh, author.key, pace)
  const ready = await readyPart(good, verdict)
  if (ready < good.length) verdict.gaps.add(device)
  // What no signature vouches for could be given to nobody: it is asked for again with what is behind it.
  const taken = ready < good.length ? good.slice(0, signedBefore(good, ready, author.key)) : good
  const heldCuts = await ground.heldCuts(device)
  for (const [index, read] of taken.entries()) {
    if (pace.isDue) await pace.step()
    const log = verdict.log(device)
    const { rights, prev, time, seq } = read.header
    const own = rights.length > 0 ? rights : await inherited(read, log, ground)
    const next = own && extend(log, { seq, hash: read.hash, time, rights: own }, prev)
    if (own === undefined || next === undefined) {
      verdict.refuse(read, 'fork', tooManyBranches)
      return
    }
    const keepsSignature = index === taken.length - 1
    verdict.take(await accept(read, { author, rights: own, heldCuts, keepsSignature }, verdict), next)
  }
  if (ready < good.length) return
  if (bad === undefined) return
  const words = `Message ${bad.header.seq} of a log is not signed by its device. It was not accepted.`
  verdict.refuse(bad, 'bad-signature', words)
  verdict.gaps.add(device)
}

/** How many at the start of a run can be taken: whatever they follow is here, and the membership entries that they name. */
async function readyPart(run: readonly ReadEntry[], verdict: Verdict): Promise<number> {
  const before = new Map<string, number>()
  for (const [index, read] of run.entries()) {
    const { prev, rights, seq } = read.header
    // Of the others in a run the one before is here; only one that brings branches together names more.
    if ((index === 0 || prev.length > 1) && !(await isLinked(read, verdict, before))) return index
    if (!verdict.ground.holdsRights(rights)) {
      verdict.lacksRights = true
      return index
    }
    before.set(textOf(read.hash), seq)
  }
  return run.length
}

/** How many at the start of a run are here already: whatever comes before one that is here is here as well. */
async function countHeld(run: readonly ReadEntry[], verdict: Verdict): Promise<number> {
  const [first] = run
  if (first === undefined) return 0
  const { device } = first.header
  const { heads } = verdict.log(device)
  const { prev } = first.header
  // What follows all heads cannot be here.
  if (heads.every(head => names(prev, head.hash))) return 0
  let low = 0
  for (let high = run.length; low < high; ) {
    const middle = (low + high) >> 1
    const read = run[middle]
    if (read !== undefined && (await holdsEntry(read, verdict))) low = middle + 1
    else high = middle
  }
  return low
}

function holdsEntry({ header, hash }: ReadEntry, verdict: Verdict): Promise<boolean> {
  return verdict.holds(header.device, { seq: header.seq, hash })
}

/**
 * Whether all that an entry follows is here, and its number is the one that comes next. Where a log begins in its middle here,
 * a branch may have left it before: what that follows cannot be here, as its number shows. `before`: numbers of those that
 * come with it, by hash.
 */
async function isLinked(
  { header }: ReadEntry,
  verdict: Verdict,
  before: ReadonlyMap<string, number>,
): Promise<boolean> {
  const { device, prev, seq } = header
  const { heads, floors } = verdict.log(device)
  const start = floors.reduce((highest, floor) => Math.max(highest, floor.seq), 0)
  if (prev.length === 0) return floors.length === 0 || seq <= start
  if (seq - 1 <= start) return true
  let highest = 0
  const others: Uint8Array[] = []
  for (const hash of prev) {
    const known = before.get(textOf(hash)) ?? heads.find(each => Buffer.compare(each.hash, hash) === 0)?.seq
    if (known !== undefined) highest = Math.max(highest, known)
    else if (await verdict.holds(device, { seq: seq - 1, hash })) highest = Math.max(highest, seq - 1)
    else others.push(hash)
  }
  if (highest !== seq - 1) return false
  // To look for them may take going through the log: once in vain is enough for one frame.
  for (const hash of others) {
    if (verdict.gaps.has(device) || !(await verdict.holdsHash(device, hash, seq))) return false
  }
  return true
}

/** The membership heads that an entry inherits; undefined: its log has too many branches to take it. */
async function inherited(
  { header: { prev, device, seq } }: ReadEntry,
  log: DeviceLog,
  ground: Ground,
): Promise<readonly Uint8Array[] | undefined> {
  const areHeads = prev.every(hash => log.heads.some(head => Buffer.compare(head.hash, hash) === 0))
  if (areHeads) return inheritedRights(log, prev)
  return hasBranchFor(log, prev) ? ground.rightsAt(device, prev, seq) : undefined
}

interface Accepting {
  readonly author: Author
  readonly rights: readonly Uint8Array[]
  readonly heldCuts: ReadonlySet<Cut>
  readonly keepsSignature: boolean
}

/**
 * The entry as it is stored. Of one that is void the body is dropped: it was not signed, cannot be read, is dated too far
 * ahead, or a guard refuses it. It links and shows nothing.
 */
async function accept(read: ReadEntry, how: Accepting, verdict: Verdict): Promise<CheckedEntry> {
  const { header, hash } = read
  const { ground } = verdict
  const { user } = how.author
  let { entry } = read
  let content: Said | undefined
  try {
    content = contentOf(read)
    if (!isStripped(entry)) checkDate(header.time, ground.now)
    const doubt = content && (await ground.guard?.({ user, said: content }))
    if (doubt) throw new ParleyError(doubt.code, doubt.message)
  } catch (error) {
    verdict.refuse(read, asParleyError(error).code, asParleyError(error).message)
    content = undefined
    entry = { ...entry, salt: nothing, body: nothing }
  }
  // Membership entries travel by themselves as well, so each keeps its own signature.
  const travels =
    isMembershipKind(header.kind) && !isStripped(entry) && (how.keepsSignature || isSigned(entry, how.author.key))
  if (!how.keepsSignature && !travels) entry = { ...entry, signature: nothing, alg: 0 }
  const membership = travels && { membership: { header, hash, entry, user, key: spkiOf(how.author.key) } }
  const { device, seq, time } = header
  const { rights, heldCuts } = how
  const encoded = writeRow(EntrySchema, entry)
  const stripped = isStripped(read.entry) && saysWords(header.kind) && { isStripped: true as const }
  const place = { header, hash, entry, device, seq, time, user, rights }
  const { from, link } = ground
  return { ...place, heldCuts, encoded, content, from, ...(link && { link }), ...stripped, ...membership }
}

function contentOf(read: ReadEntry): Said | undefined {
  const { entry, header } = read
  if (isStripped(entry)) return undefined
  if (!hasSignedBody(read)) {
    throw new ParleyError(
      'forged',
      `Message ${header.seq} of a log shows nothing: its body is not the one that was signed.`,
    )
  }
  // A kind that this program does not know is kept whole for one that does.
  return readBody(entry.body, header.kind)
}

function checkDate(time: bigint, now: number): void {
  if (msOf(time) <= now + limits.clockSkew) return
  throw new ParleyError(
    'clock',
    'A message shows nothing: it is dated more than 10 minutes ahead. Set the clock right.',
  )
}

function names(prev: readonly Uint8Array[], hash: Uint8Array): boolean {
  return prev.some(each => Buffer.compare(each, hash) === 0)
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}

const tooManyBranches = `A message was not accepted: its device has written more than ${limits.branches} branches of its log. Remove the copies of its home that run elsewhere.`
const nothing = new Uint8Array(0)
