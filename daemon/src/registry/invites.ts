import { hash, randomBytes } from 'node:crypto'
import { toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { toText } from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import { InviteRowSchema } from '../protocol/registry_rows_pb.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

/** Bytes of an invite's code. */
export const inviteCodeSize = 16

/** A new invite. Only here is its code known: storage has its hash. */
export interface Invite {
  /** Enough of the hash to tell invites apart; tells nothing about the code. */
  readonly id: string
  readonly code: Uint8Array
  readonly uses: number
  /** ms since 1970 */
  readonly expires: number
  readonly forName?: string
}

export interface InviteWish {
  /** How many sign-ups; 1 when not said. */
  readonly uses?: number
  /** ms since 1970; seven days from now when not said. */
  readonly expires?: number
  /** Only this name may be signed up with it. */
  readonly forName?: string
}

/** Codes that let somebody sign up: a number of times, until a day, maybe for one name. */
export class Invites {
  readonly #storage: Storage
  readonly #now: () => number

  constructor({ storage, now }: { storage: Storage; now: () => number }) {
    this.#storage = storage
    this.#now = now
  }

  /** @throws ParleyError `usage` for uses or an expiry out of bounds, `bad-name` */
  async create({ uses = 1, expires = this.#now() + limits.inviteExpires, forName }: InviteWish): Promise<Invite> {
    const now = this.#now()
    if (!Number.isSafeInteger(uses) || uses < 1 || uses > limits.inviteUses) {
      throw new ParleyError('usage', `An invite can be used 1 to ${limits.inviteUses} times, not ${uses}.`)
    }
    if (!Number.isSafeInteger(expires) || expires <= now || expires > now + limits.inviteLongest) {
      throw new ParleyError('usage', 'An invite expires in the future and within a year. Give a time such as 7d.')
    }
    const name = forName === undefined ? {} : { forName: readUserName(forName) }
    const code = new Uint8Array(randomBytes(inviteCodeSize))
    const hashed = hashOf(code)
    const row = { uses, used: 0, expires: BigInt(expires), created: BigInt(now), ...name }
    const key = rowKeys.invite(hashed)
    await this.#storage.write([
      { check: key, is: undefined },
      { put: key, value: encodeRow(InviteRowSchema, row), expires: expires + limits.inviteKept },
    ])
    return { id: toText(hashed).slice(0, idLength), code, uses, expires, ...name }
  }

  /**
   * The changes that take one use of an invite, for the batch of the sign-up: a check on its row and the row anew.
   * @throws ParleyError `bad-invite` with the reason, when it cannot be used by `name` now
   */
  async use(code: Uint8Array, name: string): Promise<readonly Change[]> {
    const key = rowKeys.invite(hashOf(code))
    const [bytes] = await this.#storage.get([key])
    const row = readRow(InviteRowSchema, bytes)
    if (!bytes || !row) throw refused('This invite is not known here')
    if (row.forName !== '' && row.forName !== name) throw refused(`This invite is for the name "${row.forName}"`)
    if (Number(row.expires) <= this.#now()) throw refused('This invite has expired')
    if (row.used >= row.uses) throw refused('This invite has been used up')
    row.used++
    const value = toBinary(InviteRowSchema, row)
    return [
      { check: key, is: bytes },
      { put: key, value, expires: Number(row.expires) + limits.inviteKept },
    ]
  }
}

const idLength = 12

/** A code is 128 random bits: a plain hash of it cannot be searched. */
function hashOf(code: Uint8Array): Uint8Array {
  return hash('sha256', code, 'buffer')
}

function refused(why: string): ParleyError {
  return new ParleyError('bad-invite', `${why}. Ask an admin of the team for a new one.`)
}
