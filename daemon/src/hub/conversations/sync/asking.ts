import { limits } from '../../../limits.ts'
import type { DeviceId } from '../../../protocol/ids.ts'

/** How often the logs of one exchange are asked for again: now and then, and not for ever where nothing comes of it. */
export class Asking {
  #askedAt = Number.NEGATIVE_INFINITY
  /** How often a log was asked for again without anything coming of it. */
  readonly #fruitless = new Map<DeviceId, number>()

  /** Logs that were asked for again in vain. */
  get size(): number {
    return this.#fruitless.size
  }

  /** ms until the next question. */
  get wait(): number {
    return this.#askedAt + limits.askAgain - performance.now()
  }

  asked(): void {
    this.#askedAt = performance.now()
  }

  /** Something new has come of these logs. */
  progressed(devices: Iterable<DeviceId>): void {
    for (const device of devices) this.#fruitless.delete(device)
  }

  /** Of these logs those that may be asked for once more. */
  again(devices: Iterable<DeviceId>): DeviceId[] {
    const wanted = [...devices].filter(device => (this.#fruitless.get(device) ?? 0) < limits.asksInVain)
    for (const device of wanted) this.#fruitless.set(device, (this.#fruitless.get(device) ?? 0) + 1)
    return wanted
  }
}
