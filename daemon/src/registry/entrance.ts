import { fromBinary } from '@bufbuild/protobuf'
import type { Auth, Exchange, Log, Verdict } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { sourceOf } from '../net/source.ts'
import { type DeviceId, deviceId, fromText, type RegistryId } from '../protocol/ids.ts'
import { readDisplayName, readUserName } from '../protocol/names.ts'
import { type Continue, RosterSchema, type SignIn, type SignUp } from '../protocol/parley_pb.ts'
import { signInBinding, signInExporter } from '../protocol/sign-in-binding.ts'
import type { Accounts, Enrolled } from './accounts.ts'
import { RunningExchange, type Turn } from './exchange.ts'
import { type Claim, readClaim, type SignUps } from './sign-up.ts'
import type { Guesses } from './throttle.ts'

/** What a sign-up or sign-in leads to: another question to the client, or the account that it is now signed in to. */
export type Step =
  | { readonly is: 'challenge'; readonly data: Uint8Array }
  | { readonly is: 'in'; readonly enrolled: Enrolled }

/** What every entrance of a registry needs. */
export interface EntranceParts {
  readonly registry: RegistryId
  readonly auths: ReadonlyMap<string, Auth>
  readonly accounts: Accounts
  readonly signUps: SignUps
  readonly guesses: Guesses
  readonly log: Log
}

/** The way in over one link: sign-up and sign-in, one at a time. */
export class Entrance {
  readonly #link: Link
  readonly #device: DeviceId
  readonly #parts: EntranceParts
  #ongoing: { readonly exchange: RunningExchange; readonly settle: (verdict: Verdict) => Promise<Enrolled> } | undefined
  #isBusy = false

  constructor(link: Link, parts: EntranceParts) {
    this.#link = link
    this.#device = deviceId(link.peerId)
    this.#parts = parts
  }

  /** @throws ParleyError as readClaim and SignUps do; `unsupported`, `wrong-credentials`, `timeout`, `busy` */
  signUp(asked: SignUp): Promise<Step> {
    return this.#alone(async () => {
      const { registry, signUps, guesses, log } = this.#parts
      const auth = this.#auth(asked.mechanism)
      const claim = readClaim(asked, { registry, deviceKey: this.#link.peerKey })
      const before = await signUps.check(claim)
      if (before) return { is: 'in', enrolled: before }
      // Without an enrolment of its own a mechanism's first sign-in makes the account.
      const run = auth.enrol?.bind(auth) ?? auth.signIn.bind(auth)
      const { name } = claim.account
      const address = this.#link.remoteAddress
      const takeBack = guesses.countSignUp(sourceOf(address))
      return this.#begin(run, { name, purpose: 'sign-up', first: asked.first }, async verdict => {
        const { credential = new Uint8Array(0), ...as } = allowed(verdict)
        const enrolled = await signUps.commit(renamed(claim, as), credential)
        takeBack()
        log.info({ user: enrolled.account.user, name: enrolled.account.name, address }, 'Somebody signed up.')
        return enrolled
      })
    })
  }

  /**
   * Without a mechanism the key that TLS has shown is enough.
   * @throws ParleyError `unknown-account`, `password-needed`, `wrong-credentials`, `second-device`, `throttled`,
   *   `unsupported`, `bad-name`, `timeout`, `busy`
   */
  signIn(asked: SignIn): Promise<Step> {
    return this.#alone(async () => (asked.mechanism === '' ? this.#byKey() : this.#byMechanism(asked)))
  }

  /** The client's answer to a challenge. */
  continue({ data }: Continue): Promise<Step> {
    return this.#alone(async () => {
      if (!this.#ongoing) throw new ParleyError('usage', 'No sign-in is going on. Start one first.')
      return this.#take(this.#ongoing.exchange.answer(data))
    })
  }

  async #byKey(): Promise<Step> {
    const { accounts } = this.#parts
    const known = await accounts.byDevice(this.#device)
    if (!known || !hasDevice(known, this.#link.peerKey)) {
      throw new ParleyError(
        'unknown-account',
        'This device has no account here. Sign up, or sign in with your name and password.',
      )
    }
    if (accounts.needsPassword(known.device)) {
      throw new ParleyError('password-needed', `Sign in to "${known.account.name}" with its password.`)
    }
    await accounts.visited(this.#device, known.device)
    return { is: 'in', enrolled: known }
  }

  async #byMechanism({ name: asked, mechanism, first }: SignIn): Promise<Step> {
    const { accounts, guesses } = this.#parts
    const auth = this.#auth(mechanism)
    const name = readUserName(asked)
    const named = await accounts.byName(name)
    const known = named?.account.mechanism === mechanism ? named : undefined
    const isOurs = known !== undefined && hasDevice(known, this.#link.peerKey)
    // One of the account's own devices is not slowed: nobody else's guesses keep a person out.
    const takeBack = isOurs ? () => {} : guesses.count(name, sourceOf(this.#link.remoteAddress))
    const about = { name, purpose: 'sign-in', first, ...(known && { credential: known.credential }) } as const
    return this.#begin(auth.signIn.bind(auth), about, async verdict => {
      if (verdict.is !== 'deny') takeBack()
      const { name: allowedName = name } = allowed(verdict)
      if (!known || allowedName !== name) throw wrongCredentials()
      if (!isOurs) throw secondDevice(name)
      await accounts.signedIn(this.#device)
      return known
    })
  }

  #auth(mechanism: string): Auth {
    const auth = this.#parts.auths.get(mechanism)
    if (auth) return auth
    const offered = [...this.#parts.auths.keys()].join(', ')
    throw new ParleyError('unsupported', `This registry does not offer that way to sign in. It offers: ${offered}.`)
  }

  #begin(
    run: (exchange: Exchange) => Promise<Verdict>,
    about: Pick<Exchange, 'name' | 'purpose' | 'first' | 'credential'>,
    settle: (verdict: Verdict) => Promise<Enrolled>,
  ): Promise<Step> {
    if (about.first.length > limits.exchangeStep)
      throw new ParleyError('bad-frame', 'The first step of the sign-in is too large.')
    const { remoteAddress: address, signal } = this.#link
    const exporter = this.#link.exportKeyingMaterial(signInExporter.length, signInExporter.label)
    const binding = signInBinding(exporter, this.#link.peerId, fromText(this.#parts.registry))
    this.#drop()
    const exchange = new RunningExchange({ run, about: { ...about, binding, address }, signal, log: this.#parts.log })
    this.#ongoing = { exchange, settle }
    return this.#take(exchange.first())
  }

  async #take(next: Promise<Turn>): Promise<Step> {
    const ongoing = this.#ongoing
    let isOver = true
    try {
      const turn = await next
      isOver = turn.is === 'ended'
      if (turn.is === 'challenge') return turn
      if (!ongoing) throw wrongCredentials()
      return { is: 'in', enrolled: await ongoing.settle(turn.verdict) }
    } finally {
      if (isOver) this.#drop()
    }
  }

  /** One request at a time; a new sign-in takes the place of one whose client has given up. */
  async #alone(work: () => Promise<Step>): Promise<Step> {
    if (this.#isBusy) throw new ParleyError('busy', 'One sign-in at a time on a connection. Wait for its answer.')
    this.#isBusy = true
    try {
      return await work()
    } finally {
      this.#isBusy = false
    }
  }

  #drop(): void {
    this.#ongoing?.exchange.abort()
    this.#ongoing = undefined
  }
}

function hasDevice({ roster }: Enrolled, deviceKey: Uint8Array): boolean {
  // Checked when it was stored: only what it says matters here.
  return fromBinary(RosterSchema, roster.payload).devices.some(({ key }) => Buffer.compare(key, deviceKey) === 0)
}

function allowed(verdict: Verdict): Extract<Verdict, { is: 'allow' }> {
  if (verdict.is === 'allow') return verdict
  if (verdict.is === 'deny') throw wrongCredentials()
  throw new ParleyError('unreachable', `Sign-in does not work at the moment: ${verdict.why}. Try again later.`)
}

/** A mechanism may know people's names better than they do. */
function renamed(claim: Claim, as: { name?: string; displayName?: string }): Claim {
  const { account } = claim
  const name = readUserName(as.name ?? account.name)
  return {
    ...claim,
    account: { ...account, name, displayName: readDisplayName(as.displayName ?? account.displayName) },
  }
}

function wrongCredentials(): ParleyError {
  return new ParleyError('wrong-credentials', 'The name or the password is wrong. Check both and try again.')
}

function secondDevice(name: string): ParleyError {
  return new ParleyError(
    'second-device',
    `The password is right, but "${name}" lives on another device, and this version of Parley cannot add a second one. Use the first device.`,
  )
}
