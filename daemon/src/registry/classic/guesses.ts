import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import { sourceOf } from '../../net/source.ts'
import { foldAlias } from '../../protocol/names.ts'
import { Throttle } from '../throttle.ts'

/**
 * Slows the guessing of classic passwords, by account and by address. Only wrong guesses count, so a crowd that logs in
 * at once is hardly slowed; nor is the address that an account was last used from, so nobody else can keep its owner out.
 */
export class ClassicGuesses {
  readonly #byAccount: Throttle
  readonly #byAddress: Throttle
  readonly #home = new Map<string, string>()

  /** `now`: ms of a monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    const { guessWait: wait, guessWaitLongest: longest, guessMemory: memory, guessesRemembered: remembered } = limits
    const common = { wait, longest, memory, remembered }
    this.#byAccount = new Throttle({ ...common, free: limits.guessesPerAccount }, now)
    this.#byAddress = new Throttle({ ...common, free: limits.guessesPerAddress }, now)
  }

  /**
   * Counts a guess at `name` from `address`; gives what takes it back. It counts while it is judged, too, or all that are
   * made at once would be free. Throws `throttled` when another one is too early.
   */
  count(name: string, address: string): () => void {
    const [account, source] = [foldAlias(name), sourceOf(address)]
    const isHome = this.#home.get(account) === source
    const wait = Math.max(isHome ? 0 : this.#byAccount.wait(account), this.#byAddress.wait(source))
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000)
      throw new ParleyError('throttled', `Too many wrong passwords. Try again in ${seconds} s.`, { retryAfter: wait })
    }
    this.#byAccount.count(account)
    this.#byAddress.count(source)
    return () => {
      this.#byAccount.forgive(account)
      this.#byAddress.forgive(source)
    }
  }

  right(name: string, address: string): void {
    const account = foldAlias(name)
    this.#home.delete(account)
    this.#home.set(account, sourceOf(address))
    const [oldest] = this.#home.keys()
    if (this.#home.size > limits.guessesRemembered && oldest !== undefined) this.#home.delete(oldest)
  }
}
