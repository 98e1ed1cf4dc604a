import { toBinary } from '@bufbuild/protobuf'
import type { Auth, Log, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { ControlRequests, DeviceInfo, UserInfo } from '../protocol/control.ts'
import { toText, type UserId, userId } from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import { NameRowSchema, type UserRow, UserRowSchema } from '../protocol/registry_rows_pb.ts'
import { type Accounts, accountDisabled, roleText } from './accounts.ts'
import type { Audit } from './audit.ts'
import type { Changes } from './changes.ts'
import type { HeldDevice } from './device-rows.ts'
import type { Devices } from './devices.ts'
import type { Directory } from './directory.ts'
import { erase } from './erase.ts'
import type { LastSeen } from './last-seen.ts'
import type { Mailbox } from './mailbox/mailbox.ts'
import type { OnlineList } from './online-list.ts'
import type { Presence } from './presence.ts'
import type { Resets } from './resets.ts'
import { readRow, rowKeys } from './rows.ts'
import type { Sessions } from './sessions.ts'

export interface UsersParts {
  readonly storage: Storage
  readonly auths: ReadonlyMap<string, Auth>
  readonly accounts: Accounts
  readonly devices: Pick<Devices, 'all'>
  readonly directory: Directory
  readonly sessions: Sessions
  readonly presence: Presence
  readonly lastSeen: LastSeen
  readonly onlineList: OnlineList
  readonly changes: Pick<Changes, 'person' | 'own'>
  readonly mailbox: Pick<Mailbox, 'forget'>
  readonly resets: Resets
  readonly audit: Audit
  readonly log: Log
  readonly now: () => number
  /** The team as a new invite or code names it. */
  readonly about: () => { readonly team: string; readonly address: string }
  /** Ends what a user does as a classic client, by the names that open it. */
  readonly endClassic?: (names: readonly string[]) => void
}

type Params<Method extends keyof ControlRequests> = ControlRequests[Method][0]
type Result<Method extends keyof ControlRequests> = Promise<ControlRequests[Method][1]>

/** Accounts as the operator of a registry sees and changes them: each method is the request of the control API. */
export class Users {
  readonly #parts: UsersParts

  constructor(parts: UsersParts) {
    this.#parts = parts
  }

  /** Accounts by name, deleted ones too; with a query those whose names have it, which deleted ones have not. */
  async users({ query = '', after = '', limit }: Params<'users'>): Result<'users'> {
    const { directory } = this.#parts
    if (query.trim() === '') return this.#page(after, limit)
    const { people, more } = directory.search(query, limit)
    const found = await Promise.all(people.map(({ user }) => this.#read(user)))
    return { users: await this.#infos(found), more }
  }

  /** @throws ParleyError `unknown-user`, `bad-name` */
  async user({ name }: Params<'user'>): Result<'user'> {
    return this.#info(await this.#named(name))
  }

  /**
   * Disabling ends the sessions at once. What is so already is done again: a crash or a full disk may have kept it out of
   * the audit log, and a restore would undo it.
   * @throws ParleyError `unknown-user`, `bad-name`, `busy`
   */
  async setUser({ name, disabled, role }: Params<'setUser'>): Result<'setUser'> {
    const { user } = await this.#standing(name)
    if (disabled !== undefined) await this.#setDisabled(user, disabled)
    if (role !== undefined) await this.#setRole(user, role)
    return this.#info(await this.#read(user))
  }

  /**
   * Erases an account. Its name and id stay reserved. Done again, it finishes what a crash has left.
   * @throws ParleyError `unknown-user`, `bad-name`, `busy`
   */
  async deleteUser({ name }: Params<'deleteUser'>): Result<'deleteUser'> {
    const { user, row } = await this.#named(name)
    const { sessions, presence, lastSeen, directory, onlineList, changes, mailbox, audit, log } = this.#parts
    const names = await erase(user, this.#parts, async () => {
      // The account is gone: before anything else of it goes, nobody acts in its name any more.
      sessions.revision++
      sessions.bar(user, 'unknown-account', `The account "${row.name}" was deleted.`)
      presence.gone(user)
      directory.remove(user)
      await mailbox.forget(user)
      await lastSeen.forget(user)
    })
    this.#parts.endClassic?.(names)
    onlineList.changed(user)
    changes.person(user)
    log.info({ user, name: row.name }, 'An account was deleted.')
    await audit.note({ what: 'user-deleted', by: operator, user, name: row.name })
    return {}
  }

  /** @throws ParleyError `unknown-user`, `bad-name`, `unsupported`, `conflict` */
  async resetUser({ name }: Params<'resetUser'>): Result<'resetUser'> {
    const { resets, auths, audit, about } = this.#parts
    const { user, row, bytes } = await this.#standing(name)
    if (!auths.get(row.mechanism)?.enrol) {
      throw new ParleyError('unsupported', 'The passwords of this team are not kept here; set it anew where they are.')
    }
    const { code, expires } = await resets.issue(user, bytes)
    await audit.note({ what: 'reset', by: operator, user, name: row.name })
    const text = resetText({ ...about(), name: row.name, code: toText(code), expires })
    return { code: toText(code), expires, text }
  }

  async #setDisabled(user: UserId, disabled: boolean): Promise<void> {
    const { sessions, changes, mailbox, audit } = this.#parts
    const { name, classicAlias } = await this.#change(user, { disabled })
    sessions.revision++
    if (disabled) {
      sessions.bar(user, 'account-disabled', accountDisabled(name).message)
      this.#parts.endClassic?.(classicAlias === '' ? [name] : [name, classicAlias])
      await mailbox.forget(user)
    } else sessions.admit(user)
    changes.person(user)
    await audit.note({ what: disabled ? 'user-disabled' : 'user-enabled', by: operator, user, name })
  }

  async #setRole(user: UserId, role: 'member' | 'admin'): Promise<void> {
    const { accounts, sessions, changes, audit } = this.#parts
    const { name } = await this.#change(user, { role: roleText(role) })
    sessions.revision++
    const enrolled = await accounts.byUser(user)
    if (enrolled) sessions.changed(enrolled.account)
    changes.own(user)
    await audit.note({ what: 'role', by: operator, user, name, detail: role })
  }

  /** Writes the row with these changes, whatever else changes it meanwhile. Gives it as it is from now on. */
  async #change(user: UserId, changes: Partial<Pick<UserRow, 'disabled' | 'role'>>): Promise<UserRow> {
    const key = rowKeys.user(user)
    for (let attempt = 0; attempt < limits.rowTries; attempt++) {
      const { row, bytes } = await this.#read(user)
      if (row.deleted > 0n) throw nobody(row.name)
      const next = { ...row, ...changes }
      const batch = [
        { check: key, is: bytes },
        { put: key, value: toBinary(UserRowSchema, next) },
      ]
      if ((await this.#parts.storage.write(batch)) === 'committed') return next
    }
    throw new ParleyError('busy', 'The registry is busy with this account. Try again in a moment.')
  }

  async #page(after: string, limit: number): Result<'users'> {
    const { storage } = this.#parts
    const found: Found[] = []
    for (let last = rowKeys.name(after); ; ) {
      const { rows, more } = await storage.list(rowKeys.names, { after: last, limit })
      for (const [at, [key, value]] of rows.entries()) {
        const named = readRow(NameRowSchema, value)?.user
        // Names of classic accounts have no user, and an alias is not the name of its user.
        const one = named?.length === userIdSize ? await this.#read(userId(named)) : undefined
        if (!one || rowKeys.name(one.row.name) !== key) continue
        found.push(one)
        if (found.length === limit) return { users: await this.#infos(found), more: more || at + 1 < rows.length }
      }
      const end = rows.at(-1)?.[0]
      if (!more || end === undefined) return { users: await this.#infos(found), more: false }
      last = end
    }
  }

  /** @throws ParleyError `unknown-user`, `bad-name` */
  async #named(text: string): Promise<Found> {
    const name = readUserName(text)
    const user = await this.#parts.accounts.userNamed(name)
    if (user) return this.#read(user)
    throw nobody(name)
  }

  /** Somebody who was not deleted. */
  async #standing(text: string): Promise<Found> {
    const found = await this.#named(text)
    if (found.row.deleted === 0n) return found
    throw new ParleyError('unknown-user', `The account "${found.row.name}" was deleted; its name stays reserved.`)
  }

  async #read(user: UserId): Promise<Found> {
    const [bytes] = await this.#parts.storage.get([rowKeys.user(user)])
    const row = readRow(UserRowSchema, bytes)
    if (row && bytes) return { user, row, bytes }
    throw new ParleyError('damaged-data', "The registry's storage is damaged: a name has no account. Restore a backup.")
  }

  #infos(found: readonly Found[]): Promise<UserInfo[]> {
    return Promise.all(found.map(one => this.#info(one)))
  }

  async #info({ user, row }: Found): Promise<UserInfo> {
    const { presence, devices } = this.#parts
    const { name, displayName, role, disabled, deleted, created, classicAlias } = row
    const isDeleted = deleted > 0n
    const { listed, pending, held } = isDeleted ? noDevices : await devices.all(user)
    const { status, since } = presence.of(user)
    return {
      user,
      name,
      displayName: displayName || name,
      role: role === 'admin' ? role : 'member',
      state: isDeleted ? 'deleted' : disabled ? 'disabled' : 'active',
      status,
      since: isDeleted ? Number(deleted) : since,
      created: Number(created),
      devices: [
        ...listed.map(device =>
          this.#device(
            device,
            held?.listed.devices.find(({ id }) => id === device.id),
          ),
        ),
        ...pending.map(device => this.#device(device, undefined)),
      ],
      ...(classicAlias !== '' && { classicAlias }),
    }
  }

  #device({ id, row }: HeldDevice, listed: { name: string; added: number } | undefined): DeviceInfo {
    return {
      device: id,
      name: listed?.name ?? row?.name ?? '',
      added: listed?.added ?? Number(row?.added ?? 0n),
      seen: Number(row?.seen ?? 0n),
      isThis: false,
      isOnline: this.#parts.sessions.ofDevice(id) !== undefined,
      isPending: !listed,
      ...(!listed && row?.address && { address: row.address }),
    }
  }
}

interface Found {
  readonly user: UserId
  readonly row: UserRow
  readonly bytes: Uint8Array
}

/** Whoever has a terminal at the registry's own machine. */
export const operator = 'operator'

const noDevices = { listed: [], pending: [], held: undefined }
const userIdSize = 16

function nobody(name: string): ParleyError {
  return new ParleyError('unknown-user', `Nobody here has the name "${name}". \`parley user list\` lists everybody.`)
}

function resetText(told: { team: string; address: string; name: string; code: string; expires: number }): string {
  const { team, address, name, code, expires } = told
  const until = new Date(expires).toISOString().slice(0, 16).replace('T', ' ')
  return [
    `Set a new password for ${name} at ${team}. The code is for you alone:`,
    '',
    code,
    '',
    'In a terminal:',
    `parley sign-in ${name} --code --registry '${address}'`,
    '',
    `It works once, until ${until} UTC. On a device that is signed in to the team, leave --registry out.`,
  ].join('\n')
}
