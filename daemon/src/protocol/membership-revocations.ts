import type { DeviceId, UserId } from './ids.ts'
import type { ActGraph } from './membership-graph.ts'
import { Lists } from './membership-lists.ts'
import type { Segment } from './membership-segment.ts'

/** Which revocations of devices count, whatever else happened: by user and device, the numbers of their acts. */
export interface Revocations {
  of(user: UserId, device: DeviceId): readonly number[]
  /** Of the last segment looked at. */
  isCounted(act: number): boolean
}

/**
 * A device may revoke another of the same user, whether or not they belong to the room at that time: it takes away and gives
 * nothing. What the revoked one did without the other's knowing is taken out, its own revocations included; of two that
 * revoke each other at the same time the lower hash is first. `earlier`: those of the segments before, by `user/device`.
 */
export function effectiveRevocations(graph: ActGraph, segment: Segment, earlier: Lists<string>): Counted {
  const all = segment.turn.filter(act => graph.acts[act]?.body.is === 'revocation')
  const dropped = new Set<number>()
  for (;;) {
    const counted = new Counted(graph, earlier)
    for (const act of all) if (!dropped.has(act) && !counted.hits(act)) counted.add(act)
    const victim = all.find(act => counted.isCounted(act) && counted.hits(act))
    if (victim === undefined) return counted
    dropped.add(victim)
  }
}

/** How the revocations of a device are listed. */
export function revocationKey(user: UserId, device: DeviceId): string {
  return `${user}/${device}`
}

export class Counted implements Revocations {
  /** Those of this segment. */
  readonly lists = new Lists<string>()
  readonly #counted = new Set<number>()
  readonly #graph: ActGraph
  readonly #earlier: Lists<string>

  constructor(graph: ActGraph, earlier: Lists<string>) {
    this.#graph = graph
    this.#earlier = earlier
  }

  isCounted(act: number): boolean {
    return this.#counted.has(act)
  }

  add(act: number): void {
    const { user, body } = this.#graph.acts[act] ?? {}
    if (user === undefined || body?.is !== 'revocation') return
    this.#counted.add(act)
    this.lists.add(revocationKey(user, body.device), act)
  }

  of(user: UserId, device: DeviceId): readonly number[] {
    const key = revocationKey(user, device)
    const earlier = this.#earlier.of(key)
    return earlier.length === 0 ? this.lists.of(key) : [...earlier, ...this.lists.of(key)]
  }

  /** Whether the device that wrote `act` was revoked by one that did not know of it. */
  hits(act: number): boolean {
    const said = this.#graph.acts[act]
    if (said === undefined) return false
    return this.of(said.user, said.device).some(each => each !== act && !this.#graph.knows(each, act))
  }
}
