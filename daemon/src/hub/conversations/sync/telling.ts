import { create } from '@bufbuild/protobuf'
import type { DeviceId } from '../../../protocol/ids.ts'
import { type Have, HaveSchema } from '../../../protocol/parley_pb.ts'
import type { State } from '../state.ts'
import type { Arrivals, Cursor } from './arrivals.ts'
import { headsOf } from './heads.ts'

/** What is to be told of the logs that are here: all since what the other side has taken, or some that have changed. */
export class Telling {
  #since: Cursor | undefined
  #pages: Pages | undefined

  get isOwed(): boolean {
    return this.#since !== undefined || this.#pages !== undefined
  }

  /** All is to be told that has changed since then; everything, where that is of another history. */
  tellSince(since: Cursor): void {
    this.#since = since
  }

  /** Some logs are to be told. */
  tell(devices: Iterable<DeviceId>): void {
    if (this.#since !== undefined) return
    this.#pages ??= { devices: new Set(), full: false, epoch: 0n, arrival: 0n }
    for (const device of devices) this.#pages.devices.add(device)
  }

  /** The next frame, of the state as it is then. `untouched` is told of logs that have not changed since. */
  async next(
    conversation: Uint8Array<ArrayBuffer>,
    ground: { readonly state: State; readonly arrivals: Arrivals; untouched(device: DeviceId): void },
  ): Promise<Have | undefined> {
    if (this.#since !== undefined) {
      const epoch = await ground.arrivals.epoch()
      this.#pages = this.#begin(this.#since, epoch, ground)
      this.#since = undefined
    }
    const pages = this.#pages
    if (pages === undefined) return undefined
    const { devices, full, epoch, arrival } = pages
    const page = [...devices].slice(0, logsPerPage)
    for (const device of page) devices.delete(device)
    const more = devices.size > 0
    if (!more) this.#pages = undefined
    return create(HaveSchema, { conversation, heads: headsOf(ground.state, page), full, epoch, arrival, more })
  }

  #begin(since: Cursor, epoch: bigint, { state, arrivals, untouched }: Parameters<Telling['next']>[1]): Pages {
    const full = !arrivals.covers(since)
    const devices = new Set<DeviceId>()
    let arrival = 0
    for (const [device, log] of state.logs) {
      arrival = Math.max(arrival, log.arrival)
      if (full || log.arrival > since.arrival) devices.add(device)
      else untouched(device)
    }
    return { devices, full, epoch, arrival: BigInt(arrival) }
  }
}

interface Pages {
  readonly devices: Set<DeviceId>
  readonly full: boolean
  readonly epoch: bigint
  readonly arrival: bigint
}

/** Logs told in one frame: with all branches and floors they keep below its heads. */
const logsPerPage = 64
