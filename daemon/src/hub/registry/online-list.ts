import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { PersonInfo, Status } from '../../protocol/control.ts'
import { type UserId, userId } from '../../protocol/ids.ts'
import type { OnlineChange, OnlineSnapshot, Person } from '../../protocol/parley_pb.ts'
import { harmless } from '../words.ts'

/**
 * The registry's list of who is online, kept by a snapshot and numbered changes. Pages of a long snapshot follow as
 * changes of the snapshot's own number.
 */
export class OnlineList {
  readonly #people = new Map<UserId, PersonInfo>()
  #number: bigint | undefined

  get(user: UserId): PersonInfo | undefined {
    return this.#people.get(user)
  }

  get all(): PersonInfo[] {
    return [...this.#people.values()]
  }

  /** Whose rows are new or different. */
  reset(snapshot: OnlineSnapshot): Set<UserId> {
    const changed = new Set(this.#people.keys())
    this.#people.clear()
    this.#number = snapshot.number
    for (const user of this.#merge(snapshot.people)) changed.add(user)
    return changed
  }

  /** Whose rows changed; `gap` when a change was missed and the list must be asked for again. */
  apply(change: OnlineChange): Set<UserId> | 'gap' {
    if (this.#number === undefined) return 'gap'
    if (change.number < this.#number) return new Set()
    if (change.number > this.#number + 1n) return 'gap'
    this.#number = change.number
    return this.#merge(change.people)
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#people.clear()
    this.#number = undefined
  }

  #merge(people: readonly Person[]): Set<UserId> {
    const changed = new Set<UserId>()
    for (const row of people) {
      const info = personInfo(row)
      const user = userId(row.user)
      changed.add(user)
      if (info.status === 'offline') this.#people.delete(user)
      else this.#people.set(user, info)
    }
    if (this.#people.size <= limits.onlinePeople) return changed
    throw new ParleyError('bad-frame', 'The registry lists more people than a team can have.')
  }
}

/** A registry's row as front ends see it. Throws `bad-frame` for a malformed id; odd words are made harmless. */
export function personInfo(row: Person): PersonInfo {
  return {
    user: userId(row.user),
    name: harmless(row.name, limits.shownName),
    displayName: harmless(row.displayName || row.name, limits.shownName),
    status: statuses.find(status => status === row.status) ?? 'offline',
    since: Number(row.since < 1n << 48n ? row.since : 0n),
  }
}

const statuses: readonly Status[] = ['online', 'away', 'busy', 'offline']
