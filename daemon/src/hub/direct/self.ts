import { clone, create, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Identity } from '../../net/identity.ts'
import { type DirectRow, DirectRowSchema } from '../../protocol/account_rows_pb.ts'
import { deviceId, directUserId, noRegistry, type UserId } from '../../protocol/ids.ts'
import { readUserName } from '../../protocol/names.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import { issueAttestation, type Roster, readRoster, signRoster } from '../../protocol/statements.ts'
import { readRow } from '../conversations/rows.ts'
import type { HubIdentity } from '../identity.ts'
import { nameOfComputerUser } from './name.ts'

/** What is done with chat requests. */
export type RequestPolicy = 'ask' | 'accept'

export interface DirectSelfOptions {
  readonly storage: Storage
  readonly identity: HubIdentity
  /** The account at a team, whose name is told to strangers too; undefined: none. */
  readonly account: () => { readonly name: string; readonly displayName: string } | undefined
  /** Synchronised time in ms. */
  readonly now: () => number
}

/**
 * Who this home is towards people of no team: its account key there, which signs what it says of itself, and the row
 * `direct`.
 */
export class DirectSelf {
  readonly user: UserId
  /** SPKI. */
  readonly accountKey: Uint8Array
  readonly #options: DirectSelfOptions
  readonly #key: Identity
  readonly #computerUser = nameOfComputerUser()
  #row: DirectRow
  #attested: Attested | undefined
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(options: DirectSelfOptions, key: Identity, row: DirectRow) {
    this.#options = options
    this.#key = key
    this.#row = row
    this.accountKey = key.spki
    this.user = directUserId(key.spki)
  }

  /** @throws ParleyError `home` or `damaged-data` when the key or the row cannot be read */
  static async open(options: DirectSelfOptions): Promise<DirectSelf> {
    const key = await options.identity.directKey()
    const [value] = await options.storage.get([rowKey])
    const row = value ? readRow(DirectRowSchema, rowKey, value) : create(DirectRowSchema)
    const self = new DirectSelf(options, key, row)
    await self.#listThisDevice()
    return self
  }

  get name(): string {
    return this.#options.account()?.name ?? (this.#row.name || this.#computerUser)
  }

  get displayName(): string {
    return this.#options.account()?.displayName ?? (this.#row.displayName || this.name)
  }

  get policy(): RequestPolicy {
    return this.#row.strangers === 'accept' ? 'accept' : 'ask'
  }

  /** Resolves once it is committed. */
  async setPolicy(policy: RequestPolicy): Promise<void> {
    await this.#save({ strangers: policy === 'accept' ? policy : '' })
  }

  /** Resolves once it is committed. @throws ParleyError `bad-name`; `usage` where the account has another name */
  async setName(text: string): Promise<void> {
    const name = readUserName(text)
    if (name === this.name) return
    if (this.#options.account()) {
      throw new ParleyError('usage', `Your name is ${this.name}, as in your team. Leave out the name.`)
    }
    await this.#save({ name })
  }

  /** What is said to strangers: attested anew when the name has changed, or in good time before it expires. */
  statements(): { readonly attestation: Signed; readonly roster: Signed } {
    const { roster } = this.#row
    if (!roster) throw new ParleyError('internal', 'There is no list of devices yet.')
    return { attestation: this.#attestation(), roster }
  }

  #attestation(): Signed {
    const { name, displayName, user, accountKey } = this
    const now = this.#options.now()
    const words = JSON.stringify([name, displayName])
    if (this.#attested?.words === words && Math.abs(now - this.#attested.issued) < limits.attestation / 2) {
      return this.#attested.signed
    }
    const signed = issueAttestation(
      {
        registry: noRegistry,
        user,
        name,
        displayName,
        accountKey,
        generation: 1,
        denied: new Set(),
        issued: now,
        expires: now + limits.attestation,
      },
      this.#key.privateKey,
    )
    this.#attested = { words, issued: now, signed }
    return signed
  }

  /** The list is kept as it was signed: two lists under one number would look like a fork to others. */
  async #listThisDevice(): Promise<void> {
    const { device, deviceName } = this.#options.identity
    const { user, accountKey } = this
    const by = { accountKey, registry: noRegistry, user, generation: 1 }
    const before: Roster | undefined = this.#row.roster && readRoster(this.#row.roster, by)
    const id = deviceId(device.id)
    if (before?.devices.some(each => each.id === id)) return
    const roster = signRoster(
      {
        registry: noRegistry,
        user,
        generation: 1,
        version: (before?.version ?? 0) + 1,
        devices: [{ key: device.spki, name: deviceName, added: this.#options.now() }],
        revoked: new Set(before?.devices.map(each => each.id)),
      },
      this.#key.privateKey,
    )
    await this.#save({ roster })
  }

  async #save(patch: Partial<Pick<DirectRow, 'name' | 'strangers' | 'roster'>>): Promise<void> {
    const writing = this.#writing.then(async () => {
      const row = Object.assign(clone(DirectRowSchema, this.#row), patch)
      await this.#options.storage.write([{ put: rowKey, value: toBinary(DirectRowSchema, row) }])
      this.#row = row
    })
    this.#writing = writing.catch(() => undefined)
    await writing
  }
}

interface Attested {
  readonly words: string
  readonly issued: number
  readonly signed: Signed
}

const rowKey = 'direct'
