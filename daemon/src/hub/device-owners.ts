import type { DeviceId, UserId } from '../protocol/ids.ts'

/**
 * How it is known that a device is somebody's: their own list says so; the registry has it in theirs, and it takes no device
 * into two; or it was linked, its key shown, and called itself theirs.
 */
export type Proof = 'listed' | 'vouched' | 'shown'

/**
 * Whose each device is. A list of devices is signed by its owner's account key alone, so anybody can name a stranger's device
 * in theirs: a device stays whose it is, unless somebody else's claim is proven better.
 */
export class DeviceOwners {
  readonly #of = new Map<DeviceId, { readonly user: UserId; readonly proof: Proof }>()

  get(device: DeviceId): UserId | undefined {
    return this.#of.get(device)?.user
  }

  /** Whether a device may count as somebody's who proves it so. Only they themselves can have shown its key just now. */
  mayBe(user: UserId, device: DeviceId, proof: Proof): boolean {
    const owner = this.#of.get(device)
    return owner === undefined || owner.user === user || proof === 'shown' || ranks[proof] > ranks[owner.proof]
  }

  /** From now on it is theirs. Gives whose it was until now, if somebody else's. */
  claim(user: UserId, device: DeviceId, proof: Proof): UserId | undefined {
    const owner = this.#of.get(device)
    const isProvenAlready = owner?.user === user && ranks[owner.proof] >= ranks[proof]
    if (!isProvenAlready) this.#of.set(device, { user, proof })
    return owner?.user === user ? undefined : owner?.user
  }

  /** It is theirs no longer. */
  release(user: UserId, device: DeviceId): void {
    if (this.#of.get(device)?.user === user) this.#of.delete(device)
  }
}

const ranks: Readonly<Record<Proof, number>> = { listed: 0, vouched: 1, shown: 2 }
