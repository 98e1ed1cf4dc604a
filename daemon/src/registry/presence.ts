import { limits } from '../limits.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'

/** How a device whose link is up may say that it stands, the best first. */
export const deviceStatuses = ['online', 'away', 'busy'] as const
export type DeviceStatus = (typeof deviceStatuses)[number]

interface Standing {
  readonly status: DeviceStatus | 'offline'
  /** Since when, in ms since 1970; 0: not known. */
  readonly since: number
}

/** Where presence keeps when people were here last. */
export interface SeenStore {
  /** ms since 1970; 0: not known. */
  of(user: UserId): number
  came(user: UserId): void
  left(user: UserId, at: number): void
}

/**
 * Who is online, and how: a person is while a link of one of their devices is up, and a grace longer, so that a short
 * drop is never seen by anybody; they show the best status of their devices. `changed` is told of each person who came,
 * went or changed, at most once in `pace` of the same one: somebody who flaps does not keep a whole team busy.
 */
export class Presence {
  readonly #present = new Map<UserId, Present>()
  readonly #seen: SeenStore
  readonly #changed: (user: UserId) => void
  readonly #now: () => number
  readonly #grace: number
  readonly #pace: number

  constructor({
    changed,
    seen,
    now,
    grace = limits.presenceGrace,
    pace = limits.statusPace,
  }: {
    changed: (user: UserId) => void
    seen: SeenStore
    now: () => number
    grace?: number
    pace?: number
  }) {
    this.#changed = changed
    this.#seen = seen
    this.#now = now
    this.#grace = grace
    this.#pace = pace
  }

  get count(): number {
    return this.#present.size
  }

  online(): IterableIterator<UserId> {
    return this.#present.keys()
  }

  of(user: UserId): Standing {
    const known = this.#present.get(user)
    return known ? { status: known.status, since: known.since } : { status: 'offline', since: this.#seen.of(user) }
  }

  up(user: UserId, device: DeviceId, status: DeviceStatus): void {
    const known = this.#present.get(user)
    if (known) {
      clearTimeout(known.leaving)
      if (known.devices.size > 0 && !known.devices.has(device)) known.isJoined = true
      known.devices.set(device, status)
      this.#show(user, known)
      return
    }
    this.#present.set(user, { devices: new Map([[device, status]]), status, since: this.#now() })
    this.#seen.came(user)
    this.#changed(user)
  }

  /** A device whose link is up says how it stands from now on. */
  says(user: UserId, device: DeviceId, status: DeviceStatus): void {
    const known = this.#present.get(user)
    if (!known?.devices.has(device)) return
    known.devices.set(device, status)
    this.#show(user, known)
  }

  /** The link of a device has dropped: it may be back in a moment. */
  dropped(user: UserId, device: DeviceId): void {
    const known = this.#present.get(user)
    if (!known?.devices.delete(device)) return
    const at = this.#now()
    if (known.devices.size > 0) this.#show(user, known)
    else known.leaving = setTimeout(() => this.#leave(user, known, at), this.#grace)
  }

  /** A device has said that it leaves. */
  left(user: UserId, device: DeviceId): void {
    const known = this.#present.get(user)
    if (!known?.devices.delete(device)) return
    if (known.devices.size > 0) this.#show(user, known)
    else this.#leave(user, known, this.#now())
  }

  /** A person leaves at once, whatever their devices say. */
  gone(user: UserId): void {
    const known = this.#present.get(user)
    if (!known) return
    clearTimeout(known.leaving)
    this.#leave(user, known, this.#now())
  }

  close(): void {
    for (const { leaving, settling } of this.#present.values()) {
      clearTimeout(leaving)
      clearTimeout(settling)
    }
    this.#present.clear()
  }

  #leave(user: UserId, { settling }: Present, at: number): void {
    clearTimeout(settling)
    this.#present.delete(user)
    this.#seen.left(user, at)
    this.#changed(user)
  }

  /** Lets others see what the devices say, unless that has changed just now: then a little later. */
  #show(user: UserId, known: Present): void {
    const status = best(known.devices.values())
    if (known.settling || status === undefined) return
    if (status === known.status && !known.isJoined) return
    if (status !== known.status) known.since = this.#now()
    known.status = status
    delete known.isJoined
    known.settling = setTimeout(() => {
      delete known.settling
      this.#show(user, known)
    }, this.#pace)
    this.#changed(user)
  }
}

interface Present {
  /** Whose links are up; empty during the grace. */
  readonly devices: Map<DeviceId, DeviceStatus>
  /** As others see it, and since when. */
  status: DeviceStatus
  since: number
  leaving?: NodeJS.Timeout
  settling?: NodeJS.Timeout
  /** Another device of theirs has come: told though they stand as before, since others may have something for it. */
  isJoined?: true
}

function best(statuses: Iterable<DeviceStatus>): DeviceStatus | undefined {
  const all = new Set(statuses)
  return deviceStatuses.find(status => all.has(status))
}
