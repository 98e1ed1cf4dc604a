import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { AccountInfo, ControlRequests, DeviceInfo } from '../../protocol/control.ts'
import { type DeviceId, deviceId } from '../../protocol/ids.ts'
import { idOfKey } from '../../protocol/keys.ts'
import { readDisplayName } from '../../protocol/names.ts'
import type { RegisteredDevice } from '../../protocol/parley_pb.ts'
import { sameDigits } from '../../protocol/safety-number.ts'
import { type RosterDevice, signRoster } from '../../protocol/statements.ts'
import type { Account, AccountStore } from '../accounts.ts'
import type { HubIdentity } from '../identity.ts'
import type { Membership } from '../membership.ts'
import type { RegistryClient } from '../registry/client.ts'
import { harmless } from '../words.ts'
import type { OwnAccountKey } from './account-key.ts'
import type { Digits } from './digits.ts'
import { askDevices, dropDevice, publishRoster, takeNewKey } from './requests.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface OwnDevicesParts {
  readonly store: AccountStore
  readonly identity: HubIdentity
  readonly client: RegistryClient
  readonly membership: Membership
  readonly key: OwnAccountKey
  readonly digits: Digits
  /** Synchronised time in ms. */
  readonly now: () => number
  readonly log: Log
  /** A device was revoked: resolves once nothing that it writes from now on counts. */
  readonly revoked: () => Promise<void>
  /** Those that wait to be approved are others now. */
  readonly changed: () => void
}

/** The devices of the own account: each method is the request of the control API of the same name. */
export class OwnDevices {
  readonly #parts: OwnDevicesParts
  #pending: readonly DeviceInfo[] = []
  #reading: Promise<void> | undefined
  #isStale = false

  constructor(parts: OwnDevicesParts) {
    this.#parts = parts
  }

  /** Those that wait to be approved, as last heard. */
  get pending(): readonly DeviceInfo[] {
    const account = this.#parts.store.current
    return account && !account.isPending && account.signedOut === undefined ? this.#pending : []
  }

  /** Reads who waits: to be called whenever the registry says that something of the account has changed. */
  refresh(): void {
    this.#isStale = true
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
  }

  /** Nobody can be approved here until the next sign-in, which reads them anew. */
  signedOut(): void {
    if (this.#pending.length === 0) return
    this.#pending = []
    this.#parts.changed()
  }

  async devices(_params: Params<'devices'> = {}): Result<'devices'> {
    const account = this.#account()
    const registered = await this.#registered(account)
    const known = new Map(registered.map(device => [idOf(device), device]))
    const listed = account.isPending ? [] : account.listed.devices.map(one => this.#listed(one, known.get(one.id)))
    const pending = this.#waiting(account, registered)
    return { devices: [...listed, ...pending], hasAccountKey: this.#parts.key.held !== undefined }
  }

  /** @throws ParleyError `wrong-key` for other digits, `usage` when it does not wait, `unreachable`, `conflict` */
  approveDevice({ device: id, digits }: Params<'approveDevice'>): Result<'approveDevice'> {
    return this.#parts.membership.inTurn(async () => {
      const { client, now } = this.#parts
      const session = await client.ensure()
      const account = this.#account()
      const known = account.listed.devices.find(one => one.id === id)
      if (known) return this.#listed(known, undefined)
      const pending = (await askDevices(session)).find(one => one.pending && idOf(one) === id)
      if (!pending) throw notWaiting()
      const info = this.#pendingInfo(account, pending)
      if (!sameDigits(info.digits ?? '', digits)) throw otherDigits()
      const { key, name } = { key: new Uint8Array(pending.key), name: info.name }
      const added = { id: deviceId(idOfKey(key)), key, name, added: Math.floor(now()) }
      await this.#publish(account, [...account.listed.devices, added], [])
      return this.#listed(added, pending)
    })
  }

  /** Of a pending device it is a no. @throws ParleyError `usage`, `unreachable`, `conflict` */
  revokeDevice({ device: id }: Params<'revokeDevice'>): Result<'revokeDevice'> {
    return this.#parts.membership.inTurn(async () => {
      const session = await this.#parts.client.ensure()
      const account = this.#account()
      const known = account.listed.devices.find(one => one.id === id)
      if (known?.id === this.#own) throw oneself()
      if (known) {
        const { store, revoked } = this.#parts
        // Noted before it is known, so that a stop in between leaves no log uncut.
        await store.save(account.registry, { cutting: [...account.cutting, new Uint8Array(known.key)] })
        const others = account.listed.devices.filter(one => one !== known)
        await this.#publish(account, others, [known.id])
        await revoked()
      } else {
        const pending = (await askDevices(session)).find(one => one.pending && idOf(one) === id)
        if (!pending) throw notWaiting()
        await dropDevice(session, deviceId(id))
      }
      this.refresh()
      return {}
    })
  }

  /** @throws ParleyError `usage` on a device that does not wait, `password-needed`, `unreachable` */
  newAccountKey(_params: Params<'newAccountKey'> = {}): Result<'newAccountKey'> {
    return this.#parts.membership.inTurn(async (): Promise<AccountInfo> => {
      const { client, identity, key, membership, now, log } = this.#parts
      if (!this.#account().isPending) throw notPending()
      const session = await client.ensureAny()
      // Heard meanwhile: it may have been approved.
      const account = this.#account()
      if (!account.isPending) throw notPending()
      const fresh = await key.renew()
      const { registry, user, attested } = account
      const device = { key: identity.device.spki, name: identity.deviceName, added: Math.floor(now()) }
      const generation = attested.generation + 1
      const fields = { registry, user, generation, version: 1, devices: [device], revoked: new Set<DeviceId>() }
      const said = await takeNewKey(session, fresh.spki, signRoster(fields, fresh.privateKey))
      await client.take(session, said)
      log.info({ generation }, 'This account has a new account key; this is its only device.')
      return membership.signedIn()
    })
  }

  /** Publishes the next roster; what the registry has taken is kept. */
  async #publish(account: Account, devices: readonly RosterDevice[], revoked: readonly DeviceId[]): Promise<void> {
    const { key, client, store } = this.#parts
    const { held } = key
    if (!held) throw new ParleyError('unreachable', keyless)
    if (devices.length > limits.rosterDevices) {
      throw new ParleyError('usage', `An account has at most ${limits.rosterDevices} devices. Revoke one first.`)
    }
    const { registry, user, listed } = account
    const all = [...new Set([...listed.revoked, ...revoked])].slice(-limits.revokedDevices)
    const fields = { registry, user, generation: listed.generation, version: listed.version + 1, devices }
    const roster = signRoster({ ...fields, revoked: new Set(all) }, held.privateKey)
    await publishRoster(await client.ensure(), roster)
    // The registry may have told it by itself, or a yet newer one, in the meantime.
    if ((store.current?.listed.version ?? 0) < fields.version) await store.save(registry, { roster })
    this.refresh()
  }

  async #read(): Promise<void> {
    const { client, store, log, changed } = this.#parts
    while (this.#isStale) {
      this.#isStale = false
      const account = store.current
      const { session } = client
      if (!account || account.isPending || !session) return
      try {
        const pending = this.#waiting(account, await askDevices(session))
        const isSame = JSON.stringify(pending) === JSON.stringify(this.#pending)
        this.#pending = pending
        if (!isSame) changed()
      } catch (error) {
        const { code, message } = asParleyError(error)
        log.info({ code }, `The devices that wait could not be read: ${message}`)
      }
    }
  }

  /** What the registry knows of them; without it, nothing. */
  async #registered(account: Account): Promise<readonly RegisteredDevice[]> {
    if (account.signedOut !== undefined) return []
    try {
      const devices = await askDevices(await this.#parts.client.ensureAny())
      return devices.slice(0, limits.rosterDevices + limits.pendingDevices)
    } catch (error) {
      const { code } = asParleyError(error)
      if (code === 'unreachable' || code === 'closed' || code === 'timeout') return []
      throw error
    }
  }

  #waiting(account: Account, registered: readonly RegisteredDevice[]): DeviceInfo[] {
    const isListed = (id: DeviceId) => account.listed.devices.some(device => device.id === id)
    const waiting = registered.filter(device => device.pending && !isListed(idOf(device)))
    return waiting.slice(0, limits.pendingDevices).map(device => this.#pendingInfo(account, device))
  }

  #listed({ id, name, added }: RosterDevice, registered: RegisteredDevice | undefined): DeviceInfo {
    const { client } = this.#parts
    const isThis = id === this.#own
    return {
      device: id,
      name,
      added,
      seen: Number(registered?.seen ?? 0n),
      isThis,
      isOnline: isThis ? client.state === 'online' : (registered?.online ?? false),
      isPending: false,
    }
  }

  #pendingInfo(account: Account, device: RegisteredDevice): DeviceInfo {
    const { registry, user, attested } = account
    const { accountKey } = attested
    return {
      device: idOf(device),
      name: nameOf(device.name),
      added: Number(device.added),
      seen: Number(device.seen),
      isThis: idOf(device) === this.#own,
      isOnline: device.online,
      isPending: true,
      digits: this.#parts.digits.of({ registry, user, accountKey }, device.key),
      address: harmless(device.address, limits.shownName),
    }
  }

  get #own(): DeviceId {
    return deviceId(this.#parts.identity.device.id)
  }

  #account(): Account {
    return this.#parts.membership.account
  }
}

function idOf({ key }: RegisteredDevice): DeviceId {
  return deviceId(idOfKey(key))
}

/** What a pending device calls itself, fit for a roster. */
function nameOf(name: string): string {
  try {
    return readDisplayName(harmless(name, limits.displayName))
  } catch {
    return 'device'
  }
}

function notWaiting(): ParleyError {
  return new ParleyError('usage', 'No such device belongs to this account or waits. `parley devices` lists them.')
}

function otherDigits(): ParleyError {
  return new ParleyError(
    'wrong-key',
    'These are not the digits that this device shows for that one, so it was not approved. If they differ on the two screens, somebody is in between: revoke it.',
  )
}

function oneself(): ParleyError {
  return new ParleyError('usage', 'This is the device that you are on. Sign it out, or revoke it on another one.')
}

function notPending(): ParleyError {
  return new ParleyError(
    'usage',
    'A new account key is for a device that waits to be approved when all others are lost. This one is approved.',
  )
}

const keyless =
  'The account key has not come to this device yet: another of your devices must be online with it. Or do this on that one.'
