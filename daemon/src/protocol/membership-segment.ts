import type { MembershipAct } from './membership.ts'

/** Acts of which some may have been done at the same time: see {@link ActGraph}. */
export class Segment {
  /** The number of the first. */
  readonly start: number
  /** In the order of their hashes. */
  readonly acts: readonly MembershipAct[]
  /** Their numbers, each behind those that it names: in an order that the set alone gives. */
  readonly turn: readonly number[]
  /** The hash of the narrow act at its end; undefined: more may come that is done at the same time. */
  readonly end: string | undefined
  /** By number less `start`: how many acts in here each one names, and the numbers of those that name it. */
  readonly waiting: readonly number[]
  readonly after: readonly (readonly number[])[]
  /** For each act a bit for everything in here that it knew, itself included. */
  readonly #known: readonly Uint32Array[]

  constructor(start: number, acts: readonly MembershipAct[], end: string | undefined) {
    this.start = start
    this.end = end
    this.acts = acts.length < 2 ? acts : acts.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    const indexes = new Map(this.acts.map(({ hash }, index) => [hash, index]))
    const before = this.acts.map(({ rights }) => [...new Set(rights)].flatMap(hash => indexes.get(hash) ?? []))
    const after: number[][] = this.acts.map(() => [])
    for (const [index, named] of before.entries()) for (const each of named) after[each]?.push(start + index)
    this.after = after
    this.waiting = before.map(named => named.length)
    const words = Math.ceil(acts.length / 32)
    const known: Uint32Array[] = []
    const turn: number[] = []
    const waiting = [...this.waiting]
    const ready = waiting.flatMap((count, index) => (count === 0 ? [index] : []))
    for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
      const row = new Uint32Array(words)
      for (const each of before[index] ?? []) addBits(row, known[each])
      row[index >>> 5] = (row[index >>> 5] ?? 0) | (1 << (index & 31))
      known[index] = row
      turn.push(start + index)
      for (const next of after[index] ?? []) {
        const left = (waiting[next - start] ?? 0) - 1
        waiting[next - start] = left
        if (left === 0) ready.push(next - start)
      }
    }
    this.turn = turn
    this.#known = known
  }

  /** Whether nothing can be at the same time as what is in here. */
  get isClosed(): boolean {
    return this.end !== undefined
  }

  /** Of two acts in here, by number. */
  knows(later: number, earlier: number): boolean {
    const bit = earlier - this.start
    return ((this.#known[later - this.start]?.[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0
  }

  /** Adds to a row of bits all that an act in here knew of. */
  addKnown(row: Uint32Array, act: number): void {
    addBits(row, this.#known[act - this.start])
  }

  /** The hashes that nothing in here builds on, ascending. */
  get heads(): string[] {
    return this.acts.flatMap(({ hash }, act) => (this.after[act]?.length === 0 ? [hash] : []))
  }
}

function addBits(row: Uint32Array, more: Uint32Array | undefined): void {
  for (let word = 0; word < row.length; word++) row[word] = (row[word] ?? 0) | (more?.[word] ?? 0)
}
