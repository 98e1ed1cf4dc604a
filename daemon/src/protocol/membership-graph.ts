import type { MembershipAct } from './membership.ts'

/**
 * What each membership act knew of the others. Acts are numbered in the order of their hashes; what names something that is
 * not in the set is pending, and so is all that builds on it.
 */
export class ActGraph {
  readonly acts: readonly MembershipAct[]
  /** The acts that each one names. */
  readonly before: readonly (readonly number[])[]
  /** The acts that name each one. */
  readonly after: readonly (readonly number[])[]
  /** All that are not pending, each behind what it knew. */
  readonly turn: readonly number[]
  readonly #numbers: ReadonlyMap<string, number>
  /** For each act a bit for everything it knew, itself included; undefined: pending. */
  readonly #known: (Uint32Array | undefined)[]

  constructor(acts: Iterable<MembershipAct>) {
    const byHash = new Map<string, MembershipAct>()
    for (const act of acts) byHash.set(act.hash, act)
    this.acts = [...byHash.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1))
    this.#numbers = new Map(this.acts.map(({ hash }, number) => [hash, number]))
    this.before = this.acts.map(({ rights }) => rights.flatMap(hash => this.#numbers.get(hash) ?? []))
    const after: number[][] = this.acts.map(() => [])
    for (const [number, named] of this.before.entries()) for (const each of named) after[each]?.push(number)
    this.after = after
    const turn: number[] = []
    this.#known = this.#closures(turn)
    this.turn = turn
  }

  numberOf(hash: string): number | undefined {
    return this.#numbers.get(hash)
  }

  isPending(act: number): boolean {
    return this.#known[act] === undefined
  }

  /** Whether the author of `later` knew of `earlier`; every act knows itself. */
  knows(later: number, earlier: number): boolean {
    return hasBit(this.#known[later], earlier)
  }

  /** All that whoever names `hashes` knew of. */
  reach(hashes: readonly string[]): { has(act: number): boolean } {
    const numbers = hashes.flatMap(hash => this.#numbers.get(hash) ?? [])
    return { has: act => numbers.some(number => this.knows(number, act)) }
  }

  /** The hashes that nothing builds on, ascending. */
  get heads(): string[] {
    const isNamed = (act: number) => this.after[act]?.some(each => !this.isPending(each))
    return this.acts.flatMap(({ hash }, act) => (this.isPending(act) || isNamed(act) ? [] : [hash]))
  }

  #closures(turn: number[]): (Uint32Array | undefined)[] {
    const words = Math.ceil(this.acts.length / 32)
    const known: (Uint32Array | undefined)[] = this.acts.map(() => undefined)
    const waiting = this.acts.map(({ rights }) => rights.length)
    const ready = waiting.flatMap((count, act) => (count === 0 ? [act] : []))
    for (let act = ready.pop(); act !== undefined; act = ready.pop()) {
      const row = new Uint32Array(words)
      for (const each of this.before[act] ?? []) addBits(row, known[each])
      row[act >>> 5] = (row[act >>> 5] ?? 0) | (1 << (act & 31))
      known[act] = row
      turn.push(act)
      for (const next of this.after[act] ?? []) {
        const left = (waiting[next] ?? 0) - 1
        waiting[next] = left
        if (left === 0) ready.push(next)
      }
    }
    return known
  }
}

function addBits(row: Uint32Array, more: Uint32Array | undefined): void {
  for (let word = 0; word < row.length; word++) row[word] = (row[word] ?? 0) | (more?.[word] ?? 0)
}

function hasBit(row: Uint32Array | undefined, bit: number): boolean {
  return row !== undefined && ((row[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0
}
