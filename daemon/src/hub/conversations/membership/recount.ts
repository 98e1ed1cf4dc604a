import { create } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { limits } from '../../../limits.ts'
import { readBody, type Said, textKind } from '../../../protocol/bodies.ts'
import { isStripped, type ReadEntry, readHeader } from '../../../protocol/entries.ts'
import { type Recount, RecountSchema } from '../../../protocol/hub_rows_pb.ts'
import { type ConversationId, type DeviceId, deviceId, fromText, type UserId } from '../../../protocol/ids.ts'
import { EntrySchema } from '../../../protocol/parley_pb.ts'
import { ancestors, isSame } from '../branches.ts'
import { type DeviceLog, knotAround } from '../device-log.ts'
import { doubtOf } from '../doubts.ts'
import { behind, keys, type Place, sealedPosition, seqOf } from '../keys.ts'
import type { Logs } from '../logs.ts'
import type { Cut, Members } from '../members.ts'
import { Pace } from '../pace.ts'
import { readRow } from '../rows.ts'
import { type LineChanges, linesBehind } from './lines.ts'

/** An entry that was judged again. */
export interface Rejudged {
  readonly user: UserId
  /** Absent: a text whose words are not here. */
  readonly said: Said | undefined
  readonly position: string
  readonly time: bigint
  readonly hash: Uint8Array
  readonly counts: boolean
}

/** What one batch judges again, and which lines it tells again. */
export interface Recounted extends LineChanges {
  readonly entries: readonly Rejudged[]
  /** What is left of that; undefined: nothing. */
  readonly rest: Recount | undefined
}

/** What has to be judged again of logs once the members are others: where a cut came, went, or is another now. */
export function recountsFor(before: Members, after: Members, logs: ReadonlyMap<DeviceId, DeviceLog>): Recount[] {
  const recounts: Recount[] = []
  for (const [device, log] of logs) {
    const was = rightOf(before, device)
    const is = rightOf(after, device)
    if (was.text === is.text) continue
    const cuts = new Set([...before.cutsOf(device), ...after.cutsOf(device)])
    // Of whoever has joined, or has not any more, everything counts otherwise.
    const start = was.joined === is.joined ? lowest(cuts) : 0
    recounts.push(recountOf(device, startIn(log, start)))
  }
  return recounts
}

/**
 * What has to be judged again of a log with branches once an entry links. At a place at which it is cut: what has a lower
 * number may have seemed to come before that, and stands beside it. And the entry itself, where a cut has come, or its last
 * place, since the entry was checked: by its number alone it may seem to come before.
 */
export function recountsAt(
  members: Pick<Members, 'cutsOf'>,
  device: DeviceId,
  log: DeviceLog,
  entry: Place & { readonly heldCuts: ReadonlySet<Cut> },
): Recount[] {
  if (log.knots.length === 0) return []
  const cuts = members.cutsOf(device)
  if (cuts.some(({ heads }) => heads.some(head => isSame(head, entry)))) {
    return [recountOf(device, startIn(log, entry.seq))]
  }
  const isUnsure = cuts.some(cut => !entry.heldCuts.has(cut) && cut.heads.some(({ seq }) => seq > entry.seq))
  return isUnsure ? [recountOf(device, entry.seq - 1)] : []
}

/** Of two lists of what is to be judged again, everything. */
export function mergeRecounts(some: readonly Recount[], more: readonly Recount[]): Recount[] {
  const merged = new Map<string, Recount>()
  for (const each of [...some, ...more]) {
    const key = Buffer.from(each.device).toString('hex')
    const known = merged.get(key)
    if (known === undefined || each.behind < known.behind) merged.set(key, each)
  }
  return [...merged.values()]
}

/** Lines are to be told again, from the first. */
export function recountLines(): Recount {
  return recountOf(undefined, 0)
}

/** Where entries are judged again. */
export interface RecountGround {
  readonly storage: Storage
  readonly conversation: ConversationId
  readonly members: Members
  readonly logs: ReadonlyMap<DeviceId, DeviceLog>
  readonly reader: Pick<Logs, 'heldCuts' | 'rightsAt'>
}

/** Judges the next entries of a log again, or tells the next lines. */
export async function judgeAgain(recount: Recount, ground: RecountGround): Promise<Recounted> {
  if (recount.device.length > 0) return { ...noLines, ...(await judgeLog(recount, ground)) }
  const { rest, ...lines } = linesBehind(ground.members, Number(recount.behind))
  return { ...lines, entries: [], rest: rest === undefined ? undefined : recountOf(undefined, rest) }
}

const noLines: LineChanges = { told: [], untold: [] }

async function judgeLog(recount: Recount, ground: RecountGround): Promise<Pick<Recounted, 'entries' | 'rest'>> {
  const { storage, conversation, members, logs } = ground
  const device = deviceId(recount.device)
  const log = logs.get(device)
  const author = members.mayLink(device)?.user
  if (log === undefined || author === undefined) return { entries: [], rest: undefined }
  const prefix = keys.logOf(conversation, device)
  const after = behind(prefix, Number(recount.behind))
  const { rows, more } = await storage.list(prefix, { after, limit: limits.recounted })
  // Entries with one number stay together: the next page begins behind a number.
  const last = seqOf(rows.at(-1)?.[0] ?? prefix)
  const page = more ? rows.filter(([key]) => seqOf(key) < last) : rows
  const judge = new Judge(ground, device, author)
  const entries: Rejudged[] = []
  for (const [key, value] of page) {
    const judged = await judge.next(readHeader(readRow(EntrySchema, key, value)), log)
    if (judged) entries.push(judged)
  }
  return { entries, rest: more ? recountOf(device, last - 1) : undefined }
}

/** Judges entries of one log, the lowest number first. */
class Judge {
  readonly #ground: RecountGround
  readonly #device: DeviceId
  readonly #author: UserId
  readonly #pace = new Pace()
  /** Membership heads at each entry. */
  readonly #rights = new Map<string, readonly Uint8Array[]>()
  readonly #ancestors = new Map<Cut, ReadonlySet<string>>()

  constructor(ground: RecountGround, device: DeviceId, author: UserId) {
    this.#ground = ground
    this.#device = device
    this.#author = author
  }

  async next(read: ReadEntry, log: DeviceLog): Promise<Rejudged | undefined> {
    await this.#pace.step()
    const { header, hash, entry } = read
    const rights = header.rights.length > 0 ? header.rights : await this.#inherited(header.prev, header.seq)
    this.#rights.set(textOf(hash), rights)
    const isBare = isStripped(entry)
    const said = isBare ? undefined : saidIn(entry.body, header.kind)
    if (said === undefined && !(isBare && header.kind === textKind)) return undefined
    const heldCuts = await this.#cutsBefore(read, log)
    const doubt = doubtOf(this.#ground.members, read, said, { author: this.#author, rights, heldCuts })
    const position = sealedPosition(header.time, header.device, { seq: header.seq, hash })
    return { user: this.#author, said, position, time: header.time, hash, counts: doubt === undefined }
  }

  async #inherited(prev: readonly Uint8Array[], seq: number): Promise<readonly Uint8Array[]> {
    const known = prev.map(hash => this.#rights.get(textOf(hash)))
    if (known.every(rights => rights !== undefined)) return union(known)
    return this.#ground.reader.rightsAt(this.#device, prev, seq)
  }

  /** Cuts that are all held, of whose heads this entry is none and comes before none. */
  async #cutsBefore({ header, hash }: ReadEntry, log: DeviceLog): Promise<ReadonlySet<Cut>> {
    const { storage, conversation, reader } = this.#ground
    const knot = knotAround(log, header.seq)
    // In a single chain whatever has a lower number comes before.
    if (knot === undefined) return new Set()
    const apart = new Set<Cut>()
    for (const cut of await reader.heldCuts(this.#device)) {
      // Behind the knot all branches are one.
      if (knot.to !== 0 && cut.heads.some(({ seq }) => seq >= knot.to)) continue
      const known =
        this.#ancestors.get(cut) ?? (await ancestors(storage, keys.logOf(conversation, this.#device), knot, cut.heads))
      this.#ancestors.set(cut, known)
      if (!known.has(textOf(hash))) apart.add(cut)
    }
    return apart
  }
}

function rightOf(members: Members, device: DeviceId): { readonly text: string; readonly joined: string } {
  const author = members.mayLink(device)?.user
  const hasJoined = author !== undefined && members.hasJoined(author)
  const joined = hasJoined ? `${members.named.has(author)} ${members.joined(author)}` : 'never'
  const cuts = members.cutsOf(device).map(({ heads }) => heads.map(({ seq, hash }) => `${seq}:${textOf(hash)}`).join())
  // Who is out was in before: what has changed then are the cuts.
  return { text: JSON.stringify([joined, cuts]), joined: hasJoined ? 'ever' : 'never' }
}

/** Behind which number entries may be beyond one of these: what has the number of a place may stand on another branch. */
function lowest(cuts: ReadonlySet<Cut>): number {
  const starts = [...cuts].map(({ heads }) => (heads.length === 0 ? 0 : Math.min(...heads.map(({ seq }) => seq - 1))))
  return starts.length === 0 ? 0 : Math.min(...starts)
}

/** Where entries are that may be beyond a place: in a knot those with lower numbers as well. */
function startIn({ knots }: DeviceLog, start: number): number {
  return knots.reduce((first, { from, to }) => (to === 0 || to > start ? Math.min(first, from - 1) : first), start)
}

/** Entries of a log behind a number are to be judged again; without a log, the lines behind that number. */
export function recountOf(device: DeviceId | undefined, seq: number): Recount {
  const bytes = device === undefined ? new Uint8Array(0) : fromText(device)
  return create(RecountSchema, { device: bytes, behind: BigInt(seq) })
}

function union(rights: readonly (readonly Uint8Array[])[]): readonly Uint8Array[] {
  const all = new Map(rights.flat().map(hash => [textOf(hash), hash]))
  return [...all.values()]
}

function saidIn(body: Uint8Array, kind: number): Said | undefined {
  try {
    return readBody(body, kind)
  } catch {
    return undefined
  }
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}
