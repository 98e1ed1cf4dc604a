import { toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { ClassicAccountSchema } from '../../protocol/classic_rows_pb.ts'
import { checkClassicPassword, fitsClassic, isAlias, readAlias } from '../../protocol/classic-names.ts'
import { fromText, type UserId, userId } from '../../protocol/ids.ts'
import { foldAlias } from '../../protocol/names.ts'
import { NameRowSchema, type UserRow, UserRowSchema } from '../../protocol/registry_rows_pb.ts'
import { encodeRow, readRow, rowKeys } from '../rows.ts'
import type { ClassicPasswords } from './passwords.ts'

/** Who has logged in: the alias as its owner wrote it, and the user of the team whose alias it is, if any. */
export interface ClassicLogin {
  readonly alias: string
  readonly user: UserId | undefined
}

/**
 * Classic accounts, and the aliases of users: names in the users' own namespace, each with a password record of its own
 * in `classic/<alias>`. The name's own row says who the user is only where the alias is that user's name.
 */
export class ClassicAccounts {
  readonly #storage: Storage
  readonly #passwords: ClassicPasswords
  readonly #now: () => number

  constructor({ storage, passwords, now }: { storage: Storage; passwords: ClassicPasswords; now: () => number }) {
    this.#storage = storage
    this.#passwords = passwords
    this.#now = now
  }

  /** Makes an account. Rejects with `busy`, or as storage and signal do: then nothing is promised. */
  async register(alias: string, password: string, signal: AbortSignal): Promise<'registered' | 'taken' | 'refused'> {
    if (!isAlias(alias) || !isLongEnough(password)) return 'refused'
    const name = rowKeys.name(foldAlias(alias))
    const [taken] = await this.#storage.get([name])
    if (taken !== undefined) return 'taken'
    const account = await this.#account(alias, password, undefined, signal)
    const written = await this.#storage.write([
      { check: name, is: undefined },
      { put: name, value: encodeRow(NameRowSchema, {}) },
      { put: rowKeys.classic(alias), value: account },
    ])
    return written === 'committed' ? 'registered' : 'taken'
  }

  /**
   * Who it is, when the password is right. Takes as long for a name that nobody has. A user who is disabled or deleted
   * is let in as little as one who has no classic password, and nobody by one that was changed while it was checked.
   */
  async signIn(alias: string, password: string, signal: AbortSignal): Promise<ClassicLogin | undefined> {
    const [row] = await this.#storage.get([rowKeys.classic(alias)])
    const account = readRow(ClassicAccountSchema, row)
    const isRight = await this.#passwords.check(account?.password, password, signal)
    if (!isRight || !account) return undefined
    const user = account.user.length > 0 ? userId(account.user) : undefined
    return (await this.#stands(alias, row, user)) ? { alias: account.alias, user } : undefined
  }

  /** Every user's alias, in pages: at the start of a registry. */
  async *owned(): AsyncGenerator<{ readonly user: UserId; readonly alias: string }> {
    for (let after: string | undefined; ; ) {
      const range = { limit: limits.storagePage, ...(after === undefined ? {} : { after }) }
      const { rows, more } = await this.#storage.list(rowKeys.allClassic, range)
      for (const [, bytes] of rows) {
        const account = readRow(ClassicAccountSchema, bytes)
        if (account && account.user.length > 0) yield { user: userId(account.user), alias: account.alias }
      }
      after = rows.at(-1)?.[0]
      if (!more || after === undefined) return
    }
  }

  /**
   * Gives a user a classic password: under `alias`, or without one under their alias of before, else their own name. One
   * batch takes the new alias and frees the old one. Gives the alias from now on.
   * @throws ParleyError `bad-name`, `bad-password`, `name-taken`, `unknown-account`, `busy`
   */
  async give(user: UserId, wish: { alias: string; password: string }, signal: AbortSignal): Promise<string> {
    checkClassicPassword(wish.password)
    const { classicAlias, name } = (await this.#read(user)).row
    const alias = wish.alias === '' ? classicAlias || ownName(name) : readAlias(wish.alias)
    const account = await this.#account(alias, wish.password, user, signal)
    await this.#change(user, async row => {
      const [nameKey, classicKey] = [rowKeys.name(foldAlias(alias)), rowKeys.classic(alias)]
      const [named, held] = await this.#storage.get([nameKey, classicKey])
      const isOwn = foldAlias(alias) === row.name || isSame(readRow(ClassicAccountSchema, held)?.user, fromText(user))
      if (named !== undefined && !isOwn)
        throw new ParleyError('name-taken', `The name "${alias}" is taken. Choose another.`)
      const freed = foldAlias(row.classicAlias) === foldAlias(alias) ? [] : aliasRows(row)
      row.classicAlias = alias
      return [
        { check: nameKey, is: named },
        ...(named === undefined ? [{ put: nameKey, value: encodeRow(NameRowSchema, {}) }] : []),
        { put: classicKey, value: account },
        ...freed,
      ]
    })
    return alias
  }

  /**
   * Takes a user's classic password away and frees the alias, unless it is their name. Gives the alias that was theirs.
   * @throws ParleyError `unknown-account`, `busy`
   */
  async take(user: UserId): Promise<string | undefined> {
    let before = ''
    await this.#change(user, async row => {
      before = row.classicAlias
      const freed = aliasRows(row)
      row.classicAlias = ''
      return freed
    })
    return before === '' ? undefined : before
  }

  /** Writes a user's row as `change` leaves it, with the other changes of that batch; anew when another was first. */
  async #change(user: UserId, change: (row: UserRow) => Promise<readonly Change[]>): Promise<void> {
    for (let attempt = 0; attempt < limits.rowTries; attempt++) {
      const { key, bytes, row } = await this.#read(user)
      const changes = await change(row)
      if (changes.length === 0) return
      const own: Change[] = [
        { check: key, is: bytes },
        { put: key, value: toBinary(UserRowSchema, row) },
      ]
      if ((await this.#storage.write([...own, ...changes])) === 'committed') return
    }
    throw new ParleyError('busy', 'The registry is busy with this account. Try again in a moment.')
  }

  async #read(user: UserId): Promise<{ key: string; bytes: Uint8Array; row: UserRow }> {
    const key = rowKeys.user(user)
    const [bytes] = await this.#storage.get([key])
    const row = readRow(UserRowSchema, bytes)
    if (bytes && row && row.deleted === 0n) return { key, bytes, row }
    throw new ParleyError('unknown-account', 'This account is not known here any more.')
  }

  /** Whether the account of an alias is still as it was read, and its user may be here. */
  async #stands(alias: string, held: Uint8Array | undefined, user: UserId | undefined): Promise<boolean> {
    const keys = [rowKeys.classic(alias), ...(user ? [rowKeys.user(user)] : [])]
    const [now, userBytes] = await this.#storage.get(keys)
    if (!held || !isSame(now, held)) return false
    const row = readRow(UserRowSchema, userBytes)
    return !user || (row !== undefined && !row.disabled && row.deleted === 0n)
  }

  async #account(alias: string, password: string, user: UserId | undefined, signal: AbortSignal): Promise<Uint8Array> {
    const record = await this.#passwords.make(password, signal)
    const owner = user ? { user: fromText(user) } : {}
    return encodeRow(ClassicAccountSchema, { alias, created: BigInt(this.#now()), password: record, ...owner })
  }
}

/** The rows of the alias that a user has, as changes that remove them; the name of the user stays theirs. */
function aliasRows({ name, classicAlias }: UserRow): Change[] {
  if (classicAlias === '') return []
  const folded = foldAlias(classicAlias)
  return [{ remove: rowKeys.classic(classicAlias) }, ...(folded === name ? [] : [{ remove: rowKeys.name(folded) }])]
}

function ownName(name: string): string {
  if (fitsClassic(name)) return name
  throw new ParleyError(
    'bad-name',
    `Your name "${name}" does not fit the ${limits.classicNameLongest} bytes of a classic name. Choose an alias.`,
  )
}

function isLongEnough(password: string): boolean {
  return [...password].length >= limits.passwordShortest
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0
}
