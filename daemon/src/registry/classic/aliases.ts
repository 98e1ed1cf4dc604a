import { ParleyError } from '../../errors.ts'
import type { UserId } from '../../protocol/ids.ts'
import { foldAlias } from '../../protocol/names.ts'
import type { ClassicAccounts } from './accounts.ts'

/** Under which names classic clients know the team's users: all of them in memory, for few people have one. */
export class ClassicAliases {
  readonly #accounts: ClassicAccounts
  readonly #ended: (name: string) => void
  readonly #byUser = new Map<UserId, string>()
  readonly #byAlias = new Map<string, UserId>()
  readonly #changing = new Set<UserId>()

  private constructor({ accounts, ended }: { accounts: ClassicAccounts; ended: (name: string) => void }) {
    this.#accounts = accounts
    this.#ended = ended
  }

  /** `ended`: a name's classic login must end, as its password is another one now. */
  static async open(parts: { accounts: ClassicAccounts; ended: (name: string) => void }): Promise<ClassicAliases> {
    const aliases = new ClassicAliases(parts)
    for await (const { user, alias } of parts.accounts.owned()) aliases.#set(user, alias)
    return aliases
  }

  /** As its owner wrote it. */
  of(user: UserId): string | undefined {
    return this.#byUser.get(user)
  }

  /** Whose alias that is. */
  owner(alias: string): UserId | undefined {
    return this.#byAlias.get(foldAlias(alias))
  }

  /**
   * Sets a user's classic password, under `alias` unless that is empty; an empty password takes it away. Who is logged
   * in by the one of before is logged out. Gives the alias from now on; undefined: none.
   * @throws ParleyError `bad-name`, `bad-password`, `name-taken`, `unknown-account`, `busy`
   */
  async set(user: UserId, wish: { alias: string; password: string }, signal: AbortSignal): Promise<string | undefined> {
    if (this.#changing.has(user)) {
      throw new ParleyError('busy', 'The classic password of this account is being changed. Try again in a moment.')
    }
    this.#changing.add(user)
    try {
      const before = wish.password === '' ? await this.#accounts.take(user) : this.#byUser.get(user)
      const alias = wish.password === '' ? undefined : await this.#accounts.give(user, wish, signal)
      for (const name of [before, alias]) if (name !== undefined) this.#ended(name)
      this.#set(user, alias)
      return alias
    } finally {
      this.#changing.delete(user)
    }
  }

  #set(user: UserId, alias: string | undefined): void {
    const before = this.#byUser.get(user)
    if (before !== undefined) this.#byAlias.delete(foldAlias(before))
    if (alias === undefined) this.#byUser.delete(user)
    else {
      this.#byUser.set(user, alias)
      this.#byAlias.set(foldAlias(alias), user)
    }
  }
}
