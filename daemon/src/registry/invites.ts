import { hash, randomBytes } from 'node:crypto'
import { toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ListedInvite } from '../protocol/control.ts'
import { toText } from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import { type InviteRow, InviteRowSchema } from '../protocol/registry_rows_pb.ts'
import { type Role, roleText } from './accounts.ts'
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
  /** The name of the admin who makes it; absent: somebody at the registry's own machine. */
  readonly by?: string
  /** What whoever signs up with it is. */
  readonly role?: Role
}

/** What an invite does for a sign-up. */
export interface InviteUse {
  /** Takes one use of it, in the batch of the sign-up: a check on its row and the row anew. */
  readonly changes: readonly Change[]
  readonly role: Role
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
  async create({ uses = 1, expires = this.#now() + limits.inviteExpires, ...wish }: InviteWish): Promise<Invite> {
    const now = this.#now()
    if (!Number.isSafeInteger(uses) || uses < 1 || uses > limits.inviteUses) {
      throw new ParleyError('usage', `An invite can be used 1 to ${limits.inviteUses} times, not ${uses}.`)
    }
    if (!Number.isSafeInteger(expires) || expires <= now || expires > now + limits.inviteLongest) {
      throw new ParleyError('usage', 'An invite expires in the future and within a year. Give a time such as 7d.')
    }
    const { forName, by = '', role = 'member' } = wish
    const name = forName === undefined ? {} : { forName: readUserName(forName) }
    const code = new Uint8Array(randomBytes(inviteCodeSize))
    const hashed = hashOf(code)
    const row = { uses, used: 0, expires: BigInt(expires), created: BigInt(now), by, role: roleText(role), ...name }
    const key = rowKeys.invite(hashed)
    await this.#storage.write([
      { check: key, is: undefined },
      { put: key, value: encodeRow(InviteRowSchema, row), expires: expires + limits.inviteKept },
    ])
    return { id: idOf(toText(hashed)), code, uses, expires, ...name }
  }

  /**
   * What an invite does for the sign-up of `name`.
   * @throws ParleyError `bad-invite` with the reason, when it cannot be used by `name` now
   */
  async use(code: Uint8Array, name: string): Promise<InviteUse> {
    const key = rowKeys.invite(hashOf(code))
    const [bytes] = await this.#storage.get([key])
    const row = readRow(InviteRowSchema, bytes)
    if (!bytes || !row) throw refused('This invite is not known here')
    if (row.forName !== '' && row.forName !== name) throw refused(`This invite is for the name "${row.forName}"`)
    if (Number(row.expires) <= this.#now()) throw refused('This invite has expired')
    if (row.used >= row.uses) throw refused('This invite has been used up')
    row.used++
    const value = toBinary(InviteRowSchema, row)
    return {
      changes: [
        { check: key, is: bytes },
        { put: key, value, expires: Number(row.expires) + limits.inviteKept },
      ],
      role: row.role === 'admin' ? row.role : 'member',
    }
  }

  /** The latest invites, the newest first, those that are used up or expired lately too; their codes nobody knows. */
  async list(): Promise<ListedInvite[]> {
    const found: ListedInvite[] = []
    for (let after: string | undefined; ; ) {
      const range = { limit: limits.storagePage, ...(after === undefined ? {} : { after }) }
      const { rows, more } = await this.#storage.list(rowKeys.invites, range)
      for (const [key, bytes] of rows) {
        const row = readRow(InviteRowSchema, bytes)
        if (row) found.push(listed(idOf(key.slice(rowKeys.invites.length)), row))
      }
      found.sort((a, b) => b.created - a.created).splice(limits.invitesListed)
      after = rows.at(-1)?.[0]
      if (!more || after === undefined) return found
    }
  }

  /**
   * From now on nobody signs up with it. Gives its id as it is listed.
   * @throws ParleyError `bad-invite` when there is none of that id
   */
  async revoke(text: string): Promise<string> {
    const id = text.trim().toLowerCase()
    if (idPattern.test(id)) {
      const { rows } = await this.#storage.list(`${rowKeys.invites}${id}`, { limit: 1 })
      const [key] = rows[0] ?? []
      // Whoever uses it at this moment checks its row, so one of the two is told.
      if (key !== undefined && (await this.#storage.write([{ remove: key }])) === 'committed') return id
    }
    const words = `There is no invite ${JSON.stringify(text.slice(0, 2 * idLength))}. \`parley invites\` lists them with their ids.`
    throw new ParleyError('bad-invite', words)
  }
}

const idLength = 12
const idPattern = /^[a-z2-7]{12}$/

/** Of the hash of a code, as text. */
function idOf(hashed: string): string {
  return hashed.slice(0, idLength)
}

function listed(id: string, { uses, used, expires, created, forName, by }: InviteRow): ListedInvite {
  return {
    id,
    uses,
    used,
    expires: Number(expires),
    created: Number(created),
    ...(forName !== '' && { forName }),
    ...(by !== '' && { by }),
  }
}

/** A code is 128 random bits: a plain hash of it cannot be searched. */
function hashOf(code: Uint8Array): Uint8Array {
  return hash('sha256', code, 'buffer')
}

function refused(why: string): ParleyError {
  return new ParleyError('bad-invite', `${why}. Ask an admin of the team for a new one.`)
}
