import { limits } from '../../limits.ts'
import {
  type HeadRow,
  HeadRowSchema,
  KnotSchema,
  type LogHead as LogHeadRow,
  LogHeadSchema,
} from '../../protocol/hub_rows_pb.ts'
import type { Place } from './keys.ts'
import { readRow, writeRow } from './rows.ts'

/** The last entry of a branch. */
export interface LogHead extends Place {
  /** Hybrid logical clock. */
  readonly time: bigint
  /** The membership heads that what follows it inherits. */
  readonly rights: readonly Uint8Array[]
}

/** Where a log is no single chain: entries of several branches from `from` on, until at `to` one entry names them all. */
export interface Knot {
  readonly from: number
  /** 0: still open. */
  readonly to: number
}

/** The log of one device in one conversation: a value, replaced as a whole. */
export interface DeviceLog {
  /** One for each open branch, by hash. */
  readonly heads: readonly LogHead[]
  /** The log starts behind these here; they are heads as well until something follows them. */
  readonly floors: readonly Place[]
  /** Ascending. */
  readonly knots: readonly Knot[]
  /** The arrival number of the commit that changed it last. */
  readonly arrival: number
}

export const emptyLog: DeviceLog = { heads: [], floors: [], knots: [], arrival: 0 }

/** The highest number in a log; 0: it is empty. */
export function topOf(log: DeviceLog | undefined): number {
  let top = 0
  for (const { seq } of log?.heads ?? []) if (seq > top) top = seq
  return top
}

/** Whether a device has written several branches that no entry of it has brought together. */
export function isForked(log: DeviceLog | undefined): boolean {
  return log !== undefined && log.heads.length > 1
}

/** A log that starts behind `floors`. */
export function flooredLog(floors: readonly Place[]): DeviceLog {
  const heads = floors.map(({ seq, hash }) => ({ seq, hash, time: 0n, rights: [] }))
  const knots = floors.length > 1 ? [{ from: Math.min(...floors.map(({ seq }) => seq)), to: 0 }] : []
  return { heads: heads.sort(byHash), floors, knots, arrival: 0 }
}

/** What an entry that follows `prev` inherits of membership heads. */
export function inheritedRights(log: DeviceLog, prev: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first, second] = log.heads.filter(head => names(prev, head))
  if (second === undefined) return first?.rights ?? []
  const union = new Map<string, Uint8Array>()
  for (const head of log.heads) {
    if (names(prev, head)) for (const hash of head.rights) union.set(Buffer.from(hash).toString('latin1'), hash)
  }
  return [...union.values()]
}

/**
 * The log once an entry follows what is in it. An entry that follows something else than heads opens another branch; one
 * that names all of them closes the knot. Undefined when there would be more than `limits.branches`.
 */
export function extend(log: DeviceLog, head: LogHead, prev: readonly Uint8Array[]): DeviceLog | undefined {
  const rest = log.heads.filter(each => !names(prev, each))
  const followed = log.heads.length - rest.length
  if (rest.length === 0 && followed === prev.length) {
    const last = log.knots.at(-1)
    const knots = last?.to === 0 ? [...log.knots.slice(0, -1), { from: last.from, to: head.seq }] : log.knots
    return { ...log, heads: [head], knots }
  }
  const heads = [...rest, head].sort(byHash)
  if (heads.length > limits.branches) return undefined
  const isFork = followed < prev.length || prev.length === 0
  return { ...log, heads, knots: isFork ? withKnot(log.knots, head.seq) : log.knots }
}

/** Whether a log can be extended by an entry that follows `prev`. */
export function hasBranchFor({ heads }: DeviceLog, prev: readonly Uint8Array[]): boolean {
  return heads.filter(head => !names(prev, head)).length < limits.branches
}

/** The knot that a place is inside of: what comes before the place is then not known by its number alone. */
export function knotAround({ knots }: DeviceLog, seq: number): Knot | undefined {
  return knots.find(({ from, to }) => from <= seq && (to === 0 || seq < to))
}

export function headRow({ heads, floors, knots, arrival }: DeviceLog): Uint8Array {
  const row: HeadRow = {
    $typeName: HeadRowSchema.typeName,
    heads: heads.map(({ seq, hash, time, rights }) => rowOf({ seq, hash, time, rights })),
    floors: floors.map(({ seq, hash }) => rowOf({ seq, hash, time: 0n, rights: [] })),
    knots: knots.map(({ from, to }) => ({ $typeName: KnotSchema.typeName, from: BigInt(from), to: BigInt(to) })),
    arrival: BigInt(arrival),
  }
  return writeRow(HeadRowSchema, row)
}

export function readHeadRow(key: string, value: Uint8Array): DeviceLog {
  const row = readRow(HeadRowSchema, key, value)
  return {
    heads: row.heads.map(readHead),
    floors: row.floors.map(readHead),
    knots: row.knots.map(({ from, to }) => ({ from: Number(from), to: Number(to) })),
    arrival: Number(row.arrival),
  }
}

function rowOf({ seq, hash, time, rights }: LogHead): LogHeadRow {
  return {
    $typeName: LogHeadSchema.typeName,
    ...{ seq: BigInt(seq), hash: new Uint8Array(hash), time, rights: [...rights] },
  }
}

function readHead({ seq, hash, time, rights }: LogHeadRow): LogHead {
  return { seq: Number(seq), hash, time, rights }
}

function names(prev: readonly Uint8Array[], { hash }: Place): boolean {
  return prev.some(each => Buffer.compare(each, hash) === 0)
}

function withKnot(knots: readonly Knot[], from: number): readonly Knot[] {
  // Knots that reach to where the new one begins, or beyond, are one with it from now on.
  const apart = knots.filter(({ to }) => to !== 0 && to < from)
  const joined = knots.filter(knot => !apart.includes(knot))
  const next = [...apart, { from: Math.min(from, ...joined.map(knot => knot.from)), to: 0 }]
  const [first, second, ...others] = next
  if (next.length <= limits.knots || first === undefined || second === undefined) return next
  return [{ from: first.from, to: second.to }, ...others]
}

function byHash(a: Place, b: Place): number {
  return Buffer.compare(a.hash, b.hash)
}
