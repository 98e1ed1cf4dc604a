import type { KeyObject } from 'node:crypto'
import { isSigned, type ReadEntry } from '../../protocol/entries.ts'
import type { Pace } from './pace.ts'

/** The part of a run that its author's signatures vouch for, and the entry at which that ends. */
export async function signedPart(
  run: readonly ReadEntry[],
  key: KeyObject,
  pace: Pace,
): Promise<{ good: readonly ReadEntry[]; bad?: ReadEntry }> {
  const last = run.at(-1)
  if (last === undefined || isSigned(last.entry, key)) return { good: run }
  let good = 0
  for (const [index, read] of run.entries()) {
    if (pace.isDue) await pace.step()
    if (read.entry.signature.length === 0) continue
    if (!isSigned(read.entry, key)) break
    good = index + 1
  }
  return { good: run.slice(0, good), bad: run[good] ?? last }
}

/** How many of the first `count` of a run the last signature among them vouches for: none, where that does not hold. */
export function signedBefore(run: readonly ReadEntry[], count: number, key: KeyObject): number {
  const index = run.slice(0, count).findLastIndex(({ entry }) => entry.signature.length > 0)
  const last = run[index]
  return last && isSigned(last.entry, key) ? index + 1 : 0
}
