import { limits } from '../../../limits.ts'
import type { UserId } from '../../../protocol/ids.ts'

/** How many membership entries each has written. */
export function entriesByUser(entries: Iterable<{ readonly user: UserId }>): Map<UserId, number> {
  const counts = new Map<UserId, number>()
  for (const { user } of entries) counts.set(user, (counts.get(user) ?? 0) + 1)
  return counts
}

/** Whether one more membership entry of somebody is held. A direct conversation has no founder. */
export function hasRoomFor(
  user: UserId,
  held: { readonly founder: UserId | undefined; readonly counts: ReadonlyMap<UserId, number>; readonly total: number },
): boolean {
  if (held.total >= limits.membershipEntries) return false
  return user === held.founder || (held.counts.get(user) ?? 0) < limits.membershipEntriesOf
}
