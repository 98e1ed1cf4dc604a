import { create } from '@bufbuild/protobuf'
import type { Change, Log, Storage } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { type DeviceId, deviceId, fromText, type RegistryId, toText, type UserId, userId } from '../../protocol/ids.ts'
import { isInUse, isMailSize, readMailboxKey } from '../../protocol/mailbox.ts'
import {
  type Deposit,
  type Mail,
  MailItemSchema,
  MailSchema,
  MailWaitsSchema,
  type Signed,
  SignedSchema,
} from '../../protocol/parley_pb.ts'
import {
  MailboxKeyRowSchema,
  MailIndexRowSchema,
  MailRowSchema,
  type UserRow,
  UserRowSchema,
} from '../../protocol/registry_rows_pb.ts'
import { deniedOf, type HeldRows, holdRows } from '../device-rows.ts'
import { Pace } from '../relay/pace.ts'
import { encodeRow, readRow, rowKeys } from '../rows.ts'
import type { Session, Sessions } from '../sessions.ts'
import { Boxes, type Full, type MailEntry, type MailLimits, type Recipient } from './boxes.ts'
import { eraseMail } from './rows.ts'

export interface MailboxParts {
  readonly registry: RegistryId
  readonly storage: Storage
  readonly sessions: Pick<Sessions, 'ofDevice'>
  readonly log: Log
  readonly now: () => number
  readonly limits?: Partial<MailLimits>
}

/** What has come of deposits and collections since the start. */
export interface MailCounts {
  deposited: number
  /** Of deposits that were there already. */
  repeated: number
  /** Deposits for which there was no room. */
  full: number
  /** Items that their devices have taken. */
  taken: number
}

/**
 * What waits at the registry for devices that are not there: sealed items in order of arrival, each for one device. It sees
 * who writes to whom, when, and how large an item is to within a factor of two.
 */
export class Mailbox {
  readonly counts: MailCounts = { deposited: 0, repeated: 0, full: 0, taken: 0 }
  readonly #parts: MailboxParts
  readonly #boxes: Boxes
  readonly #turns = new Map<DeviceId, Promise<unknown>>()
  readonly #deposits = new Pace<DeviceId>(limits.mailBurst, limits.mailEvery)
  readonly #keys = new Pace<DeviceId>(limits.mailboxKeyBurst, limits.mailboxKeyEvery)
  readonly #sweep: NodeJS.Timeout
  /** Who has not taken the last word of waiting mail yet. */
  readonly #told = new WeakSet<Session>()

  private constructor(parts: MailboxParts, boxes: Boxes) {
    this.#parts = parts
    this.#boxes = boxes
    this.#sweep = setInterval(() => boxes.sweep(), limits.mailSweep).unref()
  }

  /** Reads what waits, and finishes what a crash has left of erasing the mail of whoever counts no more. */
  static async open(parts: MailboxParts): Promise<Mailbox> {
    const boxes = new Boxes(parts.now, parts.limits)
    for (let after: string | undefined; ; ) {
      const range = { limit: limits.storagePage, ...(after === undefined ? {} : { after }) }
      const { rows, more } = await parts.storage.list(rowKeys.allMailIndex, range)
      for (const [key, value] of rows) {
        const [user = '', device = '', number = ''] = key.slice(rowKeys.allMailIndex.length).split('/')
        const recipient = { user: userId(user), device: deviceId(device) }
        const entry = entryOf(Number.parseInt(number, 16), value)
        if (entry) boxes.add(recipient, entry)
      }
      after = rows.at(-1)?.[0]
      if (!more || after === undefined) break
    }
    const mailbox = new Mailbox(parts, boxes)
    await mailbox.#eraseStale()
    return mailbox
  }

  /** Items that wait, for all devices. */
  get items(): number {
    return this.#boxes.items
  }

  /** Their bytes. */
  get bytes(): number {
    return this.#boxes.bytes
  }

  close(): void {
    clearInterval(this.#sweep)
  }

  /**
   * From now on mail for that device is sealed to this key.
   * @throws ParleyError `bad-signature`, `forged`, `bad-frame`, `clock`, `throttled`, `device-denied`, `busy`
   */
  async publishKey(by: Session, signed: Signed | undefined): Promise<void> {
    const { storage, now } = this.#parts
    refuseHasty(this.#keys.take(by.device))
    const key = readMailboxKey(signed, { device: by.device, deviceKey: by.link.peerKey })
    if (!isInUse(key, now()) || !signed) {
      throw new ParleyError('clock', 'The mailbox key is not in use now. Set the clock of this computer right.')
    }
    const { user } = by.account
    const row = rowKeys.mailboxKey(user, by.device)
    const value = encodeRow(MailboxKeyRowSchema, { key: create(SignedSchema, bare(signed)) })
    await this.#committing(async () => {
      const [known] = await storage.get([row])
      if (known && Buffer.compare(known, value) === 0) return []
      const { checks } = await this.#held(user, by.device)
      return [...checks, { put: row, value, expires: key.expires }]
    })
  }

  /** The keys to which mail for somebody's devices is sealed. */
  async keysOf(user: UserId): Promise<ReadonlyMap<DeviceId, Signed>> {
    const prefix = rowKeys.mailboxKeys(user)
    const { rows } = await this.#parts.storage.list(prefix, { limit: limits.rosterDevices })
    const keys = new Map<DeviceId, Signed>()
    for (const [row, value] of rows) {
      const key = readRow(MailboxKeyRowSchema, value)?.key
      if (key) keys.set(deviceId(row.slice(prefix.length)), key)
    }
    return keys
  }

  /**
   * Keeps an item for a device; resolves once it is committed. The same id by the same device again is the same item.
   * @throws ParleyError `bad-frame`, `usage` for oneself, `unknown-user`, `device-denied` for a device that does not count,
   * `throttled` and `busy`, with a time to wait, when it comes too quickly or there is no room
   */
  async deposit(by: Session, asked: Deposit): Promise<void> {
    const to = { user: userId(asked.user), device: deviceId(asked.device) }
    if (asked.id.length !== itemIdSize)
      throw new ParleyError('bad-frame', `The id of an item has ${itemIdSize} bytes, not ${asked.id.length}.`)
    if (!isMailSize(asked.sealed.length))
      throw new ParleyError('bad-frame', `An item of mail cannot have ${asked.sealed.length} bytes.`)
    if (to.device === by.device) throw new ParleyError('usage', 'A device sends no mail to itself.')
    refuseHasty(this.#deposits.take(by.device))
    await this.#inTurn(to.device, () => this.#deposit(by, to, asked))
    this.#tell(to.device)
  }

  /** The oldest items that wait for a device. They stay until {@link taken}. */
  async collect({ device, account }: Session): Promise<Mail> {
    const entries = this.#boxes.of(device)
    const chosen = firstOf(entries)
    const rows = await this.#parts.storage.get(chosen.map(({ number }) => rowKeys.mail(account.user, device, number)))
    const items = chosen.flatMap((entry, at) => {
      const sealed = readRow(MailRowSchema, rows[at])?.sealed
      if (!sealed) return []
      const { id, user } = entry
      return [
        create(MailItemSchema, { id: fromText(id), user: fromText(user), device: fromText(entry.device), sealed }),
      ]
    })
    return create(MailSchema, { items, more: entries.length > chosen.length })
  }

  /** A device has what these items brought, or can never open them: they are deleted. @throws ParleyError `bad-frame` */
  async taken({ device, account }: Session, ids: readonly Uint8Array[]): Promise<void> {
    if (ids.length > limits.mailTaken)
      throw new ParleyError('bad-frame', `At most ${limits.mailTaken} items can be named at once.`)
    const named = new Set(ids.map(toText))
    await this.#inTurn(device, async () => {
      const entries = this.#boxes.of(device).filter(({ id }) => named.has(id))
      for (let from = 0; from < entries.length; from += limits.mailErasedAtOnce) {
        const some = entries.slice(from, from + limits.mailErasedAtOnce)
        await this.#parts.storage.write(
          some.flatMap(({ number }) => [
            { remove: rowKeys.mail(account.user, device, number) },
            { remove: rowKeys.mailIndex(account.user, device, number) },
          ]),
        )
        for (const { number } of some) this.#boxes.remove(device, number)
        this.counts.taken += some.length
      }
    })
  }

  /**
   * Somebody, or some of their devices, count no more: keys and mail are erased. To be called once that is committed: no
   * deposit is, after it.
   */
  async forget(user: UserId, devices: readonly (DeviceId | undefined)[] = [undefined]): Promise<void> {
    for (const device of devices) this.#boxes.drop(user, device)
    for (const device of devices) await eraseMail(this.#parts.storage, user, device)
  }

  async #deposit(by: Session, to: Recipient, { id, sealed }: Deposit): Promise<void> {
    const text = toText(id)
    if (this.#boxes.find(to, by.device, text)) {
      this.counts.repeated++
      return
    }
    const full = this.#boxes.refusal(to, by.account.user, sealed.length)
    if (full) {
      this.counts.full++
      throw noRoom(full)
    }
    const number = this.#boxes.next()
    const expires = this.#parts.now() + limits.mailAge
    const { user } = by.account
    const entry: MailEntry = { number, id: text, user, device: by.device, size: sealed.length, expires }
    const index = { id, user: fromText(user), device: fromText(by.device), size: sealed.length }
    const puts = [
      { put: rowKeys.mail(to.user, to.device, number), value: encodeRow(MailRowSchema, { sealed }), expires },
      {
        put: rowKeys.mailIndex(to.user, to.device, number),
        value: encodeRow(MailIndexRowSchema, { ...index, expires: BigInt(expires) }),
        expires,
      },
    ]
    // Counted before it is written: whoever is erased meanwhile leaves nothing behind.
    this.#boxes.add(to, entry)
    try {
      await this.#committing(async () => {
        const { checks } = await this.#held(to.user, to.device)
        const own = user === to.user ? [] : [await this.#checkSender(by)]
        return [...checks, ...own, ...puts]
      })
      this.counts.deposited++
    } catch (error) {
      this.#boxes.remove(to.device, number)
      throw error
    }
  }

  /** The rows of somebody whose device counts. @throws ParleyError `unknown-user`, `device-denied` */
  async #held(user: UserId, device: DeviceId): Promise<HeldRows> {
    const { storage, registry } = this.#parts
    const held = await holdRows(storage, registry, user).catch(error => {
      if (asParleyError(error).code !== 'unknown-account') throw error
      throw new ParleyError('unknown-user', 'Nobody here has this id any more.')
    })
    const isListed = held.listed.devices.some(({ id }) => id === device)
    if (isListed && !deniedOf(held.row).has(device) && !held.row.disabled) return held
    throw new ParleyError('device-denied', 'This device does not belong to them any more, or never did.')
  }

  /** The check that who deposits may do so until it is committed. @throws ParleyError `device-denied` */
  async #checkSender({ account, device }: Session): Promise<Change> {
    const key = rowKeys.user(account.user)
    const [is] = await this.#parts.storage.get([key])
    const row: UserRow | undefined = readRow(UserRowSchema, is)
    const mayWrite = row && row.deleted === 0n && !row.disabled && !deniedOf(row).has(device)
    if (mayWrite) return { check: key, is }
    throw new ParleyError('device-denied', 'This device may deposit nothing any more.')
  }

  /** Writes what `judge` gives, judged anew when what it rests on has changed meanwhile. */
  async #committing(judge: () => Promise<readonly Change[]>): Promise<void> {
    for (let attempt = 0; attempt < limits.rowTries; attempt++) {
      const changes = await judge()
      if (changes.length === 0 || (await this.#parts.storage.write(changes)) === 'committed') return
    }
    throw new ParleyError('busy', 'The registry is busy with this account. Try again in a moment.')
  }

  /** What concerns one mailbox is done one after the other. */
  #inTurn(device: DeviceId, run: () => Promise<void>): Promise<void> {
    const result = (this.#turns.get(device) ?? Promise.resolve()).then(run)
    const turn = result
      .catch(() => {}) // told to who asked
      .then(() => {
        if (this.#turns.get(device) === turn) this.#turns.delete(device)
      })
    this.#turns.set(device, turn)
    return result
  }

  #tell(device: DeviceId): void {
    const session = this.#parts.sessions.ofDevice(device)
    if (!session || session.isPending || this.#told.has(session)) return
    this.#told.add(session)
    const taken = () => void this.#told.delete(session)
    session.link.send({ case: 'mailWaits', value: create(MailWaitsSchema) }).then(taken, taken)
  }

  async #eraseStale(): Promise<void> {
    for (const { user, device } of this.#boxes.recipients) {
      const refusal = await this.#held(user, device).catch(asParleyError)
      if (!(refusal instanceof ParleyError)) continue
      if (refusal.code !== 'unknown-user' && refusal.code !== 'device-denied') throw refusal
      this.#parts.log.info({ user, device }, 'Mail of a device that counts no more was erased.')
      await this.forget(user, [device])
    }
  }
}

const itemIdSize = 16

/** As many of the oldest as one answer takes, at least one. */
function firstOf(entries: readonly MailEntry[]): MailEntry[] {
  let bytes = 0
  const end = entries.findIndex(({ size }) => {
    bytes += size
    return bytes > limits.mailPage
  })
  return end < 0 ? [...entries] : entries.slice(0, Math.max(1, end))
}

function entryOf(number: number, value: Uint8Array): MailEntry | undefined {
  const row = readRow(MailIndexRowSchema, value)
  if (!row || !Number.isSafeInteger(number)) return undefined
  const { id, user, device, size, expires } = row
  return { number, id: toText(id), user: userId(user), device: deviceId(device), size, expires: Number(expires) }
}

/** Nothing of what a client has added to it. */
function bare({ alg, payload, signature }: Signed): Pick<Signed, 'alg' | 'payload' | 'signature'> {
  return { alg, payload, signature }
}

function refuseHasty(retryAfter: number): void {
  if (retryAfter > 0)
    throw new ParleyError('throttled', 'This device sends more than the mailbox takes. Wait a moment.', { retryAfter })
}

function noRoom(full: Full): ParleyError {
  const words = {
    sender: 'As much of yours waits there as the mailbox of one device takes from one person',
    mailbox: 'The mailbox of that device is full',
    registry: 'The mailboxes of this team are full',
  }
  return new ParleyError('busy', `${words[full]}. The message stays queued and is tried again later.`, {
    retryAfter: limits.mailFullRetry,
  })
}
