import type { Exchange, Log, Verdict } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { fromText, type RegistryId } from '../protocol/ids.ts'
import type { Continue } from '../protocol/parley_pb.ts'
import { signInBinding, signInExporter } from '../protocol/sign-in-binding.ts'
import { RunningExchange, type Turn } from './exchange.ts'

/** Another question to the client, or what the exchange has come to. */
export type Step<Outcome> =
  | { readonly is: 'challenge'; readonly data: Uint8Array }
  | { readonly is: 'over'; readonly outcome: Outcome }

/** The exchanges of a mechanism with the client at the other end of a link: one at a time, a new one ends the one before. */
export class Exchanges<Outcome> {
  readonly #link: Link
  readonly #registry: RegistryId
  readonly #log: Log
  #ongoing: { readonly exchange: RunningExchange; readonly settle: (verdict: Verdict) => Promise<Outcome> } | undefined
  #isBusy = false

  constructor(link: Link, { registry, log }: { registry: RegistryId; log: Log }) {
    this.#link = link
    this.#registry = registry
    this.#log = log
  }

  /** Runs one request about an exchange. @throws ParleyError `busy` while another one waits for its answer */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isBusy) throw new ParleyError('busy', 'One sign-in at a time on a connection. Wait for its answer.')
    this.#isBusy = true
    try {
      return await work()
    } finally {
      this.#isBusy = false
    }
  }

  /** Begins an exchange, bound to this very connection. `settle` makes of its verdict what it comes to. */
  begin(
    run: (exchange: Exchange) => Promise<Verdict>,
    about: Pick<Exchange, 'name' | 'purpose' | 'first' | 'credential'>,
    settle: (verdict: Verdict) => Promise<Outcome>,
  ): Promise<Step<Outcome>> {
    if (about.first.length > limits.exchangeStep)
      throw new ParleyError('bad-frame', 'The first step of the sign-in is too large.')
    const { remoteAddress: address, signal } = this.#link
    const exporter = this.#link.exportKeyingMaterial(signInExporter.length, signInExporter.label)
    const binding = signInBinding(exporter, this.#link.peerId, fromText(this.#registry))
    this.drop()
    const exchange = new RunningExchange({ run, about: { ...about, binding, address }, signal, log: this.#log })
    this.#ongoing = { exchange, settle }
    return this.#take(exchange.first())
  }

  /** The client's answer to a challenge. @throws ParleyError `usage` when none was asked for */
  continue({ data }: Continue): Promise<Step<Outcome>> {
    return this.alone(async () => {
      if (!this.#ongoing) throw new ParleyError('usage', 'No sign-in is going on. Start one first.')
      return this.#take(this.#ongoing.exchange.answer(data))
    })
  }

  /** Gives up what is going on. */
  drop(): void {
    this.#ongoing?.exchange.abort()
    this.#ongoing = undefined
  }

  async #take(next: Promise<Turn>): Promise<Step<Outcome>> {
    const ongoing = this.#ongoing
    let isOver = true
    try {
      const turn = await next
      isOver = turn.is === 'ended'
      if (turn.is === 'challenge') return turn
      if (!ongoing) throw wrongCredentials()
      return { is: 'over', outcome: await ongoing.settle(turn.verdict) }
    } finally {
      if (isOver) this.drop()
    }
  }
}

/** The verdict, if it is a yes. @throws ParleyError `wrong-credentials`, `unreachable` */
export function allowed(verdict: Verdict): Extract<Verdict, { is: 'allow' }> {
  if (verdict.is === 'allow') return verdict
  if (verdict.is === 'deny') throw wrongCredentials()
  throw new ParleyError('unreachable', `Sign-in does not work at the moment: ${verdict.why}. Try again later.`)
}

export function wrongCredentials(): ParleyError {
  return new ParleyError('wrong-credentials', 'The name or the password is wrong. Check both and try again.')
}
