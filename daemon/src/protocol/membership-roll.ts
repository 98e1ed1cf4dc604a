import type { UserId } from './ids.ts'
import type { RoomMemberState, Standing } from './membership.ts'

/** Somebody who belongs to a room, was invited, or belonged to it once. */
export type Person =
  | {
      readonly is: 'joined'
      readonly role: 'owner' | 'admin' | 'member'
      readonly since: number
      readonly joined: number
      /** The act by which they have joined. */
      readonly act: number
    }
  | { readonly is: 'invited'; readonly by: UserId; readonly since: number }
  /** `rank`: as it was. */
  | { readonly is: 'out'; readonly rank: number }

/** Of whom the room consists while its acts are taken, each at a number that rises. */
export class Roll {
  readonly #people = new Map<UserId, Person>()
  /** How many have joined or are invited. */
  count = 0
  #owner: UserId | undefined
  /** Who was changed since it was settled last, and how they were before. */
  #changed: (readonly [UserId, Person | undefined])[] = []

  get(user: UserId): Person | undefined {
    return this.#people.get(user)
  }

  invite(user: UserId, by: UserId, since: number): void {
    this.#set(user, { is: 'invited', by, since })
  }

  /** Who joins a room that nobody owns, owns it. */
  join(user: UserId, act: number, since: number): void {
    const role = this.#owner === undefined ? 'owner' : 'member'
    this.#set(user, { is: 'joined', role, since, joined: since, act })
  }

  get owner(): UserId | undefined {
    return this.#owner
  }

  /** The act by which somebody has joined who belongs to it. */
  joinedBy(user: UserId): number | undefined {
    const person = this.#people.get(user)
    return person?.is === 'joined' ? person.act : undefined
  }

  appoint(user: UserId, role: 'admin' | 'member', since: number): void {
    const person = this.#people.get(user)
    if (person?.is !== 'joined' || person.role === role) return
    this.#set(user, { ...person, role, since: role === 'admin' ? since : person.joined })
  }

  /** An owner hands over to the most senior of those who stay. */
  out(user: UserId): void {
    const person = this.#people.get(user)
    this.#set(user, { is: 'out', rank: rankOf(person) })
    if (person?.is !== 'joined' || person.role !== 'owner') return
    const [next] = this.members
    const heir = next && this.#people.get(next.user)
    if (next && heir?.is === 'joined') this.#set(next.user, { ...heir, role: 'owner' })
  }

  /** Who has joined, the most senior first. */
  get members(): RoomMemberState[] {
    const joined = [...this.#people]
      .filter(([, { is }]) => is === 'joined')
      .sort(([, a], [, b]) => rankOf(a) - rankOf(b))
    return joined.flatMap(([user, person]) => (person.is === 'joined' ? [{ user, role: person.role }] : []))
  }

  get invited(): Map<UserId, UserId> {
    return new Map([...this.#people].flatMap(([user, person]) => (person.is === 'invited' ? [[user, person.by]] : [])))
  }

  get standings(): Map<UserId, Standing> {
    return new Map([...this.#people].map(([user, person]) => [user, person.is === 'joined' ? person.role : person.is]))
  }

  copy(): Roll {
    const copied = new Roll()
    for (const [user, person] of this.#people) copied.#put(user, person)
    return copied
  }

  /** What was done until now stays. */
  settle(): void {
    this.#changed = []
  }

  /** Takes back what was done since it was settled last. */
  undo(): void {
    for (const [user, before] of this.#changed.reverse()) this.#put(user, before)
    this.#changed = []
  }

  #set(user: UserId, person: Person): void {
    this.#changed.push([user, this.#people.get(user)])
    this.#put(user, person)
  }

  #put(user: UserId, person: Person | undefined): void {
    const before = this.#people.get(user)
    this.count += Number(isIn(person)) - Number(isIn(before))
    if (person?.is === 'joined' && person.role === 'owner') this.#owner = user
    else if (this.#owner === user) this.#owner = undefined
    if (person === undefined) this.#people.delete(user)
    else this.#people.set(user, person)
  }
}

function isIn(person: Person | undefined): boolean {
  return person !== undefined && person.is !== 'out'
}

/** How senior somebody is, lower is more: the owner, admins and members each by since when, the invited, everybody else. */
export function rankOf(person: Person | undefined): number {
  if (person === undefined) return 4 * rankClass
  if (person.is === 'out') return person.rank
  if (person.is === 'invited') return 3 * rankClass + person.since
  if (person.role === 'owner') return 0
  return (person.role === 'admin' ? 1 : 2) * rankClass + person.since
}

/** Above every number that an act of a room may have. */
const rankClass = 2 ** 24
