import type { Storage } from '@parley/kit'
import { readHeader } from '../../protocol/entries.ts'
import { EntrySchema } from '../../protocol/parley_pb.ts'
import { type DeviceLog, type Knot, knotAround } from './device-log.ts'
import { sizeOf } from './intake.ts'
import { behind, type Place, seqOf } from './keys.ts'
import { type LogEntry, readLog } from './log-reader.ts'
import { Pace } from './pace.ts'
import { readRow } from './rows.ts'

/** What comes next of a log for somebody who holds `known` of it. */
export interface NextRun {
  /** Each behind all that it follows, so that they link one after the other; signatures vouch for what is before them. */
  readonly entries: readonly LogEntry[]
  /** What is known once these are taken. */
  readonly known: readonly Place[]
}

/** What of a log starts behind a place that is held here: all of `known` must be. About `bytes`; empty at its end. */
export async function readNext(
  storage: Storage,
  log: string,
  state: DeviceLog,
  known: readonly Place[],
  bytes: number,
): Promise<NextRun> {
  const last = latest(known)
  const knot = knotFor(state, last?.seq ?? 0)
  if (knot !== undefined) return readKnot(storage, log, knot, known, bytes)
  const seq = last?.seq ?? 0
  const ahead = state.knots.find(({ from }) => from > seq)
  const entries = await readLog(storage, log, seq, bytes, ahead?.from)
  const reached = entries.at(-1)
  // What vouches for those before the branches may be a signature on one of these: then all come together.
  if (reached === undefined && ahead) return readKnot(storage, log, { from: seq + 1, to: ahead.to }, known, bytes)
  if (reached === undefined) return { entries, known }
  return { entries, known: [{ seq: reached.seq, hash: readHeader(reached.entry).hash }] }
}

/** Whether somebody who holds `known` holds everything: whatever is a head here. */
export function isWhole({ heads }: DeviceLog, known: readonly Place[]): boolean {
  return heads.every(head => known.some(place => isSame(place, head)))
}

/** Up to which number somebody who holds `known` holds every entry of a log. All of `known` must be held here. */
export function wholeUpTo(log: DeviceLog, known: readonly Place[]): number {
  if (isWhole(log, known)) return latest(log.heads)?.seq ?? 0
  const seq = latest(known)?.seq ?? 0
  const knot = knotAround(log, seq)
  return knot === undefined ? seq : knot.from - 1
}

/** Of places those that no other of them comes after, with one more that follows `prev`. */
export function advance(known: readonly Place[], place: Place, prev: readonly Uint8Array[]): readonly Place[] {
  const rest = known.filter(each => !prev.some(hash => Buffer.compare(hash, each.hash) === 0))
  return [...rest, place]
}

export function isSame(a: Place, b: Place): boolean {
  return a.seq === b.seq && Buffer.compare(a.hash, b.hash) === 0
}

/** The knot that what comes next is part of. */
function knotFor(state: DeviceLog, seq: number): Knot | undefined {
  return knotAround(state, seq) ?? state.knots.find(({ from }) => from === seq + 1)
}

/** Entries of a knot that `known` does not come after, in an order in which they link. */
async function readKnot(
  storage: Storage,
  log: string,
  knot: Knot,
  known: readonly Place[],
  bytes: number,
): Promise<NextRun> {
  const held = await ancestors(storage, log, knot, known)
  const segments = new Segments(known)
  const pace = new Pace()
  for (let after = behind(log, knot.from - 1); ; ) {
    const { rows, more } = await storage.list(log, { after, limit: knotPage })
    for (const [key, value] of rows) {
      await pace.step()
      after = key
      const seq = seqOf(key)
      if (knot.to !== 0 && seq > knot.to && !segments.areOpen) return segments.next
      const entry = readRow(EntrySchema, key, value)
      const { header, hash } = readHeader(entry)
      if (held.has(textOf(hash))) continue
      segments.add({ seq, entry, size: sizeOf(entry) }, hash, header.prev)
      if (segments.bytes >= bytes) return segments.next
    }
    if (!more) return segments.next
  }
}

/** What of a knot comes before `known`, itself included, as texts of hashes. */
export async function ancestors(
  storage: Storage,
  log: string,
  knot: Knot,
  known: readonly Place[],
): Promise<ReadonlySet<string>> {
  const within = known.filter(({ seq }) => seq >= knot.from)
  const last = latest(within)
  if (last === undefined) return new Set()
  const before = new Map<string, readonly Uint8Array[]>()
  const pace = new Pace()
  for (let after = behind(log, knot.from - 1), more = true; more; ) {
    const page = await storage.list(log, { after, limit: knotPage })
    more = page.more
    for (const [key, value] of page.rows) {
      await pace.step()
      after = key
      if (seqOf(key) > last.seq) more = false
      const { header, hash } = readHeader(readRow(EntrySchema, key, value))
      before.set(textOf(hash), header.prev)
    }
  }
  const found = new Set<string>()
  const left = within.map(({ hash }) => textOf(hash))
  for (let hash = left.pop(); hash !== undefined; hash = left.pop()) {
    if (found.has(hash)) continue
    found.add(hash)
    for (const prev of before.get(hash) ?? []) left.push(textOf(prev))
  }
  return found
}

/**
 * Puts the entries of several branches, given by number, into an order in which they link and signatures vouch for
 * them. A segment is what one signature vouches for; it comes once everything has come that its entries follow.
 */
class Segments {
  bytes = 0
  readonly #entries: LogEntry[] = []
  #known: readonly Place[]
  readonly #open = new Set<Segment>()
  #waiting: Segment[] = []
  /** Entries that are in no finished segment. */
  readonly #pending = new Map<string, Segment>()

  constructor(known: readonly Place[]) {
    this.#known = known
  }

  /** Whether something has come that no signature vouches for yet: it stands further on. */
  get areOpen(): boolean {
    return this.#open.size > 0
  }

  get next(): NextRun {
    return { entries: this.#entries, known: this.#known }
  }

  add(each: LogEntry, hash: Uint8Array, prev: readonly Uint8Array[]): void {
    const names = prev.map(textOf)
    const segment = [...this.#open].find(({ tail }) => names.includes(tail)) ?? { tail: '', links: [] }
    segment.tail = textOf(hash)
    segment.links.push({ each, hash, prev })
    this.#open.add(segment)
    this.#pending.set(segment.tail, segment)
    if (each.entry.signature.length === 0) return
    this.#open.delete(segment)
    this.#waiting.push(segment)
    this.#release()
  }

  #release(): void {
    for (let segment = this.#ready(); segment !== undefined; segment = this.#ready()) {
      this.#waiting = this.#waiting.filter(each => each !== segment)
      for (const { each, hash, prev } of segment.links) {
        this.#pending.delete(textOf(hash))
        this.#entries.push(each)
        this.bytes += each.size
        this.#known = advance(this.#known, { seq: each.seq, hash }, prev)
      }
    }
  }

  #ready(): Segment | undefined {
    return this.#waiting.find(segment =>
      segment.links.every(({ prev }) =>
        prev.every(hash => {
          const other = this.#pending.get(textOf(hash))
          return other === undefined || other === segment
        }),
      ),
    )
  }
}

interface Segment {
  tail: string
  readonly links: { readonly each: LogEntry; readonly hash: Uint8Array; readonly prev: readonly Uint8Array[] }[]
}

function latest<P extends Place>(places: readonly P[]): P | undefined {
  return places.reduce<P | undefined>((last, place) => (last && last.seq >= place.seq ? last : place), undefined)
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('latin1')
}

/** Rows of a knot read at once: each may have more than 100 KiB. */
const knotPage = 64
