import type { Change, Log, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, type UserId, userId } from '../protocol/ids.ts'
import { idOfKey, publicKeyOf } from '../protocol/keys.ts'
import type { NewAccountKey, Signed } from '../protocol/parley_pb.ts'
import type { DeviceRow, UserRow } from '../protocol/registry_rows_pb.ts'
import { isNewerRoster, type Roster, readRoster, refuseOlderRoster } from '../protocol/statements.ts'
import { type Accounts, accountDisabled, type Enrolled } from './accounts.ts'
import type { Audit, AuditEvent } from './audit.ts'
import type { Changes } from './changes.ts'
import {
  type Admitted,
  checkProof,
  deniedOf,
  type HeldDevice,
  type HeldRows,
  hasDevice,
  holdRows,
  pendingMark,
  putDevice,
  putRoster,
  putUser,
  readDevices,
  readPending,
  removePending,
} from './device-rows.ts'
import type { Mailbox } from './mailbox/mailbox.ts'
import { rowKeys } from './rows.ts'
import type { Session, Sessions } from './sessions.ts'

/** How a device stands with its account. */
export interface Standing extends Enrolled {
  /** It has shown the password but is in no roster. */
  readonly isPending: boolean
  /** Its row as read. */
  readonly device: DeviceRow
  /** The changes of accounts by then: {@link Sessions.revision}. */
  readonly revision: number
}

export interface DevicesParts {
  readonly registry: RegistryId
  readonly storage: Storage
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly changes: Pick<Changes, 'person' | 'own'>
  readonly mailbox: Pick<Mailbox, 'forget'>
  readonly audit: Audit
  readonly log: Log
  readonly now: () => number
}

/**
 * The devices of accounts. A device counts once the account key has put it into a roster; until then it waits, seen by
 * nobody. All rows of a change are one conditional batch: of two changes at once, one is made and the other is told.
 */
export class Devices {
  readonly #parts: DevicesParts
  readonly #turns = new Map<UserId, Promise<void>>()

  constructor(parts: DevicesParts) {
    this.#parts = parts
  }

  /**
   * How the device that TLS has shown stands.
   * @throws ParleyError `unknown-account`, `account-disabled`, `device-denied`
   */
  async standing(key: Uint8Array): Promise<Standing> {
    const { accounts, sessions } = this.#parts
    const { revision } = sessions
    const device = deviceId(idOfKey(key))
    const known = await accounts.byDevice(device)
    if (!known) throw unknown()
    const { account, roster } = known
    if (account.isDisabled) throw accountDisabled(account.name)
    const isPending = !hasDevice(roster, key)
    // A roster of before the denial, as a restored backup has it, may still name a denied device.
    if (account.denied.has(device) || (isPending && !known.device.pending)) throw denied(account.name)
    return { ...known, isPending, revision }
  }

  /**
   * The right password was shown: the device is one of the account's already, or waits from now on to be approved.
   * `proof`: the credential that it was right for; a password that was changed meanwhile admits nobody.
   * @throws ParleyError `wrong-credentials`, `device-denied`, `already-signed-up`, `busy`
   */
  admit(user: UserId, device: Admitted): Promise<void> {
    return this.#changing(user, held => this.#admit(held, device))
  }

  /**
   * A newer roster of the account. It is the account key that speaks: devices that are not known here count from now on,
   * those that are revoked or left out no longer do.
   * @throws ParleyError `bad-signature`, `forged`, `roster-rollback`, `conflict`, `device-denied`, `busy`
   */
  async publish(by: Session, signed: Signed | undefined): Promise<void> {
    const { user } = by.account
    await this.#changing(user, held => this.#publish(held, by, signed))
  }

  /**
   * A new account key, by a pending device whose person has just shown the password: all other devices are denied.
   * @throws ParleyError `usage`, `password-needed`, `bad-signature`, `forged`, `busy`
   */
  async replaceKey(by: Session, asked: NewAccountKey): Promise<void> {
    if (!by.isPending) throw new ParleyError('usage', 'Only a device that waits to be approved can do this.')
    if (!by.hasShownPassword) {
      throw new ParleyError('password-needed', 'A new account key needs the password anew. Sign in with it first.')
    }
    await this.#changing(by.account.user, held => this.#replaceKey(held, by, asked))
  }

  /** Forgets a pending device and ends its session. @throws ParleyError `usage` for one that was approved */
  async drop({ account: { user } }: Session, device: DeviceId): Promise<void> {
    await this.#changing(user, async held => {
      if (held.listed.devices.some(({ id }) => id === device)) {
        throw new ParleyError('usage', 'This device is approved; revoke it instead.')
      }
      return this.#forgetting(user, ({ id }) => id === device)
    })
  }

  /** The password is another one now: whoever waits has shown one that no longer holds. @throws ParleyError `busy` */
  async forgetPending(user: UserId): Promise<void> {
    await this.#changing(user, () => this.#forgetting(user, () => true))
  }

  /** The devices in the roster, and those that wait, as their rows are. */
  async all(user: UserId): Promise<{ held: HeldRows; listed: HeldDevice[]; pending: HeldDevice[] }> {
    const { storage, registry } = this.#parts
    const held = await holdRows(storage, registry, user)
    const listed = await readDevices(
      storage,
      held.listed.devices.map(({ id }) => id),
    )
    return { held, listed, pending: await readPending(storage, user) }
  }

  async #admit(held: HeldRows, device: Admitted): Promise<Work> {
    const { storage, accounts, changes, now } = this.#parts
    const { user, row } = held
    const proof = await checkProof(storage, user, device.proof)
    const id = deviceId(idOfKey(device.key))
    const [known] = await readDevices(storage, [id])
    if (!known) return nothing
    if (known.row && userId(known.row.user) !== user) {
      throw new ParleyError('already-signed-up', 'This device has another account here. Use another home for this one.')
    }
    if (deniedOf(row).has(id)) throw denied(row.name)
    if (held.listed.devices.some(one => one.id === id)) {
      await accounts.signedIn(id)
      return nothing
    }
    if (known.row && !known.row.pending) throw denied(row.name)
    const at = BigInt(now())
    const { key, name, address } = device
    const added = known.row?.added ?? at
    const init = { user: fromText(user), key, added, seen: at, signedOut: false, pending: true, name, address }
    const others = (await readPending(storage, user)).filter(one => one.id !== id)
    const tooMany = others.slice(0, Math.max(0, others.length + 1 - limits.pendingDevices))
    return {
      changes: [
        ...held.checks,
        proof,
        ...putDevice(known, init),
        { put: rowKeys.pending(user, id), value: pendingMark },
        ...tooMany.flatMap(one => removePending(user, one)),
      ],
      done: async () => {
        await this.#dropped(user, tooMany)
        changes.own(user)
      },
    }
  }

  async #publish(held: HeldRows, by: Session, signed: Signed | undefined): Promise<Work> {
    const { registry, storage } = this.#parts
    const { user, row, listed } = held
    refuseGone(row, by)
    const { accountKey, generation } = row
    const roster = readRoster(signed, { accountKey, registry, user, generation })
    if (!signed) return nothing
    refuseOlderRoster(roster, listed)
    const isNewer = isNewerRoster(roster, listed)
    if (!isNewer && !Buffer.from(signed.payload).equals(held.roster.payload)) throw lateRoster()
    const before = deniedOf(row)
    if (roster.devices.some(({ id }) => before.has(id))) {
      throw new ParleyError(
        'device-denied',
        'The list names a device that was revoked. Sign that one in from a new home.',
      )
    }
    const left = listed.devices.filter(({ id }) => !roster.devices.some(device => device.id === id))
    const after = new Set([...before, ...left.map(({ id }) => id), ...roster.revoked])
    const isOfAnother = ({ row: known }: HeldDevice) => known !== undefined && userId(known.user) !== user
    const gone = [...after].filter(id => !before.has(id))
    const named = roster.devices.map(({ id }) => id)
    const devices = await readDevices(storage, named)
    // What an attestation denies was that person's: by it others judge whose words those of a revoked device are.
    if ([...devices, ...(await readDevices(storage, gone))].some(isOfAnother)) {
      throw new ParleyError('forged', 'The list names a device of somebody else. Nothing was accepted.')
    }
    const approved = devices.filter(({ row: known }) => !known || known.pending)
    if (!isNewer && approved.length === 0 && gone.length === 0) return nothing
    const changes = [
      ...held.checks,
      putRoster(user, signed),
      putUser(user, row, {}, after),
      ...approved.flatMap(device => this.#approve(user, device, roster)),
      ...gone.map(id => ({ remove: rowKeys.pending(user, id) })),
    ]
    const ids = approved.map(({ id }) => id)
    return { changes, done: () => this.#published(user, by, { approved: ids, gone, left: left.map(({ id }) => id) }) }
  }

  #approve(user: UserId, device: HeldDevice, { devices }: Roster): Change[] {
    const { row, id } = device
    const listed = devices.find(one => one.id === id)
    const at = BigInt(this.#parts.now())
    const fresh = { user: fromText(user), key: listed?.key ?? new Uint8Array(), added: at, seen: at }
    const cleared = { pending: false, name: '', address: '' }
    return [...putDevice(device, row ? cleared : fresh), { remove: rowKeys.pending(user, id) }]
  }

  async #published(
    user: UserId,
    by: Session,
    { approved, gone, left }: Record<'approved' | 'gone' | 'left', readonly DeviceId[]>,
  ): Promise<void> {
    const { sessions, changes } = this.#parts
    // First of all: nothing that is read or written after this may fail and leave them here, or out of the log.
    for (const id of left) sessions.forget(id)
    for (const id of gone) this.#end(id, user)
    const { name } = by.account
    const noted = this.#note([
      ...gone.map(device => ({ what: 'device-denied', user, name, device }) as const),
      ...approved.map(device => ({ what: 'device-approved', user, name, device }) as const),
    ])
    noted.catch(() => {}) // told below
    await this.#refresh(user)
    for (const id of approved) {
      const session = sessions.ofDevice(id)
      if (session?.account.user === user) sessions.approve(session)
    }
    changes.person(user)
    changes.own(user)
    await this.#parts.mailbox.forget(user, gone)
    await noted
  }

  async #replaceKey(held: HeldRows, by: Session, { accountKey, roster: signed }: NewAccountKey): Promise<Work> {
    const { storage, registry } = this.#parts
    const { user, row, listed } = held
    refuseGone(row, by)
    publicKeyOf(accountKey)
    const generation = row.generation + 1
    if (Buffer.from(accountKey).equals(row.accountKey)) throw notNew('must be another one')
    const roster = readRoster(signed, { accountKey, registry, user, generation })
    const isAlone = roster.devices.length === 1 && roster.devices[0]?.id === by.device && roster.revoked.size === 0
    if (!signed || roster.version !== 1 || !isAlone) throw notNew('begins with a list of the asking device alone')
    const pending = await readPending(storage, user)
    const own = pending.find(({ id }) => id === by.device)
    if (!own) throw new ParleyError('device-denied', 'This device waits no longer. Sign in with the password again.')
    const others = pending.filter(({ id }) => id !== by.device)
    const gone = listed.devices.map(({ id }) => id)
    const key = { accountKey: new Uint8Array(accountKey), generation }
    const changes = [
      ...held.checks,
      putUser(user, row, key, new Set([...deniedOf(row), ...gone])),
      putRoster(user, signed),
      ...this.#approve(user, own, roster),
      ...others.flatMap(one => removePending(user, one)),
    ]
    return { changes, done: () => this.#replaced(user, by, { generation, gone, others }) }
  }

  async #replaced(
    user: UserId,
    by: Session,
    { generation, gone, others }: { generation: number; gone: readonly DeviceId[]; others: readonly HeldDevice[] },
  ): Promise<void> {
    const { sessions, changes, log } = this.#parts
    for (const id of gone) sessions.forget(id)
    for (const id of gone) this.#end(id, user)
    const { name } = by.account
    const noted = this.#note([
      { what: 'account-key', user, name, device: by.device, generation },
      ...gone.map(device => ({ what: 'device-denied', user, name, device }) as const),
    ])
    noted.catch(() => {}) // told below
    await this.#dropped(user, others)
    await this.#refresh(user)
    sessions.approve(by)
    changes.person(user)
    log.info({ user, name, generation }, 'Somebody has a new account key.')
    await this.#parts.mailbox.forget(user, gone)
    await noted
  }

  async #forgetting(user: UserId, isMeant: (device: HeldDevice) => boolean): Promise<Work> {
    const pending = (await readPending(this.#parts.storage, user)).filter(isMeant)
    if (pending.length === 0) return nothing
    return { changes: pending.flatMap(one => removePending(user, one)), done: () => this.#dropped(user, pending) }
  }

  /** Sessions of pending devices that were forgotten end. */
  async #dropped(user: UserId, devices: readonly HeldDevice[]): Promise<void> {
    const { sessions, changes } = this.#parts
    sessions.revision++
    for (const { id } of devices) {
      const session = sessions.ofDevice(id)
      if (session?.account.user === user) sessions.end(session, 'signed-out', declined)
    }
    if (devices.length > 0) changes.own(user)
  }

  /** Sessions speak of the account as it is from now on, and who reads it at this moment reads it again. */
  async #refresh(user: UserId): Promise<void> {
    const { accounts, sessions } = this.#parts
    sessions.revision++
    const enrolled = await accounts.byUser(user)
    if (enrolled) sessions.changed(enrolled.account)
  }

  #end(device: DeviceId, user: UserId): void {
    const session = this.#parts.sessions.ofDevice(device)
    if (session?.account.user !== user) return
    const { code, message } = denied(session.account.name)
    this.#parts.sessions.end(session, code, message)
  }

  async #note(events: readonly (Omit<AuditEvent, 'by'> & { user: UserId })[]): Promise<void> {
    const { audit } = this.#parts
    await Promise.all(events.map(event => audit.note({ ...event, by: event.user })))
  }

  /** Changes of one account go one after the other; where somebody else changes its rows meanwhile, it is judged anew. */
  #changing(user: UserId, judge: (held: HeldRows) => Promise<Work>): Promise<void> {
    const before = this.#turns.get(user) ?? Promise.resolve()
    const result = before.then(() => this.#change(user, judge))
    const turn = result
      .catch(() => {}) // told to who asked
      .then(() => {
        if (this.#turns.get(user) === turn) this.#turns.delete(user)
      })
    this.#turns.set(user, turn)
    return result
  }

  async #change(user: UserId, judge: (held: HeldRows) => Promise<Work>): Promise<void> {
    const { storage, registry } = this.#parts
    for (let attempt = 0; attempt < limits.rowTries; attempt++) {
      const { changes, done } = await judge(await holdRows(storage, registry, user))
      if (changes.length === 0) return
      if ((await storage.write(changes)) === 'committed') return done()
    }
    throw new ParleyError('busy', 'The registry is busy with this account. Try again in a moment.')
  }
}

/** A batch, and what follows once it is committed. */
interface Work {
  readonly changes: readonly Change[]
  readonly done: () => Promise<void>
}

const nothing: Work = { changes: [], done: async () => {} }

/** What was asked in a session waits for its turn, and the session may be over by then. */
function refuseGone(row: UserRow, { device }: Session): void {
  if (row.disabled) throw accountDisabled(row.name)
  if (deniedOf(row).has(device)) throw denied(row.name)
}

function unknown(): ParleyError {
  const words = 'This device has no account here. Sign up, or sign in with your name and password.'
  return new ParleyError('unknown-account', words)
}

function denied(name: string): ParleyError {
  return new ParleyError(
    'device-denied',
    `This device was removed from the account "${name}" on another device. To use this computer again, sign in from a new home.`,
  )
}

function lateRoster(): ParleyError {
  return new ParleyError(
    'conflict',
    'Another of your devices has changed the list of devices at the same moment. Look at it, and try again.',
  )
}

function notNew(what: string): ParleyError {
  return new ParleyError('forged', `A new account key ${what}. Nothing was accepted.`)
}

const declined = 'Another device has declined this one. Sign in with the password to ask again.'
