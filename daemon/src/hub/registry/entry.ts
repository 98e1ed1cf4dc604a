import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Identity } from '../../net/identity.ts'
import { fitsClassic } from '../../protocol/classic-names.ts'
import { deviceId, type RegistryId, type UserId } from '../../protocol/ids.ts'
import type { Signed } from '../../protocol/parley_pb.ts'
import type { Attestation } from '../../protocol/statements.ts'
import type { AccountStore } from '../accounts.ts'
import { harmless } from '../words.ts'
import { firstRow } from './draft.ts'
import { wayOf } from './mechanism.ts'
import { newestChain } from './notices.ts'
import type { RegistryLink } from './open.ts'
import { judgeOwn, judgeOwnAttestation, newerAttestation, type OwnKeys, type OwnStatements } from './own-statements.ts'

/** What a registry says of the own account is judged, and committed before anybody hears of it. */
export class EntryBook {
  readonly #store: AccountStore
  readonly #identity: Identity
  readonly #heldKey: (registry: RegistryId) => Promise<Identity | undefined>

  constructor(parts: {
    store: AccountStore
    identity: Identity
    /** The account key that this home holds at a registry. */
    heldKey: (registry: RegistryId) => Promise<Identity | undefined>
  }) {
    this.#store = parts.store
    this.#identity = parts.identity
    this.#heldKey = parts.heldKey
  }

  /** What it says with a sign-in. @throws ParleyError as {@link judgeOwn} does, and `storage` */
  async enter(
    registry: RegistryLink,
    { host, port }: { host: string; port: number },
    entry: Entry,
  ): Promise<OwnStatements> {
    const own = await this.#judge(registry, entry.said, entry)
    const known = this.#store.current
    // Whoever answered prompts may have shown that they have another name than the one that they gave.
    const isNamed = entry.name === undefined || own.attested.name === entry.name || wayOf(entry.mechanism) === 'prompts'
    if (!known && !isNamed) {
      throw new ParleyError('forged', 'The registry signed this device in to another account. Nothing was accepted.')
    }
    const { mechanism } = entry
    const fresh = known ? {} : firstRow(registry, { user: own.attested.user, mechanism })
    const team = harmless(registry.welcome.team, limits.shownName)
    const notices = [...newestChain(known, registry.chain).notices]
    await this.#save(registry, own, entry.said, { ...fresh, host, port, team, notices, signedOut: '' })
    return own
  }

  /** What it says later, because something of the account has changed. Throws as {@link enter} does. */
  async change(registry: RegistryLink, said: Said): Promise<OwnStatements> {
    const own = await this.#judge(registry, said, { user: this.#store.current?.user, takesKey: false })
    await this.#save(registry, own, said, {})
    return own
  }

  /** A renewed attestation. Throws as {@link enter} does. */
  async renew(registry: RegistryLink, attestation: Signed | undefined): Promise<Attestation> {
    const known = this.#store.current
    const keys = await this.#keys(registry, { user: known?.user, takesKey: false })
    const attested = judgeOwnAttestation(attestation, this.#by(registry), keys, known)
    if (attestation) {
      await this.#store.save(registry.registry, {
        attestation: newerAttestation(attestation, attested, known).attestation,
      })
    }
    return attested
  }

  async #judge(registry: RegistryLink, said: Said, asked: Asked): Promise<OwnStatements> {
    const keys = await this.#keys(registry, asked)
    return judgeOwn(said, this.#by(registry), keys, this.#store.current)
  }

  #by({ registry, chain, time }: RegistryLink) {
    return { registry, registryKey: newestChain(this.#store.current, chain), now: time() }
  }

  async #keys({ registry }: RegistryLink, { user, takesKey }: Asked): Promise<OwnKeys> {
    const held = (await this.#heldKey(registry))?.spki
    return { device: deviceId(this.#identity.id), user, held, takesKey }
  }

  async #save(
    { registry }: RegistryLink,
    { attestation, roster, isPending }: OwnStatements,
    { role, classicAlias }: Said,
    others: Parameters<AccountStore['save']>[1],
  ): Promise<void> {
    const pending = isPending
    const alias = classicAlias === undefined ? {} : { classicAlias: fitsClassic(classicAlias) ? classicAlias : '' }
    const rest = { ...alias, pending, role: role === 'admin' ? role : '' }
    await this.#store.save(registry, { ...others, ...rest, attestation, roster })
  }
}

/** A sign-in that the registry has granted. */
export interface Entry extends Asked {
  readonly said: Said
  /** Whose account was asked for; undefined: whoever the device key belongs to. */
  readonly name?: string | undefined
  /** By which the account was made, as far as is known here. */
  readonly mechanism: string
}

interface Asked {
  /** Whose account it must be; undefined where there is none yet. */
  readonly user: UserId | undefined
  /** As {@link OwnKeys}. */
  readonly takesKey: boolean
}

interface Said {
  readonly attestation?: Signed | undefined
  readonly roster?: Signed | undefined
  readonly role: string
  /** Told with a sign-in. */
  readonly classicAlias?: string
}

/** Why a device that nobody has approved cannot do what was asked. */
export function waits(): ParleyError {
  return new ParleyError(
    'second-device',
    'This device waits to be approved: on a device that you use already, open the list of your devices and compare the digits.',
  )
}
