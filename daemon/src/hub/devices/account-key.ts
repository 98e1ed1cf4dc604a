import { createPrivateKey } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import type { Log } from '@parley/kit'
import { asParleyError, ParleyError } from '../../errors.ts'
import { createIdentity, type Identity } from '../../net/identity.ts'
import type { Link } from '../../net/link.ts'
import { type DeviceId, deviceId } from '../../protocol/ids.ts'
import {
  type AccountKey,
  AccountKeySchema,
  AskAccountKeySchema,
  type Reply,
  type Request,
} from '../../protocol/parley_pb.ts'
import type { AccountStore } from '../accounts.ts'
import type { HubIdentity } from '../identity.ts'
import { stranger } from '../peers.ts'
import type { Person } from '../people.ts'
import { ask } from '../registry/open.ts'

/**
 * The account key of this home. A device that was approved without it gets it from another one of the account, over a
 * link between the two; it is taken only if it is the very key that the attestation names.
 */
export class OwnAccountKey {
  readonly #store: AccountStore
  readonly #identity: HubIdentity
  readonly #log: Log
  readonly #came: () => void
  #held: Identity | undefined

  constructor(parts: {
    store: AccountStore
    identity: HubIdentity
    log: Log
    /** The key has just come from another device. */
    came: () => void
  }) {
    this.#store = parts.store
    this.#identity = parts.identity
    this.#log = parts.log
    this.#came = parts.came
  }

  /** Looks for the key in the home; to be called again when the account is another one. @throws ParleyError `home`, `damaged-data` */
  async load(): Promise<void> {
    const registry = this.#store.current?.registry
    this.#held = registry && (await this.#identity.heldAccountKey(registry))
  }

  /** The key that signs rosters; undefined while this home has it not. */
  get held(): Identity | undefined {
    const attested = this.#store.current?.attested.accountKey
    return attested && this.#held && Buffer.from(this.#held.spki).equals(attested) ? this.#held : undefined
  }

  /** This device was approved, but has not got the key yet. */
  get isLacking(): boolean {
    const account = this.#store.current
    return account !== undefined && !account.isPending && account.signedOut === undefined && !this.held
  }

  /**
   * A new account key, kept before anybody is told of it: should the answer be lost, the registry's next word names a key
   * that is here. For the same reason it is the same one again until it has been taken.
   */
  async renew(): Promise<Identity> {
    await this.load()
    const attested = this.#store.current?.attested.accountKey ?? new Uint8Array()
    if (this.#held && !Buffer.from(this.#held.spki).equals(attested)) return this.#held
    const key = await createIdentity()
    await this.#keep(key)
    return key
  }

  /**
   * Somebody shows that they are of the own account: they are if this home's own roster says so. A newer one that they
   * bring counts for nothing: it comes from the registry, or whoever has stolen the account key could make devices of it.
   * @throws ParleyError `stranger`
   */
  async admit({ attested }: Person, device: DeviceId): Promise<void> {
    const account = this.#store.current
    const isSameKey =
      account?.attested.generation === attested.generation &&
      Buffer.from(account.attested.accountKey).equals(attested.accountKey)
    if (!isSameKey || account.isPending || device === this.#device || !this.#isOwn(device)) throw stranger()
  }

  /** Answers another own device that asks for the account key; gives nothing for any other request. @throws ParleyError */
  answer(is: Request['is'], device: DeviceId): Reply['is'] | undefined {
    return is.case === 'askAccountKey' ? { case: 'accountKey', value: this.#answer(device) } : undefined
  }

  /** A link to another own device is up: it is asked for the key, if that is not here. */
  linked(link: Link): void {
    if (this.isLacking) void this.#ask(link)
  }

  get #device(): DeviceId {
    return deviceId(this.#identity.device.id)
  }

  #isOwn(device: DeviceId): boolean {
    const account = this.#store.current
    const isListed = account?.listed.devices.some(({ id }) => id === device) ?? false
    return isListed && !account?.attested.denied.has(device)
  }

  /** Judged again with each question: the device may have been revoked since the link came up. */
  #answer(device: DeviceId): AccountKey {
    const account = this.#store.current
    if (!account || account.signedOut !== undefined || !this.#isOwn(device)) throw stranger()
    const { held } = this
    if (!held) throw new ParleyError('unreachable', 'This device has not got the account key itself.')
    this.#log.info({ device }, 'The account key was handed to another device of the account.')
    return create(AccountKeySchema, { key: held.privateKey.export({ format: 'der', type: 'pkcs8' }) })
  }

  async #ask(link: Link): Promise<void> {
    try {
      const value = create(AskAccountKeySchema)
      const { key } = await ask(link, { case: 'askAccountKey', value }, 'accountKey')
      await this.#take(key)
    } catch (error) {
      const { code, message } = asParleyError(error)
      this.#log.info({ code }, `The account key did not come: ${message}`)
      // Asked again over the next link, or it would never come.
      link.close('closed', 'The account key did not come.')
    }
  }

  async #keep(key: Identity): Promise<void> {
    const registry = this.#store.current?.registry
    if (!registry) throw stranger()
    await this.#identity.keepAccountKey(registry, key)
    this.#held = key
  }

  async #take(bytes: Uint8Array): Promise<void> {
    if (!this.isLacking) return
    const key = await createIdentity(privateKeyOf(bytes))
    const attested = this.#store.current?.attested.accountKey ?? new Uint8Array()
    if (!Buffer.from(key.spki).equals(attested))
      throw new ParleyError('wrong-key', 'It is another key than the account’s.')
    await this.#keep(key)
    this.#log.info({}, 'The account key has come from another device of the account.')
    this.#came()
  }
}

function privateKeyOf(bytes: Uint8Array) {
  try {
    return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' })
  } catch {
    throw new ParleyError('bad-frame', 'What came is no private key.')
  }
}
