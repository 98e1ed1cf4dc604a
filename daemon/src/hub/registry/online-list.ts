import { isIPv4 } from 'node:net'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { isClaimable } from '../../protocol/classic-names.ts'
import type { PersonInfo, Status } from '../../protocol/control.ts'
import { classicUserId, type UserId, userId } from '../../protocol/ids.ts'
import type { OnlineChange, OnlineSnapshot, Person } from '../../protocol/parley_pb.ts'
import { harmless } from '../words.ts'

/**
 * The registry's list of who is online, kept by a snapshot and numbered changes. Pages of a long snapshot follow as
 * changes of the snapshot's own number. Of those who are offline it keeps whom it was asked to keep, and in a small team
 * everybody.
 */
export class OnlineList {
  readonly #people = new Map<UserId, PersonInfo>()
  readonly #offline = new Map<UserId, PersonInfo>()
  readonly #kept = new Set<UserId>()
  readonly #now: () => number
  /** How many of the people are classic clients. */
  #classic = 0
  #number: bigint | undefined
  #total = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Somebody who is online. */
  get(user: UserId): PersonInfo | undefined {
    return this.#people.get(user)
  }

  /** Somebody who is online, or offline and kept. */
  known(user: UserId): PersonInfo | undefined {
    return this.#people.get(user) ?? this.#offline.get(user)
  }

  get all(): PersonInfo[] {
    return [...this.#people.values()]
  }

  /** Whoever is online as a classic client of that name, which is compared folded. */
  classicNamed(name: string): PersonInfo | undefined {
    const person = this.#people.get(classicUserId(name))
    return person?.via === 'classic' ? person : undefined
  }

  users(): IterableIterator<UserId> {
    return this.#people.keys()
  }

  /** How many of the team's accounts are online: classic clients have none. */
  get size(): number {
    return this.#people.size - this.#classic
  }

  /** How many accounts the team has; 0: not known. */
  get total(): number {
    return this.#total
  }

  /** From now on what is told of this person is kept while they are offline, too. */
  keep(user: UserId): void {
    this.#kept.add(user)
  }

  /** A row that came as the answer to a question. The list itself knows better who is online. Whether it was news. */
  note(info: PersonInfo): boolean {
    const user = userId(info.user)
    this.#kept.add(user)
    if (info.status !== 'offline' || this.#people.has(user)) return false
    this.#offline.set(user, info)
    return true
  }

  /** The whole team was read: whoever is offline and none of `users` has no account any more. Gives who that is. */
  forgetOthers(users: ReadonlySet<UserId>): UserId[] {
    const gone = [...this.#offline].filter(([user, { via }]) => via === undefined && !users.has(user))
    for (const [user] of gone) this.#offline.delete(user)
    return gone.map(([user]) => user)
  }

  /** Whose rows are new or different. */
  reset(snapshot: OnlineSnapshot): Set<UserId> {
    const changed = this.lost()
    this.#number = snapshot.number
    this.#total = snapshot.total
    for (const user of this.#merge(snapshot.people)) changed.add(user)
    return changed
  }

  /** Whose rows changed; `gap` when a change was missed and the list must be asked for again. */
  apply(change: OnlineChange): Set<UserId> | 'gap' {
    if (this.#number === undefined) return 'gap'
    if (change.number < this.#number) return new Set()
    if (change.number > this.#number + 1n) return 'gap'
    this.#number = change.number
    this.#total = change.total
    return this.#merge(change.people)
  }

  /** The registry is out of reach: whoever was online was seen now for the last time. Gives who that is. */
  lost(): Set<UserId> {
    const gone = new Set(this.#people.keys())
    for (const [user, info] of this.#people) {
      if (this.#keeps(info, user)) this.#offline.set(user, { ...info, status: 'offline', since: this.#now() })
    }
    this.#people.clear()
    this.#classic = 0
    this.#number = undefined
    return gone
  }

  /** A classic client that is gone is nobody any more. */
  #keeps({ via }: PersonInfo, user: UserId): boolean {
    return !via && (this.#kept.has(user) || isSmall(this.#total))
  }

  #merge(people: readonly Person[]): Set<UserId> {
    const changed = new Set<UserId>()
    for (const row of people) {
      const info = personInfo(row)
      const user = userId(row.user)
      changed.add(user)
      if (this.#people.get(user)?.via) this.#classic--
      if (info.via && info.status !== 'offline') this.#classic++
      if (info.status === 'offline') {
        this.#people.delete(user)
        if (this.#keeps(info, user)) this.#offline.set(user, info)
      } else {
        this.#people.set(user, info)
        this.#offline.delete(user)
      }
    }
    if (Math.max(this.#people.size, this.#offline.size) <= limits.onlinePeople) return changed
    throw new ParleyError('bad-frame', 'The registry lists more people than a team can have.')
  }
}

/** Whether a team of that many accounts is listed whole; 0: not known. */
export function isSmall(total: number): boolean {
  return total > 0 && total <= limits.smallTeam
}

/** A registry's row as front ends see it. Throws `bad-frame` for a malformed id; odd words are made harmless. */
export function personInfo(row: Person): PersonInfo {
  const user = userId(row.user)
  return {
    user,
    name: harmless(row.name, limits.shownName),
    displayName: harmless(row.displayName || row.name, limits.shownName),
    status: statuses.find(status => status === row.status) ?? 'offline',
    since: Number(row.since < 1n << 48n ? row.since : 0n),
    ...(isClassic(row, user) && { via: 'classic', address: row.classic }),
  }
}

/** Only whoever has the id of a classic client is one: no registry makes one of somebody with an account key. */
function isClassic({ classic, name }: Person, user: UserId): boolean {
  return isIPv4(classic) && isClaimable(name) && classicUserId(name) === user
}

const statuses: readonly Status[] = ['online', 'away', 'busy', 'offline']
