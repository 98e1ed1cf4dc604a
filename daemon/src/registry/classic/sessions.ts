import { limits } from '../../limits.ts'
import { Deadlines } from '../../net/deadlines.ts'
import type { UserId } from '../../protocol/ids.ts'
import { foldAlias } from '../../protocol/names.ts'

/** A live classic login. */
export interface ClassicUser {
  /** As its owner wrote it at registration. */
  readonly name: string
  /** The user of the team whose alias it is; undefined: a classic client and nobody else. */
  readonly user: UserId | undefined
  /** The IP address that it counts for. */
  readonly address: string
  /** ms since 1970. */
  readonly since: number
}

export type ClassicChange = { readonly is: 'online' | 'offline'; readonly user: ClassicUser }

/** Who is logged in: each login is bound to its IP address and lives as long as that address beats. */
export class ClassicSessions {
  readonly #now: () => number
  readonly #users = new Map<string, ClassicUser>()
  readonly #logins = new Map<string, number>()
  readonly #beats: Deadlines<string>
  readonly #listeners = new Set<(change: ClassicChange) => void>()

  /** `timeout`: ms without a beat after which a login has ended. */
  constructor({ timeout, now }: { timeout: number; now: () => number }) {
    this.#now = now
    this.#beats = new Deadlines(timeout, name => this.#remove(name))
  }

  /**
   * Logs `name` in at `address`, out of any other; `owner`: whose alias it is. False when there are too many logins.
   */
  open(name: string, address: string, owner?: UserId): boolean {
    const folded = foldAlias(name)
    const before = this.#users.get(folded)
    if (before?.address !== address) {
      if (!before && this.#users.size >= limits.classicLogins) return false
      if (this.#loginsOf(address) >= limits.classicLoginsPerAddress) return false
      if (before) this.#count(before.address, -1)
      const user = { name, user: owner, address, since: this.#now() }
      this.#users.set(folded, user)
      this.#count(address, 1)
      this.#tell({ is: 'online', user })
    }
    this.#beats.add(folded)
    return true
  }

  /** A heartbeat; from any address but the login's own it changes nothing. */
  beat(name: string, address: string): void {
    if (this.isOnline(name, address)) this.#beats.add(foldAlias(name))
  }

  /** Logs out; false when `name` is not logged in from `address`. */
  close(name: string, address: string): boolean {
    if (!this.isOnline(name, address)) return false
    this.#remove(foldAlias(name))
    return true
  }

  /** Logs `name` out, wherever it is. */
  end(name: string): void {
    this.#remove(foldAlias(name))
  }

  isOnline(name: string, address: string): boolean {
    return this.find(name)?.address === address
  }

  find(name: string): ClassicUser | undefined {
    return this.#users.get(foldAlias(name))
  }

  list(): ClassicUser[] {
    return [...this.#users.values()]
  }

  hasLogin(address: string): boolean {
    return this.#loginsOf(address) > 0
  }

  /** Tells each change from now on; gives what ends that. */
  watch(listener: (change: ClassicChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Ends all logins without a word. */
  clear(): void {
    this.#beats.clear()
    this.#listeners.clear()
    this.#users.clear()
    this.#logins.clear()
  }

  #remove(folded: string): void {
    const user = this.#users.get(folded)
    if (!user) return
    this.#users.delete(folded)
    this.#beats.delete(folded)
    this.#count(user.address, -1)
    this.#tell({ is: 'offline', user })
  }

  #loginsOf(address: string): number {
    return this.#logins.get(address) ?? 0
  }

  #count(address: string, by: number): void {
    const logins = this.#loginsOf(address) + by
    if (logins === 0) this.#logins.delete(address)
    else this.#logins.set(address, logins)
  }

  #tell(change: ClassicChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
