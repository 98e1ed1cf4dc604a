import type { MembershipAct } from './membership.ts'
import { Segment } from './membership-segment.ts'

/**
 * What each membership act knew of the others. An act is *narrow* if it knew of all that was done before it, and all that was
 * done after knew of it. Between narrow acts lie segments: who did something in a later one knew of everything in those
 * before. So what was done at the same time lies within one segment, and what is done next changes nothing of those before
 * the last narrow act. Within a segment acts are numbered in the order of their hashes, after those of the segments before:
 * the same set has the same numbers. What names something that is not in the set is pending, and so is all that builds on it.
 */
export class ActGraph {
  readonly segments: readonly Segment[]
  /** Those that are not pending, by their numbers. */
  readonly acts: readonly MembershipAct[]
  readonly #numbers: ReadonlyMap<string, number>
  /** The index of the segment of each act. */
  readonly #places: readonly number[]
  readonly #pending: ReadonlyMap<string, MembershipAct>

  private constructor(kept: readonly Segment[], tail: readonly Segment[], parts: Parts) {
    this.segments = [...kept, ...tail]
    this.#pending = parts.pending
    const end = tail[0]?.start ?? parts.acts.length
    const acts = parts.acts.slice(0, end)
    const places = parts.places.slice(0, end)
    const numbers = new Map(parts.numbers)
    for (const [index, segment] of tail.entries()) {
      for (const act of segment.acts) {
        numbers.set(act.hash, acts.length)
        acts.push(act)
        places.push(kept.length + index)
      }
    }
    this.acts = acts
    this.#numbers = numbers
    this.#places = places
  }

  static readonly empty = new ActGraph([], [], { acts: [], places: [], numbers: new Map(), pending: new Map() })

  /** How many segments at the start nothing can be at the same time as: all but one that is still open. */
  get closed(): number {
    const last = this.segments.at(-1)
    return this.segments.length - (last === undefined || last.isClosed ? 0 : 1)
  }

  /** The graph with more acts, and how many of its segments are as they were. */
  with(more: Iterable<MembershipAct>): { readonly graph: ActGraph; readonly kept: number } {
    const waiting = new Map(this.#pending)
    for (const act of more) if (!this.#numbers.has(act.hash)) waiting.set(act.hash, act)
    const { turn, pending } = this.#resolve(waiting)
    const kept = turn.length === 0 ? this.segments.length : this.#untouchedBy(turn)
    const stays = this.segments.slice(0, kept)
    const redone = this.segments.slice(kept).flatMap(segment => segment.turn)
    const tail = [...redone.flatMap(act => this.acts[act] ?? []), ...turn]
    const start = stays.reduce((sum, { acts }) => sum + acts.length, 0)
    const graph = new ActGraph(stays, split(tail, start), {
      ...{ acts: this.acts, places: this.#places, numbers: this.#numbers },
      pending,
    })
    return { graph, kept }
  }

  numberOf(hash: string): number | undefined {
    return this.#numbers.get(hash)
  }

  /** Whether the author of `later` knew of `earlier`; every act knows itself. */
  knows(later: number, earlier: number): boolean {
    const place = this.#places[later]
    const other = this.#places[earlier]
    if (place === undefined || other === undefined) return false
    if (place !== other) return other < place
    return this.segments[place]?.knows(later, earlier) ?? false
  }

  /** All that whoever names `hashes` knew of. */
  reach(hashes: readonly string[]): { has(act: number): boolean } {
    const numbers = hashes.flatMap(hash => this.#numbers.get(hash) ?? [])
    return { has: act => numbers.some(number => this.knows(number, act)) }
  }

  /** The hashes that nothing builds on, ascending. */
  get heads(): string[] {
    return this.segments.at(-1)?.heads ?? []
  }

  /** Those of `waiting` that name only what is here, each behind what it names. */
  #resolve(waiting: ReadonlyMap<string, MembershipAct>) {
    const after = new Map<string, MembershipAct[]>()
    const counts = new Map<string, number>()
    const turn: MembershipAct[] = []
    for (const act of waiting.values()) {
      const missing = [...new Set(act.rights)].filter(hash => !this.#numbers.has(hash))
      counts.set(act.hash, missing.length)
      if (missing.length === 0) turn.push(act)
      for (const hash of missing) after.set(hash, [...(after.get(hash) ?? []), act])
    }
    // It grows while it is gone through.
    for (const { hash } of turn) {
      for (const act of after.get(hash) ?? []) {
        const left = (counts.get(act.hash) ?? 0) - 1
        counts.set(act.hash, left)
        if (left === 0) turn.push(act)
      }
    }
    const pending = new Map(waiting)
    for (const { hash } of turn) pending.delete(hash)
    return { turn, pending }
  }

  /** How many segments at the start all of these acts knew as a whole. */
  #untouchedBy(turn: readonly MembershipAct[]): number {
    const levels = new Map<string, number>()
    let lowest = this.segments.length
    for (const { hash, rights } of turn) {
      let level = 0
      for (const each of rights) level = Math.max(level, levels.get(each) ?? this.#wholeAt(each))
      levels.set(hash, level)
      lowest = Math.min(lowest, level)
    }
    return lowest
  }

  /** How many segments at the start an act knew as a whole. */
  #wholeAt(hash: string): number {
    const place = this.#places[this.#numbers.get(hash) ?? -1]
    if (place === undefined) return 0
    return this.segments[place]?.end === hash ? place + 1 : place
  }
}

interface Parts {
  readonly acts: readonly MembershipAct[]
  readonly places: readonly number[]
  readonly numbers: ReadonlyMap<string, number>
  readonly pending: ReadonlyMap<string, MembershipAct>
}

/** Segments of acts that are each behind what they name; numbers begin at `start`. */
function split(turn: readonly MembershipAct[], start: number): Segment[] {
  const at = new Map(turn.map(({ hash }, index) => [hash, index]))
  const before = turn.map(({ rights }) => rights.flatMap(hash => at.get(hash) ?? []))
  // The earliest among the last acts that those behind a place name.
  const needed: number[] = new Array(turn.length)
  let lowest = Number.POSITIVE_INFINITY
  for (let index = turn.length - 1; index >= 0; index--) {
    needed[index] = lowest
    lowest = Math.min(lowest, before[index]?.reduce((a, b) => Math.max(a, b), -1) ?? -1)
  }
  const heads = new Set<number>()
  const segments: Segment[] = []
  let from = 0
  for (const [index, named] of before.entries()) {
    for (const each of named) heads.delete(each)
    heads.add(index)
    if (heads.size > 1 || (needed[index] ?? 0) < index) continue
    segments.push(new Segment(start + from, turn.slice(from, index + 1), turn[index]?.hash))
    from = index + 1
  }
  if (from < turn.length) segments.push(new Segment(start + from, turn.slice(from), undefined))
  return segments
}
