import type { DeviceId, UserId } from '../../protocol/ids.ts'
import type { Pair } from './tickets.ts'

/** The pairs of each user and device at either end: whoever leaves is found among thousands at once. */
export class Ends {
  readonly #pairs = new Map<UserId | DeviceId, Set<Pair>>()

  add(pair: Pair): void {
    for (const who of endsOf(pair)) this.#pairs.set(who, (this.#pairs.get(who) ?? new Set()).add(pair))
  }

  delete(pair: Pair): void {
    for (const who of endsOf(pair)) {
      const pairs = this.#pairs.get(who)
      pairs?.delete(pair)
      if (pairs?.size === 0) this.#pairs.delete(who)
    }
  }

  of(who: UserId | DeviceId): readonly Pair[] {
    return [...(this.#pairs.get(who) ?? [])]
  }
}

function endsOf({ asker, target }: Pair): readonly (UserId | DeviceId)[] {
  return [asker.user, asker.device, target.user, target.device]
}
