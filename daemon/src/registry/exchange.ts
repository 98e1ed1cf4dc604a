import type { Exchange, Log, Verdict } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'

/** What comes next in an exchange: bytes for the client, or its end. */
export type Turn =
  | { readonly is: 'challenge'; readonly data: Uint8Array }
  | { readonly is: 'ended'; readonly verdict: Verdict }

/**
 * One run of a mechanism with one client, turned inside out: the mechanism is a function that asks and waits, the
 * client's side is requests and replies. It ends with the link, after a deadline for the whole, and when the mechanism
 * does nothing for a while; a throw and a deadline are a denial.
 */
export class RunningExchange {
  /** Whether the mechanism waits for the client. */
  isWaiting = false
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  readonly #turnLimit: number
  #turn = Promise.withResolvers<Turn>()
  #answer = Promise.withResolvers<Uint8Array>()

  constructor({
    run,
    about,
    signal,
    log,
    whole = limits.exchange,
    turn = limits.exchangeTurn,
  }: {
    run: (exchange: Exchange) => Promise<Verdict>
    about: Omit<Exchange, 'challenge' | 'signal'>
    /** Aborted when the client is gone. */
    signal: AbortSignal
    log: Log
    whole?: number
    turn?: number
  }) {
    this.#signal = AbortSignal.any([signal, this.#ended.signal, AbortSignal.timeout(whole)])
    this.#turnLimit = turn
    this.#signal.addEventListener('abort', () => this.#answer.reject(this.#signal.reason), { once: true })
    // Nobody may be waiting for the answer when the client goes.
    this.#answer.promise.catch(() => {})
    void this.#run(run, { ...about, signal: this.#signal, challenge: data => this.#challenge(data) }, log)
  }

  /** The first turn: what the mechanism says to the client's first bytes. */
  first(): Promise<Turn> {
    return this.#next()
  }

  /** Hands the client's answer to the mechanism and gives its next turn. */
  async answer(data: Uint8Array): Promise<Turn> {
    if (this.#signal.aborted) throw new ParleyError('timeout', 'The sign-in took too long. Start it again.')
    if (!this.isWaiting || data.length > limits.exchangeStep) {
      throw new ParleyError('bad-frame', 'This step of the sign-in was not asked for, or is too large.')
    }
    this.isWaiting = false
    this.#turn = Promise.withResolvers<Turn>()
    this.#answer.resolve(data)
    return this.#next()
  }

  /** Ends it: the mechanism's signal is aborted, and what it still says is not heard. */
  abort(): void {
    this.#ended.abort(new ParleyError('closed', 'The sign-in was given up.'))
  }

  async #run(run: (exchange: Exchange) => Promise<Verdict>, exchange: Exchange, log: Log): Promise<void> {
    let verdict: Verdict = { is: 'deny' }
    try {
      verdict = await run(exchange)
    } catch (error) {
      if (!this.#signal.aborted) log.warn({ error }, 'A sign-in mechanism failed; the sign-in was denied.')
    }
    this.#turn.resolve({ is: 'ended', verdict: this.#signal.aborted ? { is: 'deny' } : verdict })
    this.#ended.abort()
  }

  #challenge(data: Uint8Array): Promise<Uint8Array> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason)
    if (this.isWaiting) return Promise.reject(new Error('A mechanism asks for one answer at a time.'))
    this.isWaiting = true
    this.#answer = Promise.withResolvers<Uint8Array>()
    this.#answer.promise.catch(() => {})
    this.#turn.resolve({ is: 'challenge', data })
    return this.#answer.promise
  }

  async #next(): Promise<Turn> {
    const late = Promise.withResolvers<Turn>()
    const timer = setTimeout(() => {
      late.reject(new ParleyError('timeout', 'The registry took too long over this sign-in. Try again.'))
      this.abort()
    }, this.#turnLimit)
    const onAbort = () => late.resolve({ is: 'ended', verdict: { is: 'deny' } })
    this.#signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([this.#turn.promise, late.promise])
    } finally {
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', onAbort)
    }
  }
}
