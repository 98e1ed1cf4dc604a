import type { Change, Log, Storage } from '@parley/kit'
import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { fromText, type UserId, userId } from '../protocol/ids.ts'
import { AliveRowSchema, SeenRowSchema } from '../protocol/registry_rows_pb.ts'
import type { SeenStore } from './presence.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

/**
 * When people were here last, over restarts. Writes are few: once a minute the rows of those who came or went since,
 * and one row that says until when the registry was alive. Somebody whose row says that they are here was last seen
 * then, should the registry die; so what is told is wrong by a minute at most, and nothing is written for those who
 * just stay, nor for those who are back after a restart.
 */
export class LastSeen implements SeenStore {
  readonly #storage: Storage
  readonly #log: Log
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  readonly #at = new Map<UserId, number>()
  readonly #here = new Set<UserId>()
  /** Whose rows say that they are here. */
  readonly #marked = new Set<UserId>()
  /** Whose rows are not true. */
  readonly #dirty = new Set<UserId>()
  #writing: Promise<void> = Promise.resolve()

  private constructor({ storage, log, now, every = limits.lastSeenEvery }: LastSeenOptions) {
    this.#storage = storage
    this.#log = log
    this.#now = now
    this.#timer = setInterval(() => void this.flush(), every).unref()
  }

  /** @throws ParleyError `damaged-data` */
  static async open(options: LastSeenOptions): Promise<LastSeen> {
    const { storage } = options
    const [bytes] = await storage.get([rowKeys.alive])
    const alive = Number(readRow(AliveRowSchema, bytes)?.until ?? 0n)
    const seen: [UserId, number, boolean][] = []
    for (let after: string | undefined; ; ) {
      const page = await storage.list(rowKeys.allSeen, {
        limit: limits.storagePage,
        ...(after === undefined ? {} : { after }),
      })
      for (const [, value] of page.rows) {
        const row = readRow(SeenRowSchema, value)
        if (row) seen.push([userId(row.user), Math.max(Number(row.at), row.isHere ? alive : 0), row.isHere])
      }
      after = page.rows.at(-1)?.[0]
      if (!page.more || after === undefined) break
    }
    const lastSeen = new LastSeen(options)
    for (const [user, at, wasHere] of seen) lastSeen.#load(user, at, wasHere)
    return lastSeen
  }

  of(user: UserId): number {
    return this.#at.get(user) ?? 0
  }

  came(user: UserId): void {
    this.#here.add(user)
    this.#at.set(user, this.#now())
    if (this.#marked.has(user)) this.#dirty.delete(user)
    else this.#dirty.add(user)
  }

  left(user: UserId, at: number): void {
    this.#here.delete(user)
    this.#at.set(user, at)
    this.#dirty.add(user)
  }

  /** Resolves once nothing more will be written of somebody who does not come any more; their row may be there. */
  async forget(user: UserId): Promise<void> {
    for (const users of [this.#here, this.#marked, this.#dirty, this.#at]) users.delete(user)
    // One write may hold their row already.
    await this.#writing
    for (const users of [this.#here, this.#marked, this.#dirty, this.#at]) users.delete(user)
  }

  /** Writes what has changed. Never rejects: what cannot be stored is tried again. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Keeps what is known by now. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  #load(user: UserId, at: number, wasHere: boolean): void {
    this.#at.set(user, at)
    if (!wasHere) return
    this.#marked.add(user)
    this.#dirty.add(user)
  }

  async #write(): Promise<void> {
    const alive = BigInt(this.#now())
    try {
      const users = [...this.#dirty]
      while (users.length > 0) await this.#writeSome(users.splice(0, limits.batchChanges))
      // Last: it vouches for all rows that say that somebody is here.
      if (this.#marked.size > 0)
        await this.#storage.write([{ put: rowKeys.alive, value: encodeRow(AliveRowSchema, { until: alive }) }])
    } catch (error) {
      this.#log.warn({ code: asParleyError(error).code }, 'When people were seen last could not be stored.')
    }
  }

  async #writeSome(users: readonly UserId[]): Promise<void> {
    const changes = users.map((user): Change => ({ put: rowKeys.seen(user), value: this.#row(user) }))
    const here = new Set(users.filter(user => this.#here.has(user)))
    for (const user of users) this.#dirty.delete(user)
    try {
      await this.#storage.write(changes)
    } catch (error) {
      for (const user of users) this.#dirty.add(user)
      throw error
    }
    for (const user of users) {
      if (here.has(user)) this.#marked.add(user)
      else this.#marked.delete(user)
      // Who came while that was under way was taken for marked.
      if (this.#here.has(user) !== here.has(user)) this.#dirty.add(user)
    }
  }

  #row(user: UserId): Uint8Array {
    const at = BigInt(this.#at.get(user) ?? 0)
    return encodeRow(SeenRowSchema, { user: fromText(user), at, isHere: this.#here.has(user) })
  }
}

interface LastSeenOptions {
  readonly storage: Storage
  readonly log: Log
  /** The wall clock in ms since 1970. */
  readonly now: () => number
  /** ms between two writes. */
  readonly every?: number
}
