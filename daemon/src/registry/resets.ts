import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { UserId } from '../protocol/ids.ts'
import { ResetRowSchema } from '../protocol/registry_rows_pb.ts'
import { nobody } from './accounts.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

/** A row that must still be as it was. */
export type Spending = Extract<Change, { check: string }>

/** Bytes of a code with which a person sets a new password. */
export const resetCodeSize = 16

/** One-use codes of admins, at most one for each user. Storage has their hashes alone. */
export class Resets {
  readonly #storage: Storage
  readonly #now: () => number

  constructor({ storage, now }: { storage: Storage; now: () => number }) {
    this.#storage = storage
    this.#now = now
  }

  /**
   * A new code, in the place of one that was given out before.
   * @throws ParleyError `conflict` when the account has changed meanwhile; `userRow`: its row as read
   */
  async issue(user: UserId, userRow: Uint8Array): Promise<{ code: Uint8Array; expires: number }> {
    const code = new Uint8Array(randomBytes(resetCodeSize))
    const expires = this.#now() + limits.resetExpires
    const value = encodeRow(ResetRowSchema, { hash: hashOf(code), expires: BigInt(expires) })
    const written = await this.#storage.write([
      { check: rowKeys.user(user), is: userRow },
      { put: rowKeys.reset(user), value, expires },
    ])
    if (written === 'committed') return { code, expires }
    throw new ParleyError('conflict', 'The account has changed at this very moment. Try again.')
  }

  /**
   * The row that the code is in, to be removed in the batch that stores the new credential; undefined for a code that does
   * not hold. A user who does not exist costs the same.
   */
  async use(user: UserId | undefined, code: Uint8Array): Promise<Spending | undefined> {
    const key = rowKeys.reset(user ?? nobody)
    const [bytes] = await this.#storage.get([key])
    const row = readRow(ResetRowSchema, bytes)
    const isRight = timingSafeEqual(row?.hash.length === hashSize ? row.hash : new Uint8Array(hashSize), hashOf(code))
    if (!isRight || !row || Number(row.expires) <= this.#now()) return undefined
    return { check: key, is: bytes }
  }
}

const hashSize = 32

/** A code is 128 random bits: a plain hash of it cannot be searched. */
function hashOf(code: Uint8Array): Uint8Array {
  return hash('sha256', code, 'buffer')
}
