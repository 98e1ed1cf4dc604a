import { createHash } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { create } from '@bufbuild/protobuf'
import { limits } from '../limits.ts'
import type { Status } from '../protocol/control.ts'
import { classicUserId, deviceId, fromText, type UserId } from '../protocol/ids.ts'
import { foldAlias } from '../protocol/names.ts'
import { type Person, PersonSchema } from '../protocol/parley_pb.ts'
import type { ClassicChange, ClassicUser } from './classic/sessions.ts'
import type { Presence } from './presence.ts'

/**
 * Classic clients as the team sees them. One who has logged in under a user's alias is that user, who is then online by
 * it; anybody else has a row of their own, with an id made of the name, for as long as the login lives.
 */
export class ClassicClients {
  readonly #presence: Presence
  readonly #changed: (user: UserId) => void
  readonly #now: () => number
  readonly #online = new Map<UserId, ClassicUser>()
  /** Those who were here, the one who left last at the end: lists must be told that they are gone. */
  readonly #gone = new Map<UserId, { readonly user: ClassicUser; readonly at: number }>()

  constructor(parts: { presence: Presence; changed: (user: UserId) => void; now: () => number }) {
    this.#presence = parts.presence
    this.#changed = parts.changed
    this.#now = parts.now
  }

  /** Those who are of no user. */
  users(): IterableIterator<UserId> {
    return this.#online.keys()
  }

  get count(): number {
    return this.#online.size
  }

  /** A classic login has begun, moved or ended. */
  take({ is, user }: ClassicChange): void {
    if (user.user) this.#ofUser(is, user.user, user.name)
    else this.#ofNobody(is, user)
  }

  /** Somebody as lists show them: online, or offline who was here. */
  person(user: UserId): Person | undefined {
    const online = this.#online.get(user)
    if (online) return rowOf(user, online, 'online', online.since)
    const gone = this.#gone.get(user)
    return gone && rowOf(user, gone.user, 'offline', gone.at)
  }

  /** Who is logged in under that name. */
  named(name: string): Person | undefined {
    const user = classicUserId(name)
    return this.#online.has(user) ? this.person(user) : undefined
  }

  /** At most `limit` of those who are logged in and have `query` in their name. */
  search(query: string, limit: number): Person[] {
    const sought = foldAlias(query.trim())
    const found: Person[] = []
    for (const [user, online] of this.#online) {
      if (found.length === limit) break
      if (foldAlias(online.name).includes(sought)) found.push(rowOf(user, online, 'online', online.since))
    }
    return found
  }

  #ofUser(is: ClassicChange['is'], user: UserId, alias: string): void {
    if (is === 'online') this.#presence.up(user, loginOf(alias), 'online')
    else this.#presence.left(user, loginOf(alias))
  }

  #ofNobody(is: ClassicChange['is'], online: ClassicUser): void {
    // Nobody could write to them: an address of the classic protocol is IPv4.
    if (!isIPv4(online.address)) return
    const user = classicUserId(online.name)
    this.#gone.delete(user)
    if (is === 'online') this.#online.set(user, online)
    else {
      this.#online.delete(user)
      this.#gone.set(user, { user: online, at: this.#now() })
      for (const oldest of this.#gone.keys()) {
        if (this.#gone.size <= limits.classicGone) break
        this.#gone.delete(oldest)
      }
    }
    this.#changed(user)
  }
}

function rowOf(user: UserId, { name, address }: ClassicUser, status: Status, since: number): Person {
  const words = { user: fromText(user), name, displayName: name }
  return create(PersonSchema, { ...words, status, since: BigInt(since), classic: address })
}

/** What stands for a user's classic login among their devices. */
function loginOf(alias: string) {
  return deviceId(
    createHash('sha256')
      .update(`parley/classic-login/1\0${foldAlias(alias)}`)
      .digest(),
  )
}
