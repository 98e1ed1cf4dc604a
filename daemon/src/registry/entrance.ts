import type { Auth, Entering, Log } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import type { Link } from '../net/link.ts'
import { sourceOf } from '../net/source.ts'
import type { Plugged } from '../plugins/plugged.ts'
import { type DeviceId, deviceId, type RegistryId } from '../protocol/ids.ts'
import { readDisplayName, readUserName } from '../protocol/names.ts'
import type { SignIn, SignUp } from '../protocol/parley_pb.ts'
import { type Accounts, accountDisabled, decoyRoster, type Enrolled } from './accounts.ts'
import type { Audit } from './audit.ts'
import { hasDevice } from './device-rows.ts'
import type { Devices, Standing } from './devices.ts'
import { allowed, type Exchanges, type Step, wrongCredentials } from './exchanges.ts'
import { type Claim, readClaim, type SignUps } from './sign-up.ts'
import type { Guesses } from './throttle.ts'

/** What an exchange over a link comes to: the account that it is now signed in to, or a new password. */
export type Outcome =
  | { readonly is: 'in'; readonly standing: Standing; readonly hasShownPassword: boolean }
  | { readonly is: 'done' }

/** What every entrance of a registry needs. */
export interface EntranceParts {
  readonly registry: RegistryId
  readonly auths: ReadonlyMap<string, Auth>
  readonly accounts: Accounts
  readonly devices: Devices
  readonly signUps: SignUps
  readonly guesses: Guesses
  readonly audit: Audit
  /** Guards that are asked, and observers that are told, of plugins. */
  readonly plugged: Plugged
  readonly log: Log
}

/** The way in over one link: sign-up and sign-in, one at a time. */
export class Entrance {
  readonly #link: Link
  readonly #device: DeviceId
  readonly #exchanges: Exchanges<Outcome>
  readonly #parts: EntranceParts

  constructor(link: Link, exchanges: Exchanges<Outcome>, parts: EntranceParts) {
    this.#link = link
    this.#device = deviceId(link.peerId)
    this.#exchanges = exchanges
    this.#parts = parts
  }

  /** @throws ParleyError as readClaim and SignUps do; `unsupported`, `wrong-credentials`, `timeout`, `busy` */
  signUp(asked: SignUp): Promise<Step<Outcome>> {
    return this.#exchanges.alone(async () => {
      const { registry, signUps, guesses } = this.#parts
      const auth = authNamed(this.#parts.auths, asked.mechanism)
      const claim = readClaim(asked, { registry, deviceKey: this.#link.peerKey })
      const before = await signUps.check(claim)
      if (before) return { is: 'over', outcome: await this.#enter() }
      const entering = await this.#mayEnter('signUp', claim.account.name, asked.mechanism)
      // Without an enrolment of its own a mechanism's first sign-in makes the account.
      const run = auth.enrol?.bind(auth) ?? auth.signIn.bind(auth)
      const { name } = claim.account
      const takeBack = guesses.countSignUp(this.#source)
      // Such a sign-up tells whether a secret is right: it is a guess as a sign-in is.
      const takeBackGuess = auth.enrol ? () => {} : guesses.count(name, this.#source)
      return this.#exchanges.begin(run, { name, purpose: 'sign-up', first: asked.first }, async verdict => {
        if (verdict.is !== 'deny') takeBackGuess()
        if (verdict.is === 'unavailable') takeBack()
        const { credential = new Uint8Array(0), ...as } = allowed(verdict)
        const renamed = renamedClaim(claim, as)
        const isOther = renamed.account.name !== name
        const known = isOther ? await this.#mayEnter('signUp', renamed.account.name, asked.mechanism) : entering
        const enrolled = await signUps.commit(renamed, credential)
        takeBack()
        await this.#made(enrolled)
        this.#parts.plugged.telling.tell('signedUp', known)
        return this.#enter('by password')
      })
    })
  }

  /**
   * Without a mechanism the key that TLS has shown is enough.
   * @throws ParleyError `unknown-account`, `account-disabled`, `device-denied`, `password-needed`, `wrong-credentials`,
   *   `already-signed-up`, `throttled`, `unsupported`, `bad-name`, `timeout`, `busy`
   */
  signIn(asked: SignIn): Promise<Step<Outcome>> {
    return this.#exchanges.alone(async () => (asked.mechanism === '' ? this.#byKey() : this.#byMechanism(asked)))
  }

  get #source(): string {
    return sourceOf(this.#link.remoteAddress)
  }

  async #byKey(): Promise<Step<Outcome>> {
    const { accounts, guesses } = this.#parts
    const outcome = await this.#enter()
    const { account, device } = outcome.standing
    if (accounts.needsPassword(device)) {
      throw new ParleyError('password-needed', `Sign in to "${account.name}" with its password.`)
    }
    await accounts.visited(this.#device, device)
    guesses.right(account.name, this.#source)
    return { is: 'over', outcome }
  }

  async #byMechanism({ name: asked, mechanism, first, deviceName }: SignIn): Promise<Step<Outcome>> {
    const { accounts, devices, guesses, plugged } = this.#parts
    const auth = authNamed(this.#parts.auths, mechanism)
    const name = readUserName(asked)
    const entering = await this.#mayEnter('signIn', name, mechanism)
    const named = await accounts.byName(name)
    const known = named?.account.mechanism === mechanism ? named : undefined
    const isListed = hasDevice((known ?? nobodys).roster, this.#link.peerKey)
    const isOurs = known !== undefined && isListed
    // One of the account's own devices is slowed by its own guesses alone: nobody else's keep a person out.
    const takeBack = isOurs ? guesses.countOwn(this.#device) : guesses.count(name, this.#source)
    const about = { name, purpose: 'sign-in', first, ...(known && { credential: known.credential }) } as const
    return this.#exchanges.begin(auth.signIn.bind(auth), about, async verdict => {
      if (verdict.is !== 'deny') takeBack()
      const { name: said = name } = allowed(verdict)
      const shown = readUserName(said)
      const entered = shown === name ? entering : await this.#mayEnter('signIn', shown, mechanism)
      const meant = shown === name ? known : await accounts.byName(shown)
      if (meant?.account.mechanism !== mechanism) throw auth.enrol ? wrongCredentials() : notYet(shown)
      // A person may have typed for two minutes.
      const enrolled = await accounts.byUser(meant.account.user)
      if (!enrolled) throw wrongCredentials()
      if (enrolled.account.isDisabled) throw accountDisabled(shown)
      const { remoteAddress: address, peerKey: key } = this.#link
      const proof = meant.credential
      await devices.admit(enrolled.account.user, { key, name: deviceWords(deviceName), address, proof })
      guesses.right(shown, this.#source)
      const outcome = await this.#enter('by password')
      plugged.telling.tell('signedIn', entered)
      return outcome
    })
  }

  /** Asked before a credential is looked at, so that nobody learns more than that they may not. @throws ParleyError `refused` */
  async #mayEnter(how: 'signUp' | 'signIn', name: string, mechanism: string): Promise<Entering> {
    const entering = { name, mechanism, address: this.#link.remoteAddress }
    const refusal = await this.#parts.plugged.guard.refuses(how, entering)
    if (refusal === undefined) return entering
    throw new ParleyError('refused', `The registry's plugin "${refusal.plugin}" refuses: ${refusal.why}`)
  }

  /** How the device stands now. @throws ParleyError `unknown-account`, `device-denied`, `account-disabled` */
  async #enter(how: 'by key' | 'by password' = 'by key'): Promise<Extract<Outcome, { is: 'in' }>> {
    const standing = await this.#parts.devices.standing(this.#link.peerKey)
    return { is: 'in', standing, hasShownPassword: how === 'by password' }
  }

  async #made({ account: { user, name } }: Enrolled): Promise<void> {
    const { log, audit, guesses } = this.#parts
    log.info({ user, name, address: this.#link.remoteAddress }, 'Somebody signed up.')
    guesses.right(name, this.#source)
    await audit.note({ what: 'user-made', by: user, user, name, device: this.#device })
  }
}

/** Looked through for a name that nobody has: it takes as long. */
const nobodys = { roster: decoyRoster() }

/** @throws ParleyError `unsupported` */
export function authNamed(auths: ReadonlyMap<string, Auth>, mechanism: string): Auth {
  const auth = auths.get(mechanism)
  if (auth) return auth
  const offered = [...auths.keys()].join(', ')
  throw new ParleyError('unsupported', `This registry does not offer that way to sign in. It offers: ${offered}.`)
}

/** What a device calls itself; its own words, so nobody else is refused for them. */
function deviceWords(text: string): string {
  try {
    return readDisplayName(text)
  } catch {
    return 'device'
  }
}

/** Whoever has just shown who they are may know that nobody of their name has an account. */
function notYet(name: string): ParleyError {
  return new ParleyError('unknown-user', `You are known here as "${name}", but have no account yet. Sign up with it.`)
}

/** A mechanism may know people's names better than they do. @throws ParleyError `bad-name` */
function renamedClaim(claim: Claim, as: { name?: string; displayName?: string }): Claim {
  const { account } = claim
  const name = readUserName(as.name ?? account.name)
  return { ...claim, account: { ...account, name, displayName: shownAs(as.displayName, account.displayName) } }
}

/** Names of a directory are not made for chats: one that cannot be shown shuts nobody out. */
function shownAs(said: string | undefined, wished: string): string {
  try {
    return readDisplayName(said || wished)
  } catch {
    return wished
  }
}
