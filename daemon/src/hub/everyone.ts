import type { Log } from '@parley/kit'
import { asParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type UserId, userId } from '../protocol/ids.ts'
import { isSmall, type OnlineList } from './registry/online-list.ts'
import type { RegistrySession } from './registry/session.ts'

/**
 * Who is in a small team, those who are offline included: asked for page by page once signed in, and again when the
 * number of accounts changes, which the online list tells. A large team is never read.
 */
export class Everyone {
  readonly #options: EveryoneOptions
  #users: ReadonlySet<UserId> = new Set()
  /** What the users were read from, or are being read from; undefined after a failure. */
  #read: { readonly session: RegistrySession; readonly total: number } | undefined
  #isReading = false
  #pause: NodeJS.Timeout | undefined

  constructor(options: EveryoneOptions) {
    this.#options = options
  }

  /** Whoever comes online in a small team belongs to it before it has been read again, unless it has no account. */
  has(user: UserId): boolean {
    const { online } = this.#options
    if (this.#users.has(user)) return true
    const known = online.known(user)
    return isSmall(online.total) && known !== undefined && !known.via
  }

  /** To be called whenever the online list has changed: reads the team if what is known may be old. */
  check(): void {
    const session = this.#options.session()
    const { total } = this.#options.online
    if (!session || this.#isReading) return
    if (this.#read?.session === session && this.#read.total === total) return
    this.#read = { session, total }
    if (!isSmall(total)) this.#set(new Set())
    else void this.#readAll(session)
  }

  /** Reads no more; to be called when there is no session any more. */
  close(): void {
    clearTimeout(this.#pause)
  }

  async #readAll(session: RegistrySession): Promise<void> {
    this.#isReading = true
    try {
      const users = await this.#pages(session)
      this.#set(users, this.#options.online.forgetOthers(users))
    } catch (error) {
      // A later change, or the next sign-in, has it read again.
      this.#read = undefined
      const { code, message } = asParleyError(error)
      this.#options.log.info({ code }, `The team could not be read: ${message}`)
    } finally {
      this.#pause = setTimeout(() => {
        this.#isReading = false
        if (this.#read) this.check()
      }, limits.listAgain).unref()
    }
  }

  async #pages(session: RegistrySession): Promise<Set<UserId>> {
    const users = new Set<UserId>()
    let after = ''
    // Somebody may come meanwhile; but a registry that goes on for ever is not listened to for ever.
    for (let read = 0; read <= limits.smallTeam; read += limits.searchResults) {
      const { people, more } = await session.search('', limits.searchResults, after)
      for (const info of people) {
        users.add(userId(info.user))
        session.online.note(info)
      }
      const last = people.at(-1)?.name
      if (!more || last === undefined) break
      after = last
    }
    return users
  }

  #set(users: ReadonlySet<UserId>, gone: readonly UserId[] = []): void {
    const changed = new Set([...this.#users, ...users, ...gone])
    this.#users = users
    if (changed.size > 0) this.#options.changed(changed)
  }
}

interface EveryoneOptions {
  readonly session: () => RegistrySession | undefined
  readonly online: OnlineList
  /** Those who are part of the list now, or were. */
  readonly changed: (users: ReadonlySet<UserId>) => void
  readonly log: Pick<Log, 'info'>
}
