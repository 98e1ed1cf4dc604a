import { limits } from '../../limits.ts'
import { toText } from '../../protocol/ids.ts'
import { deviceDigits, type KeyOwner } from '../../protocol/safety-number.ts'

/** The digits of devices that wait, each made once: it takes 10 ms, and lists are asked for often. */
export class Digits {
  readonly #made = new Map<string, string>()

  of(owner: KeyOwner, deviceKey: Uint8Array): string {
    const key = `${toText(owner.accountKey)} ${toText(deviceKey)}`
    const made = this.#made.get(key) ?? deviceDigits(owner, deviceKey)
    this.#made.set(key, made)
    const [oldest] = this.#made.keys()
    if (this.#made.size > limits.digitsKept && oldest !== undefined) this.#made.delete(oldest)
    return made
  }
}
