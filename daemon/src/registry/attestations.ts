import type { KeyObject } from 'node:crypto'
import { limits } from '../limits.ts'
import type { DeviceId, RegistryId, UserId } from '../protocol/ids.ts'
import type { Signed } from '../protocol/parley_pb.ts'
import { issueAttestation } from '../protocol/statements.ts'
import type { Account } from './accounts.ts'

/** Says, signed by the registry, who owns which account key; for seven days at a time. */
export class Attestations {
  readonly #registry: RegistryId
  #privateKey: KeyObject
  readonly #now: () => number
  /** The oldest first. */
  readonly #issued = new Map<UserId, Issued>()

  constructor({ registry, privateKey, now }: { registry: RegistryId; privateKey: KeyObject; now: () => number }) {
    this.#registry = registry
    this.#privateKey = privateKey
    this.#now = now
  }

  /** From now on another key of the registry signs. */
  signBy(privateKey: KeyObject): void {
    this.#privateKey = privateKey
    this.#issued.clear()
  }

  /** An attestation that is at most an hour old, and none from before the clock was set back: it would be of the future. */
  current(account: Account): Signed {
    const known = this.#issued.get(account.user)
    const age = this.#now() - (known?.at ?? 0)
    const isFresh = age > -limits.attestationAhead && age < limits.attestationReuse
    return known && isFresh && saysOf(known, account) ? known.signed : this.renew(account)
  }

  /** An attestation of this moment, issued later than the one before unless the clock was set back. */
  renew({ user, name, displayName, accountKey, generation, denied }: Account): Signed {
    const now = this.#now()
    const before = this.#issued.get(user)?.at ?? 0
    // Two within one ms would be equally new, and what the second one denies would not be heard.
    const at = before >= now && before < now + limits.attestationAhead ? before + 1 : now
    const fields = {
      registry: this.#registry,
      user,
      name,
      displayName,
      accountKey,
      generation,
      denied,
    }
    const signed = issueAttestation({ ...fields, issued: at, expires: at + limits.attestation }, this.#privateKey)
    this.#issued.delete(user)
    this.#issued.set(user, { at, generation, denied, signed })
    const [oldest] = this.#issued.keys()
    if (this.#issued.size > limits.attestationsKept && oldest !== undefined) this.#issued.delete(oldest)
    return signed
  }
}

interface Issued {
  readonly at: number
  readonly generation: number
  readonly denied: ReadonlySet<DeviceId>
  readonly signed: Signed
}

function saysOf(issued: Issued, { generation, denied }: Account): boolean {
  const isSame = issued.generation === generation && issued.denied.size === denied.size
  return isSame && [...denied].every(device => issued.denied.has(device))
}
