import type { Connection } from './connection.ts'
import { Deadlines } from './deadlines.ts'

/** How long, and how many of one source, may be silent. */
export interface SilenceLimits {
  readonly handshake: number
  readonly silent: number
  readonly silentPerAddress: number
}

/**
 * The connections that may stay silent because they may be a classic client's, whose window connects before anyone
 * types: for limits.silent from accept, and on while a login from their address lives. Few per source; the oldest goes.
 */
export class Silence {
  readonly #perSource = new Map<string, Set<Connection>>()
  readonly #first: Deadlines<Connection>
  readonly #again: Deadlines<Connection>
  readonly #most: number
  readonly #drop: (connection: Connection) => void

  /** `drop` is called for a connection that has been silent for too long, or is one too many. */
  constructor(limits: SilenceLimits, hasLogin: (address: string) => boolean, drop: (connection: Connection) => void) {
    const expired = (connection: Connection) => {
      if (hasLogin(connection.address)) this.#again.add(connection)
      else drop(connection)
    }
    // Connections come here when the time for a handshake is over.
    this.#first = new Deadlines(Math.max(0, limits.silent - limits.handshake), expired)
    this.#again = new Deadlines(limits.handshake, expired)
    this.#most = limits.silentPerAddress
    this.#drop = drop
  }

  add(connection: Connection): void {
    const silent = this.#perSource.get(connection.source) ?? new Set()
    const [oldest] = silent
    if (oldest && silent.size >= this.#most) this.#drop(oldest)
    this.#perSource.set(connection.source, silent.add(connection))
    this.#first.add(connection)
  }

  delete(connection: Connection): void {
    this.#first.delete(connection)
    this.#again.delete(connection)
    const silent = this.#perSource.get(connection.source)
    silent?.delete(connection)
    if (silent?.size === 0) this.#perSource.delete(connection.source)
  }

  clear(): void {
    this.#first.clear()
    this.#again.clear()
    this.#perSource.clear()
  }
}
