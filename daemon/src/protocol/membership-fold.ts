import type { WhyNot } from './membership.ts'
import { effectiveRevocations } from './membership-revocations.ts'
import { type Conflict, type FoldParts, SegmentFold } from './membership-segment-fold.ts'

/**
 * Adds to `state` what a segment does. Its acts are taken in topological order of what they know, those of senior authors
 * first; each counts when its author has the right at that point. What shows only later to have been beyond somebody's cut,
 * or overruled, is taken out, the most senior cause first, and the segment is folded anew: each round takes out at least
 * one act, so there is an end.
 */
export function foldSegment(parts: FoldParts): void {
  const { graph, segment, state } = parts
  const revocations = effectiveRevocations(graph, segment, state.revocations)
  const dropped = new Map<number, WhyNot>()
  for (;;) {
    const fold = new SegmentFold(parts, revocations, dropped)
    fold.run()
    if (fold.conflicts.length === 0) {
      state.add(fold)
      return
    }
    for (const [victim, why] of settle(fold.conflicts)) dropped.set(victim, why)
    state.roll.undo()
  }
}

/** The victims of the most senior author among the causes: nobody can take these back later. */
function settle(conflicts: readonly Conflict[]): Map<number, WhyNot> {
  const [first] = conflicts.toSorted((a, b) => a.rank - b.rank || a.cause - b.cause)
  const settled = new Map<number, WhyNot>()
  for (const conflict of conflicts) {
    if (conflict.author !== first?.author || settled.has(conflict.cause)) continue
    for (const victim of conflict.victims) settled.set(victim, conflict.why)
  }
  return settled
}
