import type { Log } from '@parley/kit'
import { limits } from '../limits.ts'
import type { PeopleChange, PeopleSnapshot, PersonInfo } from '../protocol/control.ts'
import type { UserId } from '../protocol/ids.ts'
import { Everyone } from './everyone.ts'
import type { OnlineList } from './registry/online-list.ts'
import type { RegistrySession } from './registry/session.ts'

/**
 * Whom front ends list: those whom one has talked to, everybody of a small team, and of a large one those who are
 * online, up to a ceiling. Who is neither is found by a search.
 */
export class PeopleList {
  readonly #options: PeopleListOptions
  readonly #everyone: Everyone
  /** Whom one has talked to. */
  readonly #met = new Set<UserId>()
  /** As told last. */
  readonly #listed = new Map<UserId, PersonInfo>()
  /** Those of the listed who are there only for being online. */
  readonly #strangers = new Set<UserId>()
  readonly #ceiling: number
  #told = { online: 0, total: 0 }

  constructor(options: PeopleListOptions) {
    this.#options = options
    this.#ceiling = options.ceiling ?? limits.strangersListed
    const { session, online, log } = options
    this.#everyone = new Everyone({ session, online, log, changed: users => this.#tell(users) })
  }

  snapshot(): PeopleSnapshot {
    return { people: [...this.#listed.keys()].map(user => this.#options.row(user)), ...this.counts() }
  }

  /** These people have come, gone or changed. */
  changed(users: Iterable<UserId>): void {
    this.#tell(users)
    this.#everyone.check()
  }

  /** There is a conversation with this person. */
  met(user: UserId): void {
    if (this.#met.has(user)) return
    this.#met.add(user)
    this.#options.online.keep(user)
    this.#tell([user])
  }

  close(): void {
    this.#everyone.close()
  }

  #tell(users: Iterable<UserId>): void {
    const change = this.#update(users)
    const { online, total } = this.#told
    const isNews = change.people.length > 0 || change.gone.length > 0
    if (!isNews && online === change.online && total === change.total) return
    this.#told = { online: change.online, total: change.total }
    this.#options.tell(change)
  }

  #update(users: Iterable<UserId>): PeopleChange {
    const changed = new Set(users)
    changed.delete(this.#options.self)
    const people: PersonInfo[] = []
    const gone: UserId[] = []
    const before = this.#strangers.size
    for (const user of changed) {
      if (!this.#belongs(user)) {
        if (this.#listed.delete(user)) gone.push(user)
      } else people.push(...this.#list(user))
    }
    if (this.#strangers.size < before) people.push(...this.#moveUp())
    return { people, gone, ...this.counts() }
  }

  /** The row of somebody who is listed, unless it is as told last. */
  #list(user: UserId): PersonInfo[] {
    const row = this.#options.row(user)
    const told = this.#listed.get(user)
    this.#listed.set(user, row)
    return told && isSame(told, row) ? [] : [row]
  }

  /** Whether somebody is listed from now on. */
  #belongs(user: UserId): boolean {
    const { online } = this.#options
    const isKnown = this.#met.has(user) || this.#everyone.has(user)
    if (isKnown || !online.get(user)) this.#strangers.delete(user)
    else if (this.#strangers.size < this.#ceiling) this.#strangers.add(user)
    return isKnown || this.#strangers.has(user)
  }

  /** Fills the places of strangers who have gone with others who are online. */
  #moveUp(): PersonInfo[] {
    const moved: PersonInfo[] = []
    for (const user of this.#options.online.users()) {
      if (this.#strangers.size >= this.#ceiling) break
      if (user !== this.#options.self && !this.#listed.has(user) && this.#belongs(user)) moved.push(...this.#list(user))
    }
    return moved
  }

  /** How many are online, and how many there are, without oneself. */
  counts(): { online: number; total: number } {
    const { online, self } = this.#options
    return {
      online: online.size - (online.get(self) ? 1 : 0),
      total: Math.max(0, online.total - 1),
    }
  }
}

function isSame(a: PersonInfo, b: PersonInfo): boolean {
  const words = ({ status, since, name, displayName, isBlocked, trust, via, address }: PersonInfo) =>
    JSON.stringify([status, since, name, displayName, isBlocked, trust, via, address])
  return words(a) === words(b)
}

interface PeopleListOptions {
  /** Never listed, nor counted. */
  readonly self: UserId
  readonly session: () => RegistrySession | undefined
  readonly online: OnlineList
  /** Somebody who is listed, as they are now. */
  readonly row: (user: UserId) => PersonInfo
  /** What has changed for front ends. */
  readonly tell: (change: PeopleChange) => void
  readonly log: Pick<Log, 'info'>
  readonly ceiling?: number
}
