import { clone, create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { type AccountRow, AccountRowSchema } from '../protocol/account_rows_pb.ts'
import type { Availability } from '../protocol/control.ts'
import { type RegistryId, registryId, type UserId, userId } from '../protocol/ids.ts'
import { type Chain, extendChain, firstChain } from '../protocol/notices.ts'
import type { Signed } from '../protocol/parley_pb.ts'
import { type Attestation, type Roster, readAttestation, readRoster } from '../protocol/statements.ts'

/** One's own account, once the registry has said yes. */
export interface Account {
  readonly registry: RegistryId
  /** Who speaks for the registry: pinned by its first key. */
  readonly chain: Chain
  readonly host: string
  readonly port: number
  readonly team: string
  readonly user: UserId
  readonly name: string
  readonly displayName: string
  /** The mechanism that created the account: the only one that this hub answers. */
  readonly mechanism: string
  /** The highest statements seen, as sent and as read. */
  readonly attestation: Signed
  readonly attested: Attestation
  readonly roster: Signed
  readonly listed: Roster
  /** Why the person is signed out, in a sentence; undefined: signed in. */
  readonly signedOut: string | undefined
  /** This device waits to be approved by another one. */
  readonly isPending: boolean
  /** May invite to the team, as the registry last said. */
  readonly isAdmin: boolean
  /** Under which classic clients know this person; empty: by the name, if at all. */
  readonly classicAlias: string
  /** SPKI of devices that were revoked here and whose logs are not cut in every conversation yet. */
  readonly cutting: readonly Uint8Array[]
  /** What the person says of themselves. */
  readonly availability: Availability
}

/** What a sign-up asks for, kept before it is asked, so that the same can be asked again if no answer came. */
export interface Draft {
  readonly registry: RegistryId
  readonly user: UserId
  readonly name: string
  readonly mechanism: string
  readonly roster: Signed
}

/** The rows `account/<registry>`. A home has one account in this version, and any number of drafts. */
export class AccountStore {
  readonly #storage: Storage
  readonly #rows: Map<RegistryId, AccountRow>
  #current: Account | undefined
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(storage: Storage, rows: Map<RegistryId, AccountRow>) {
    this.#storage = storage
    this.#rows = rows
    for (const row of rows.values()) this.#current ??= accountOf(row)
  }

  /** @throws ParleyError `damaged-data` when a row cannot be read */
  static async open(storage: Storage): Promise<AccountStore> {
    const rows = new Map<RegistryId, AccountRow>()
    const { rows: found } = await storage.list('account/', { limit: 1000 })
    for (const [key, value] of found) {
      try {
        const row = fromBinary(AccountRowSchema, value)
        rows.set(registryId(row.registry), row)
        accountOf(row)
      } catch (cause) {
        throw new ParleyError(
          'damaged-data',
          `The row ${key} of this home cannot be read. Restore the home from a backup.`,
          { cause },
        )
      }
    }
    return new AccountStore(storage, rows)
  }

  get current(): Account | undefined {
    return this.#current
  }

  draftOf(registry: RegistryId): Draft | undefined {
    const row = this.#rows.get(registry)
    if (!row?.roster || row.attestation) return undefined
    return { registry, user: userId(row.user), name: row.name, mechanism: row.mechanism, roster: row.roster }
  }

  /** Resolves once the draft, or the change of the account, is committed. */
  async save(registry: RegistryId, patch: Partial<Omit<AccountRow, '$typeName' | 'registry'>>): Promise<void> {
    // Each write is of the whole row, so they must land in order.
    const writing = this.#writing.then(async () => {
      const row = clone(AccountRowSchema, this.#rows.get(registry) ?? create(AccountRowSchema))
      Object.assign(row, patch)
      const account = accountOf(row)
      await this.#storage.write([{ put: `account/${registry}`, value: toBinary(AccountRowSchema, row) }])
      this.#rows.set(registry, row)
      if (account) this.#current = account
    })
    this.#writing = writing.catch(() => undefined)
    await writing
  }
}

function readAvailability(text: string): Availability {
  return text === 'busy' || text === 'invisible' ? text : 'available'
}

/** The account of a row; undefined for a draft. Signatures are checked again, dates were judged when it was stored. */
function accountOf(row: AccountRow): Account | undefined {
  if (!row.attestation || !row.roster) return undefined
  const registry = registryId(row.registry)
  const user = userId(row.user)
  const chain = extendChain(firstChain(row.registryKey), row.notices)
  const attested = readAttestation(row.attestation, { registryKey: chain, registry, now: 'any' })
  const { accountKey, generation } = attested
  return {
    registry,
    chain,
    host: row.host,
    port: row.port,
    team: row.team,
    user,
    name: attested.name,
    displayName: attested.displayName,
    mechanism: row.mechanism,
    attestation: row.attestation,
    attested,
    roster: row.roster,
    listed: readRoster(row.roster, { accountKey, registry, user, generation }),
    signedOut: row.signedOut === '' ? undefined : row.signedOut,
    isPending: row.pending,
    isAdmin: row.role === 'admin',
    classicAlias: row.classicAlias,
    cutting: row.cutting,
    availability: readAvailability(row.availability),
  }
}
