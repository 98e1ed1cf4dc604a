import { limits } from '../limits.ts'
import { type BeatStatus, beatStatuses } from '../protocol/heartbeat.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'

/** How a device that is here may say that it stands. */
export const deviceStatuses = beatStatuses
export type DeviceStatus = BeatStatus

/** As others see somebody. */
interface Standing {
  readonly status: Exclude<DeviceStatus, 'invisible'> | 'offline'
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
 * drop is never seen by anybody; they show the status of their devices that says most. Whoever is invisible looks like somebody who
 * left when they became so, in every way: nothing is told of their coming and going. `changed` is told of each person who
 * came, went or changed, at most once in `pace` of the same one: somebody who flaps does not keep a whole team busy.
 */
export class Presence {
  readonly #present = new Map<UserId, Present>()
  readonly #seen: SeenStore
  readonly #changed: (user: UserId) => void
  readonly #now: () => number
  readonly #grace: number
  readonly #pace: number
  #visible = 0

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

  /** How many others see. */
  get count(): number {
    return this.#visible
  }

  /** Whom others see. */
  *online(): Generator<UserId> {
    for (const [user, { status }] of this.#present) if (status !== 'invisible') yield user
  }

  of(user: UserId): Standing {
    const { status, since } = this.#present.get(user) ?? absent
    if (status !== 'invisible') return { status, since }
    return { status: 'offline', since: this.#seen.of(user) }
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
    const present: Present = { devices: new Map([[device, status]]), status: 'invisible', since: 0 }
    this.#present.set(user, present)
    this.#turn(user, present, status, this.#now())
  }

  /** A device whose link is up says how it stands from now on. */
  says(user: UserId, device: DeviceId, status: DeviceStatus): void {
    const known = this.#present.get(user)
    if (!known?.devices.has(device)) return
    known.devices.set(device, status)
    this.#show(user, known)
  }

  /** A device has dropped, `at` that time or now: it may be back in a moment. */
  dropped(user: UserId, device: DeviceId, at = this.#now()): void {
    const known = this.#present.get(user)
    if (!known?.devices.delete(device)) return
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
    this.#visible = 0
  }

  #leave(user: UserId, known: Present, at: number): void {
    clearTimeout(known.settling)
    this.#present.delete(user)
    this.#turn(user, known, 'invisible', at)
  }

  /** Lets others see what the devices say, unless that has changed just now: then a little later. */
  #show(user: UserId, known: Present): void {
    const status = shown(known.devices.values())
    if (known.settling || status === undefined) return
    const isJoined = known.isJoined && status !== 'invisible'
    delete known.isJoined
    if (status === known.status && !isJoined) return
    known.settling = setTimeout(() => {
      delete known.settling
      this.#show(user, known)
    }, this.#pace)
    if (status === known.status) this.#changed(user)
    else this.#turn(user, known, status, this.#now())
  }

  /** The status is another one from now on; `at` is since when. Who leaves becomes invisible. */
  #turn(user: UserId, known: Present, status: DeviceStatus, at: number): void {
    if (known.status === status) return
    const [was, is] = [known.status !== 'invisible', status !== 'invisible']
    known.status = status
    known.since = at
    this.#visible += Number(is) - Number(was)
    if (is && !was) this.#seen.came(user)
    if (was && !is) this.#seen.left(user, at)
    this.#changed(user)
  }
}

interface Present {
  /** Whose links are up; empty during the grace. */
  readonly devices: Map<DeviceId, DeviceStatus>
  /** What says most of theirs, and since when. */
  status: DeviceStatus
  since: number
  leaving?: NodeJS.Timeout
  settling?: NodeJS.Timeout
  /** Another device of theirs has come: told though they stand as before, since others may have something for it. */
  isJoined?: true
}

const absent = { status: 'invisible', since: 0 } as const

/**
 * What a person shows whose devices say this. Somebody who sits at a device and takes messages can be talked to; else what
 * they have set counts before what their hubs have noticed, that nobody sits there; invisible hides a device, not a person.
 */
function shown(statuses: Iterable<DeviceStatus>): DeviceStatus | undefined {
  const all = new Set(statuses)
  return shownFirst.find(status => all.has(status))
}

const shownFirst: readonly DeviceStatus[] = ['online', 'busy', 'away', 'invisible']
