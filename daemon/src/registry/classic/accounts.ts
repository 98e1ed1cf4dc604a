import type { Storage } from '@parley/kit'
import { limits } from '../../limits.ts'
import { ClassicAccountSchema } from '../../protocol/classic_rows_pb.ts'
import { fitsClassic, isAlias } from '../../protocol/classic-names.ts'
import { foldAlias } from '../../protocol/names.ts'
import { NameRowSchema } from '../../protocol/registry_rows_pb.ts'
import { encodeRow, readRow, rowKeys } from '../rows.ts'
import type { ClassicPasswords } from './passwords.ts'

/** Classic accounts: an alias in the users' own namespace, and a password record of their own. */
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
    const account = await this.#account(alias, password, signal)
    const written = await this.#storage.write([
      { check: name, is: undefined },
      { put: name, value: encodeRow(NameRowSchema, {}) },
      { put: classicKey(alias), value: account },
    ])
    return written === 'committed' ? 'registered' : 'taken'
  }

  /** The alias as its owner wrote it, when the password is right. Takes as long for a name that nobody has. */
  async signIn(alias: string, password: string, signal: AbortSignal): Promise<string | undefined> {
    const [row] = await this.#storage.get([classicKey(alias)])
    const account = readRow(ClassicAccountSchema, row)
    const isRight = await this.#passwords.check(account?.password, password, signal)
    return isRight ? account?.alias : undefined
  }

  /** Gives the user of that name a classic password beside their own sign-in. */
  async setPassword(name: string, password: string, signal: AbortSignal): Promise<'set' | 'refused'> {
    if (!fitsClassic(name) || !isLongEnough(password)) return 'refused'
    const key = rowKeys.name(foldAlias(name))
    const [row] = await this.#storage.get([key])
    if (row === undefined) return 'refused'
    const account = await this.#account(name, password, signal)
    const written = await this.#storage.write([
      { check: key, is: row },
      { put: classicKey(name), value: account },
    ])
    return written === 'committed' ? 'set' : 'refused'
  }

  async #account(alias: string, password: string, signal: AbortSignal): Promise<Uint8Array> {
    const record = await this.#passwords.make(password, signal)
    return encodeRow(ClassicAccountSchema, { alias, created: BigInt(this.#now()), password: record })
  }
}

function classicKey(alias: string): string {
  return `classic/${encodeURIComponent(foldAlias(alias))}`
}

function isLongEnough(password: string): boolean {
  return [...password].length >= limits.passwordShortest
}
