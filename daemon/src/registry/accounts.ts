import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type DeviceId, deviceId, fromText, type UserId, userId } from '../protocol/ids.ts'
import { idOfKey } from '../protocol/keys.ts'
import { RosterSchema, type Signed, SignedSchema } from '../protocol/parley_pb.ts'
import {
  CredentialRowSchema,
  type DeviceRow,
  DeviceRowSchema,
  NameRowSchema,
  RosterRowSchema,
  UserRowSchema,
} from '../protocol/registry_rows_pb.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'

/** Who somebody is at this registry. */
export interface Account {
  readonly user: UserId
  readonly name: string
  readonly displayName: string
  /** The mechanism that created the account: no other signs it in. */
  readonly mechanism: string
  /** SPKI. */
  readonly accountKey: Uint8Array
  /** Counts the account keys of the user, from 1. */
  readonly generation: number
  /** Devices that no longer count. */
  readonly denied: ReadonlySet<DeviceId>
  readonly role: Role
  /** Nobody signs in to it, and none of its devices counts. */
  readonly isDisabled: boolean
  /** Under which a classic password opens the name; absent or empty: none. */
  readonly classicAlias?: string
}

/** What somebody may do in the team: an admin may invite. */
export type Role = 'member' | 'admin'

/** An account with its roster, exactly as signed. */
export interface Enrolled {
  readonly account: Account
  readonly roster: Signed
}

/** What a sign-up makes. */
interface NewAccount extends Enrolled {
  readonly credential: Uint8Array
  /** SPKI of the first device. */
  readonly deviceKey: Uint8Array
  /** ms since 1970. */
  readonly created: number
}

/** The rows of a new account, for one batch. It commits only if name, user id and device were never used here. */
export function accountRows({ account, roster, credential, deviceKey, created }: NewAccount): Change[] {
  const { name, displayName, mechanism, accountKey, generation } = account
  const user = fromText(account.user)
  const at = BigInt(created)
  const role = roleText(account.role)
  const rows: [string, Uint8Array][] = [
    [
      rowKeys.user(account.user),
      encodeRow(UserRowSchema, { user, name, displayName, mechanism, accountKey, generation, created: at, role }),
    ],
    [rowKeys.name(name), encodeRow(NameRowSchema, { user })],
    [rowKeys.credential(account.user), encodeRow(CredentialRowSchema, { credential })],
    [
      rowKeys.device(deviceId(idOfKey(deviceKey))),
      encodeRow(DeviceRowSchema, { user, key: deviceKey, added: at, seen: at }),
    ],
    [rowKeys.roster(account.user), encodeRow(RosterRowSchema, { roster })],
  ]
  return rows.flatMap(([key, value]) => [
    { check: key, is: undefined },
    { put: key, value },
  ])
}

/** Reads accounts and keeps what a sign-in changes about a device. */
export class Accounts {
  readonly #storage: Storage
  readonly #now: () => number

  constructor({ storage, now }: { storage: Storage; now: () => number }) {
    this.#storage = storage
    this.#now = now
  }

  /** Every account, in pages: at the start of a registry. */
  async *all(): AsyncGenerator<Account> {
    let after: string | undefined
    for (;;) {
      const range = { limit: limits.storagePage, ...(after === undefined ? {} : { after }) }
      const { rows, more } = await this.#storage.list(rowKeys.users, range)
      for (const [, bytes] of rows) {
        const account = accountOf(bytes)
        if (account) yield account
      }
      after = rows.at(-1)?.[0]
      if (!more || after === undefined) return
    }
  }

  async byUser(user: UserId): Promise<Enrolled | undefined> {
    const [userRow, rosterRow] = await this.#storage.get([rowKeys.user(user), rowKeys.roster(user)])
    return enrolledOf(userRow, rosterRow)
  }

  /**
   * The account and credential of a name. A name that is not known costs the same reads and the same decoding as one that
   * is, so that the time of an answer does not tell them apart.
   */
  async byName(name: string): Promise<(Enrolled & { credential: Uint8Array }) | undefined> {
    const user = (await this.userNamed(name)) ?? nobody
    const keys = [rowKeys.user(user), rowKeys.roster(user), rowKeys.credential(user)]
    const [userRow, rosterRow, credentialRow] = await this.#storage.get(keys)
    const enrolled = enrolledOf(userRow ?? decoyRows.user, rosterRow ?? decoyRows.roster)
    const credential = readRow(CredentialRowSchema, credentialRow ?? decoyRows.credential)?.credential
    return userRow && rosterRow && credentialRow && enrolled && credential && { ...enrolled, credential }
  }

  /** The user who has a name; undefined for a free one, and for one that a classic account has. */
  async userNamed(name: string): Promise<UserId | undefined> {
    const [nameRow] = await this.#storage.get([rowKeys.name(name)])
    const user = readRow(NameRowSchema, nameRow)?.user
    return user?.length === nobodyBytes.length ? userId(user) : undefined
  }

  /** Whether a user id was ever used here. */
  async isUsed(user: UserId): Promise<boolean> {
    const [userRow] = await this.#storage.get([rowKeys.user(user)])
    return userRow !== undefined
  }

  /** Whether a name is taken, be it by a classic account or one that was deleted. */
  async isTaken(name: string): Promise<boolean> {
    const [nameRow] = await this.#storage.get([rowKeys.name(name)])
    return nameRow !== undefined
  }

  /** What is known of a device, and the account that it belongs to. */
  async byDevice(device: DeviceId): Promise<(Enrolled & { device: DeviceRow }) | undefined> {
    const [deviceBytes] = await this.#storage.get([rowKeys.device(device)])
    const row = readRow(DeviceRowSchema, deviceBytes)
    const enrolled = row && (await this.byUser(userId(row.user)))
    return enrolled && { ...enrolled, device: row }
  }

  /** Whether the device must show the password: it has signed out, or nobody has seen it for long. */
  needsPassword(device: DeviceRow): boolean {
    return device.signedOut || this.#now() - Number(device.seen) > limits.idleDevice
  }

  /** Notes a visit of a device, at most once a day. `known` is its row as just read. A sign-out stays one. */
  async visited(device: DeviceId, known?: DeviceRow): Promise<void> {
    if (known && !this.#isNews(known)) return
    await this.#changeDevice(device, row => {
      if (row.signedOut || !this.#isNews(row)) return false
      row.seen = BigInt(this.#now())
      return true
    })
  }

  /** The device has shown the password, which ends a sign-out. */
  async signedIn(device: DeviceId): Promise<void> {
    await this.#changeDevice(device, row => {
      if (!row.signedOut && !this.#isNews(row)) return false
      row.signedOut = false
      row.seen = BigInt(this.#now())
      return true
    })
  }

  /** From now on the device must show the password. Resolves once that is stored. */
  async signedOut(device: DeviceId): Promise<void> {
    await this.#changeDevice(device, row => {
      if (row.signedOut) return false
      row.signedOut = true
      return true
    })
  }

  #isNews(device: DeviceRow): boolean {
    return this.#now() - Number(device.seen) >= limits.deviceSeen
  }

  /** `change` says whether there is something to write. A row that another request changed meanwhile is read again. */
  async #changeDevice(device: DeviceId, change: (row: DeviceRow) => boolean): Promise<void> {
    const key = rowKeys.device(device)
    for (let attempt = 0; attempt < limits.rowTries; attempt++) {
      const [bytes] = await this.#storage.get([key])
      const row = readRow(DeviceRowSchema, bytes)
      if (!row || !change(row)) return
      const value = toBinary(DeviceRowSchema, row)
      if (
        (await this.#storage.write([
          { check: key, is: bytes },
          { put: key, value },
        ])) === 'committed'
      )
        return
    }
    throw new ParleyError('busy', 'The registry is busy with this device. Try again in a moment.')
  }
}

/** What is read in the place of rows that are not there: as large as most are. */
const decoyRows = {
  user: encodeRow(UserRowSchema, {
    user: new Uint8Array(16),
    name: 'nobody',
    displayName: 'nobody',
    mechanism: 'opaque',
    accountKey: new Uint8Array(91),
    generation: 1,
    created: 1n,
  }),
  roster: encodeRow(RosterRowSchema, { roster: decoyRoster() }),
  credential: encodeRow(CredentialRowSchema, { credential: new Uint8Array(192) }),
}

/** A roster of one device that nobody has, to be looked through where there is none. */
export function decoyRoster(): Signed {
  const device = { key: new Uint8Array(91), name: 'nobody’s', added: 1n }
  const roster = create(RosterSchema, { registry: new Uint8Array(32), user: new Uint8Array(16), devices: [device] })
  const payload = toBinary(RosterSchema, roster)
  return create(SignedSchema, { alg: 1, payload, signature: new Uint8Array(64) })
}

/** Stands in for the user of a name that nobody has: no user id is all zero bytes but by a chance of 2⁻¹²⁸. */
const nobodyBytes = new Uint8Array(16)
export const nobody = userId(nobodyBytes)

export function accountDisabled(name: string): ParleyError {
  return new ParleyError('account-disabled', `The account "${name}" is disabled. Ask an admin of the team.`)
}

/** A role as rows have it. */
export function roleText(role: Role): string {
  return role === 'admin' ? role : ''
}

/** The account of these rows as read; undefined where there is none. */
export function enrolledOf(userRow: Uint8Array | undefined, rosterRow: Uint8Array | undefined): Enrolled | undefined {
  const roster = readRow(RosterRowSchema, rosterRow)?.roster
  const account = accountOf(userRow)
  if (!account || !roster) return undefined
  return { account: account.isDisabled ? withoutDevices(account, roster) : account, roster }
}

/** People who look a disabled account up hear that none of its devices counts, and so let go of it at once. */
function withoutDevices(account: Account, roster: Signed): Account {
  const devices = fromBinary(RosterSchema, roster.payload).devices.map(({ key }) => deviceId(idOfKey(key)))
  const denied = new Set([...devices, ...account.denied].slice(0, limits.revokedDevices))
  return { ...account, denied }
}

/** The account of a user row; undefined where there is none any more. */
export function accountOf(bytes: Uint8Array | undefined): Account | undefined {
  const row = readRow(UserRowSchema, bytes)
  if (!row || row.deleted > 0n) return undefined
  const { user, name, displayName, mechanism, accountKey, generation, denied, role, disabled, classicAlias } = row
  return {
    user: userId(user),
    name,
    displayName,
    mechanism,
    accountKey: new Uint8Array(accountKey),
    generation,
    denied: new Set(denied.map(deviceId)),
    role: role === 'admin' ? role : 'member',
    isDisabled: disabled,
    classicAlias,
  }
}
