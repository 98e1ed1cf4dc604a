import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/** How many guesses at a key are free, and how the ones after that are slowed. Times in ms. */
interface GuessLimits {
  readonly free: number
  readonly wait: number
  readonly longest: number
  readonly memory: number
  readonly remembered: number
}

/**
 * Slows guessing without ever locking anybody out: after some free guesses each one must wait twice as long as the one
 * before, up to a longest wait. A guess counts when it begins, because an OPAQUE client learns whether the password was
 * right without telling us; a sign-in that succeeds takes its own back.
 */
export class Throttle {
  readonly #guesses = new Map<string, { count: number; last: number }>()
  readonly #limits: GuessLimits
  readonly #now: () => number

  constructor(limits: GuessLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** ms until the next guess at `key` is allowed; 0: now. */
  wait(key: string): number {
    const known = this.#known(key)
    if (!known || known.count < this.#limits.free) return 0
    const wait = Math.min(this.#limits.wait * 2 ** (known.count - this.#limits.free), this.#limits.longest)
    return Math.max(0, known.last + wait - this.#now())
  }

  /** Counts a guess at `key`. */
  count(key: string): void {
    const count = (this.#known(key)?.count ?? 0) + 1
    this.#guesses.delete(key)
    this.#guesses.set(key, { count, last: this.#now() })
    const [oldest] = this.#guesses.keys()
    if (this.#guesses.size > this.#limits.remembered && oldest !== undefined) this.#guesses.delete(oldest)
  }

  /** Takes back one guess: it was none. */
  forgive(key: string): void {
    const known = this.#guesses.get(key)
    if (known && --known.count <= 0) this.#guesses.delete(key)
  }

  #known(key: string): { count: number; last: number } | undefined {
    const known = this.#guesses.get(key)
    if (!known) return undefined
    const now = this.#now()
    // A clock that was set back must not keep anybody waiting until it is where it was.
    known.last = Math.min(known.last, now)
    if (now - known.last < this.#limits.memory) return known
    this.#guesses.delete(key)
    return undefined
  }
}

/** Guesses at passwords, by account and by address; and sign-ups that come to nothing, by address. */
export class Guesses {
  readonly #byAccount: Throttle
  readonly #byAddress: Throttle
  readonly #signUps: Throttle

  constructor(now: () => number) {
    const { guessWait: wait, guessWaitLongest: longest, guessMemory: memory, guessesRemembered: remembered } = limits
    const common = { wait, longest, memory, remembered }
    this.#byAccount = new Throttle({ ...common, free: limits.guessesPerAccount }, now)
    this.#byAddress = new Throttle({ ...common, free: limits.guessesPerAddress }, now)
    this.#signUps = new Throttle({ ...common, free: limits.signUpsPerAddress }, now)
  }

  /**
   * Counts a guess at the account `name`, whether there is one or not, from `source` (an IPv4 address or IPv6 /64).
   * Gives a function that takes it back.
   * @throws ParleyError `throttled` with the ms to wait
   */
  count(name: string, source: string): () => void {
    refuseBefore(Math.max(this.#byAccount.wait(name), this.#byAddress.wait(source)), 'wrong sign-ins')
    this.#byAccount.count(name)
    this.#byAddress.count(source)
    return () => {
      this.#byAccount.forgive(name)
      this.#byAddress.forgive(source)
    }
  }

  /** Counts the start of a sign-up, which costs the registry a few ms of work. As {@link count}. */
  countSignUp(source: string): () => void {
    refuseBefore(this.#signUps.wait(source), 'sign-ups that came to nothing')
    this.#signUps.count(source)
    return () => this.#signUps.forgive(source)
  }
}

function refuseBefore(wait: number, what: string): void {
  if (wait <= 0) return
  const retryAfter = Math.ceil(wait)
  const seconds = Math.ceil(retryAfter / 1000)
  throw new ParleyError('throttled', `Too many ${what}. Try again in ${seconds} s.`, { retryAfter })
}
