import { limits } from '../limits.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'

interface Standing {
  readonly status: 'online' | 'offline'
  /** ms since 1970; 0: not known. */
  readonly since: number
}

/**
 * Who is online: a person is while a link of one of their devices is up, and a grace longer, so that a short drop is
 * never seen by anybody. `changed` is told of each person who came or went.
 */
export class Presence {
  readonly #online = new Map<
    UserId,
    { readonly devices: Set<DeviceId>; readonly since: number; leaving?: NodeJS.Timeout }
  >()
  readonly #lastSeen = new Map<UserId, number>()
  readonly #changed: (user: UserId) => void
  readonly #now: () => number
  readonly #grace: number

  constructor({
    changed,
    now,
    grace = limits.presenceGrace,
  }: {
    changed: (user: UserId) => void
    now: () => number
    grace?: number
  }) {
    this.#changed = changed
    this.#now = now
    this.#grace = grace
  }

  get count(): number {
    return this.#online.size
  }

  online(): IterableIterator<UserId> {
    return this.#online.keys()
  }

  of(user: UserId): Standing {
    const online = this.#online.get(user)
    return online
      ? { status: 'online', since: online.since }
      : { status: 'offline', since: this.#lastSeen.get(user) ?? 0 }
  }

  up(user: UserId, device: DeviceId): void {
    const known = this.#online.get(user)
    if (known) {
      clearTimeout(known.leaving)
      known.devices.add(device)
      return
    }
    this.#online.set(user, { devices: new Set([device]), since: this.#now() })
    this.#changed(user)
  }

  /** The link of a device has dropped: it may be back in a moment. */
  dropped(user: UserId, device: DeviceId): void {
    const known = this.#online.get(user)
    if (!known?.devices.delete(device) || known.devices.size > 0) return
    known.leaving = setTimeout(() => this.#leave(user), this.#grace)
  }

  /** A device has said that it leaves. */
  left(user: UserId, device: DeviceId): void {
    const known = this.#online.get(user)
    if (!known?.devices.delete(device) || known.devices.size > 0) return
    this.#leave(user)
  }

  close(): void {
    for (const { leaving } of this.#online.values()) clearTimeout(leaving)
    this.#online.clear()
  }

  #leave(user: UserId): void {
    this.#online.delete(user)
    this.#lastSeen.set(user, this.#now())
    this.#changed(user)
  }
}
