import { randomBytes } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Log, Storage } from '@parley/kit'
import { asParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Identity } from '../../net/identity.ts'
import type { SecretBox } from '../../plugins/secrets.ts'
import { MailboxSecretRowSchema } from '../../protocol/account_rows_pb.ts'
import { deviceId, type RegistryId, toText } from '../../protocol/ids.ts'
import {
  isInUse,
  type MailboxKey,
  type MailKeyPair,
  makeMailKeys,
  readMailboxKey,
  signMailboxKey,
} from '../../protocol/mailbox.ts'
import type { Signed } from '../../protocol/parley_pb.ts'

export interface MailboxKeysOptions {
  readonly storage: Storage
  /** Seals the private halves: storage alone opens no mail. */
  readonly box: Pick<SecretBox, 'getOrCreate' | 'unseal'>
  readonly registry: RegistryId
  /** This device. */
  readonly identity: Pick<Identity, 'id' | 'privateKey' | 'spki'>
  /** Synchronised time in ms. */
  readonly now: () => number
  readonly log: Log
}

interface Held {
  readonly row: string
  readonly stated: MailboxKey
  readonly signed: Signed
  readonly pair: MailKeyPair
}

/**
 * The mailbox keys of this device at one registry, in the rows `mailbox-key/<registry>/<key id>`. The newest is published;
 * those that it has replaced still open what was sealed to them, until nothing of that can come any more.
 */
export class MailboxKeys {
  readonly #options: MailboxKeysOptions
  /** The oldest first. */
  readonly #held: Held[]
  #making: Promise<Held> | undefined

  private constructor(options: MailboxKeysOptions, held: Held[]) {
    this.#options = options
    this.#held = held.sort((a, b) => a.stated.issued - b.stated.issued)
  }

  /** Reads the keys of this home; one that does not open is left alone, and mail sealed to it comes over a link. */
  static async open(options: MailboxKeysOptions): Promise<MailboxKeys> {
    const { storage, registry, log } = options
    const held: Held[] = []
    const { rows } = await storage.list(prefixOf(registry), { limit: limits.page })
    for (const [row, value] of rows) {
      try {
        held.push(readHeld(row, value, options))
      } catch (error) {
        log.warn({ row, error: asParleyError(error).message }, 'A mailbox key of this home cannot be opened.')
      }
    }
    return new MailboxKeys(options, held)
  }

  /** The keys that an envelope names. */
  pair(keyId: Uint8Array): MailKeyPair | undefined {
    return this.#held.find(({ stated }) => Buffer.from(stated.id).equals(keyId))?.pair
  }

  /** What is to be published: the newest key, or a new one once that has had its time. Resolves once it is committed. */
  async current(): Promise<Signed> {
    const newest = this.#held.at(-1)
    const isFresh = newest && isInUse(newest.stated, this.#now) && this.#age(newest) < limits.mailboxKeyRotation
    if (isFresh) return newest.signed
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    return (await this.#making).signed
  }

  /** Forgets keys that were replaced long ago. To be called when no mail waits: what waited longer was opened by then. */
  async prune(): Promise<void> {
    const gone = this.#held.filter((_, at) => {
      const next = this.#held[at + 1]
      return next !== undefined && this.#age(next) > limits.mailboxKeyKept
    })
    if (gone.length === 0) return
    await this.#options.storage.write(gone.map(({ row }) => ({ remove: row })))
    for (const one of gone) this.#held.splice(this.#held.indexOf(one), 1)
  }

  get #now(): number {
    return this.#options.now()
  }

  #age({ stated }: Held): number {
    return this.#now - stated.issued
  }

  async #make(): Promise<Held> {
    const { storage, box, registry, identity, log } = this.#options
    const pair = await makeMailKeys()
    const id = new Uint8Array(randomBytes(keyIdSize))
    const issued = this.#now
    const device = deviceId(identity.id)
    const stated = { device, id, key: pair.publicKey, issued, expires: issued + limits.mailboxKeyLife }
    const signed = signMailboxKey(stated, identity.privateKey)
    const row = `${prefixOf(registry)}${toText(id)}`
    const secret = create(MailboxSecretRowSchema, { key: signed, private: new Uint8Array(pair.privateKey) })
    await box.getOrCreate(storage, row, () => toBinary(MailboxSecretRowSchema, secret))
    const made = { row, stated, signed, pair }
    this.#held.push(made)
    log.info({ expires: stated.expires }, 'This device has a new mailbox key.')
    return made
  }
}

const keyIdSize = 8

function prefixOf(registry: RegistryId): string {
  return `mailbox-key/${registry}/`
}

function readHeld(row: string, sealed: Uint8Array, { box, identity }: MailboxKeysOptions): Held {
  const { key: signed, private: privateKey } = fromBinary(MailboxSecretRowSchema, box.unseal(row, sealed))
  const stated = readMailboxKey(signed, { device: deviceId(identity.id), deviceKey: identity.spki })
  if (!signed) throw new RangeError('no key')
  return { row, stated, signed, pair: { publicKey: stated.key, privateKey } }
}
