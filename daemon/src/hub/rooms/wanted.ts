import { limits } from '../../limits.ts'
import type { UserId } from '../../protocol/ids.ts'

/** Of a room: who has joined it. */
interface Joined {
  readonly users: ReadonlySet<UserId>
}

/**
 * To whom to have links for the sake of rooms, among those who are there: to a few of each room, so that what is said goes
 * round; then, up to `most` in all, to everybody in the rooms where something was said last. Those few are who comes next by
 * user id, on either side of oneself: others choose so as well, and whoever is there in a room hangs together in a ring.
 *
 * @param rooms the newest first
 */
export function wantedPeople(
  rooms: readonly Joined[],
  self: UserId,
  isThere: (user: UserId) => boolean,
  most: number = limits.roomLinks,
): Set<UserId> {
  const present = rooms.map(({ users }) => [...users].filter(user => user !== self && isThere(user)))
  const wanted = new Set<UserId>()
  for (const people of present) {
    if (wanted.size >= most) return wanted
    for (const user of neighbours(people, self)) wanted.add(user)
  }
  for (const people of present) {
    for (const user of people) {
      if (wanted.size >= most) return wanted
      wanted.add(user)
    }
  }
  return wanted
}

function neighbours(people: readonly UserId[], self: UserId): UserId[] {
  const ring = [...people].sort()
  const next = ring.findIndex(user => user > self)
  const turned = next < 0 ? ring : [...ring.slice(next), ...ring.slice(0, next)]
  const few = limits.roomNeighbours
  return turned.length <= 2 * few ? turned : [...turned.slice(0, few), ...turned.slice(-few)]
}
