import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { DeviceId, UserId } from '../protocol/ids.ts'

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

/**
 * Guesses at passwords, by account and by address; and sign-ups that come to nothing, by address. Everybody who guesses
 * at one account shares its waits, except where somebody has signed in to it before: these places have waits of their
 * own, so that whoever guesses from elsewhere without end cannot keep the owner's next device out.
 */
export class Guesses {
  readonly #byAccount: Throttle
  readonly #byAddress: Throttle
  readonly #byDevice: Throttle
  readonly #changes: Throttle
  readonly #signUps: Throttle
  /** Where people have signed in lately, the latest last. */
  readonly #homes = new Map<string, string[]>()

  constructor(now: () => number) {
    const { guessWait: wait, guessWaitLongest: longest, guessMemory: memory, guessesRemembered: remembered } = limits
    const common = { wait, longest, memory, remembered }
    this.#byAccount = new Throttle({ ...common, free: limits.guessesPerAccount }, now)
    this.#byAddress = new Throttle({ ...common, free: limits.guessesPerAddress }, now)
    this.#byDevice = new Throttle({ ...common, free: limits.guessesPerDevice }, now)
    this.#changes = new Throttle({ ...common, free: limits.guessesPerAccount }, now)
    this.#signUps = new Throttle({ ...common, free: limits.signUpsPerAddress }, now)
  }

  /**
   * Counts a guess at the account `name`, whether there is one or not, from `source` (an IPv4 address or IPv6 /64).
   * Gives a function that takes it back.
   * @throws ParleyError `throttled` with the ms to wait
   */
  count(name: string, source: string): () => void {
    const account = this.#homes.get(name)?.includes(source) ? `${name} ${source}` : name
    refuseBefore(Math.max(this.#byAccount.wait(account), this.#byAddress.wait(source)), wrongSignIns)
    return bothOf(counted(this.#byAccount, account), counted(this.#byAddress, source))
  }

  /** Counts a guess by a device of the account itself, which nobody else's guesses slow. As {@link count}. */
  countOwn(device: DeviceId): () => void {
    refuseBefore(this.#byDevice.wait(device), wrongSignIns)
    return counted(this.#byDevice, device)
  }

  /** Counts a guess at the present password by somebody who is signed in and wants to change it. As {@link count}. */
  countChange(user: UserId): () => void {
    refuseBefore(this.#changes.wait(user), 'wrong passwords')
    return counted(this.#changes, user)
  }

  /** Counts a code that does not reset the password, from `source`. @throws ParleyError `throttled` */
  countCode(source: string): void {
    refuseBefore(this.#byAddress.wait(source), 'wrong codes')
    this.#byAddress.count(source)
  }

  /** Counts the start of a sign-up, which costs the registry a few ms of work. As {@link count}. */
  countSignUp(source: string): () => void {
    refuseBefore(this.#signUps.wait(source), 'sign-ups that came to nothing')
    return counted(this.#signUps, source)
  }

  /** Somebody has signed in to the account `name` from `source`. */
  right(name: string, source: string): void {
    const before = this.#homes.get(name) ?? []
    this.#homes.delete(name)
    this.#homes.set(name, [...before.filter(one => one !== source), source].slice(-limits.guessHomes))
    const [oldest] = this.#homes.keys()
    if (this.#homes.size > limits.guessesRemembered && oldest !== undefined) this.#homes.delete(oldest)
  }
}

function counted(throttle: Throttle, key: string): () => void {
  throttle.count(key)
  return () => throttle.forgive(key)
}

function bothOf(one: () => void, other: () => void): () => void {
  return () => {
    one()
    other()
  }
}

const wrongSignIns = 'wrong sign-ins'

function refuseBefore(wait: number, what: string): void {
  if (wait <= 0) return
  const retryAfter = Math.ceil(wait)
  const seconds = Math.ceil(retryAfter / 1000)
  throw new ParleyError('throttled', `Too many ${what}. Try again in ${seconds} s.`, { retryAfter })
}
