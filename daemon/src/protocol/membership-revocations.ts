import type { DeviceId, UserId } from './ids.ts'
import type { ActGraph } from './membership-graph.ts'

/** Which revocations of devices count, whatever else happened: by user and device, the numbers of their acts. */
export interface Revocations {
  readonly counted: ReadonlySet<number>
  of(user: UserId, device: DeviceId): readonly number[]
}

/**
 * A device may revoke another of the same user, whether or not they belong to the room at that time: it takes away and gives
 * nothing. What the revoked one did without the other's knowing is taken out, its own revocations included; of two that
 * revoke each other at the same time the lower hash is first.
 */
export function effectiveRevocations(graph: ActGraph): Revocations {
  const all = graph.turn.filter(act => graph.acts[act]?.body.is === 'revocation')
  const dropped = new Set<number>()
  for (;;) {
    const counted = new Counted(graph)
    for (const act of all) if (!dropped.has(act) && !counted.hits(act)) counted.add(act)
    const victim = all.find(act => counted.counted.has(act) && counted.hits(act))
    if (victim === undefined) return counted
    dropped.add(victim)
  }
}

class Counted implements Revocations {
  readonly counted = new Set<number>()
  readonly #graph: ActGraph
  readonly #byDevice = new Map<string, number[]>()

  constructor(graph: ActGraph) {
    this.#graph = graph
  }

  add(act: number): void {
    const { user, body } = this.#graph.acts[act] ?? {}
    if (body?.is !== 'revocation') return
    this.counted.add(act)
    const key = `${user}/${body.device}`
    this.#byDevice.set(key, [...(this.#byDevice.get(key) ?? []), act])
  }

  of(user: UserId, device: DeviceId): readonly number[] {
    return this.#byDevice.get(`${user}/${device}`) ?? []
  }

  /** Whether the device that wrote `act` was revoked by one that did not know of it. */
  hits(act: number): boolean {
    const said = this.#graph.acts[act]
    if (said === undefined) return false
    return this.of(said.user, said.device).some(each => each !== act && !this.#graph.knows(each, act))
  }
}
