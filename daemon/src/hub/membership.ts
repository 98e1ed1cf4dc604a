import { ParleyError } from '../errors.ts'
import type { AccountInfo, ControlRequests } from '../protocol/control.ts'
import type { AskPerson } from '../protocol/prompts.ts'
import { accountInfo, alreadySignedUp } from './account-info.ts'
import type { Account, AccountStore } from './accounts.ts'
import type { Hosting } from './own-team.ts'
import type { RegistryClient } from './registry/client.ts'
import type { Standing } from './standing.ts'
import { readSignIn, readSignUp } from './wishes.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

export interface MembershipOptions {
  readonly store: AccountStore
  readonly client: RegistryClient
  readonly standing: Standing
  /** The team that this daemon itself runs, or may start. */
  readonly hosting: Hosting | undefined
  /** What to compare on another device while this one waits. */
  readonly digits: (account: Account) => string
  /** Whether others are told what one has read. */
  readonly areReceiptsOn: () => boolean
  /** There is an account now: resolves once its team is open. */
  readonly entered: () => Promise<void>
  /** What front ends see of the account has changed. */
  readonly changed: () => void
}

/**
 * How this home comes to its account, and how that account stands: each method is the request of the control API of the
 * same name, and they are done one at a time.
 */
export class Membership {
  readonly #options: MembershipOptions
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /** @throws ParleyError `unknown-account` while there is none */
  get account(): Account {
    const account = this.#options.store.current
    if (account) return account
    throw new ParleyError('unknown-account', nobodyYet)
  }

  /** What front ends see; empty while there is none. */
  get infos(): AccountInfo[] {
    return this.#options.store.current ? [this.info] : []
  }

  get info(): AccountInfo {
    return accountInfo(this.account, this.#options)
  }

  /** `ask`: the person in front of whoever asks for this, where they can be asked. */
  signUp(params: Params<'signUp'>, ask?: AskPerson): Result<'signUp'> {
    return this.inTurn(async () => {
      const { place, wish } = readSignUp(params)
      const invite = wish.invite ?? (await this.#ownInvite(place.registry, wish.name))
      await this.#options.client.signUp(place, { ...wish, ask, ...(invite && { invite }) })
      return this.signedIn()
    })
  }

  signIn(params: Params<'signIn'>, ask?: AskPerson): Result<'signIn'> {
    return this.inTurn(async () => {
      const { place, who } = readSignIn(params)
      this.refuseOther(place?.registry, who.name)
      await this.#options.client.signIn(place, { ...who, ask })
      return this.signedIn()
    })
  }

  signOut(_params: Params<'signOut'> = {}): Result<'signOut'> {
    return this.inTurn(async () => {
      await this.#options.client.signOut()
      return this.info
    })
  }

  hostTeam({ team }: Params<'hostTeam'>): Result<'hostTeam'> {
    return this.inTurn(async () => {
      const { hosting, store, client, changed } = this.#options
      if (!hosting) throw new ParleyError('unsupported', 'This hub cannot start a team: it was not made for it.')
      const account = store.current
      if (account && !hosting.isConfigured) throw alreadySignedUp(account)
      const hosted = await hosting.host(team)
      client.wake()
      changed()
      return hosted
    })
  }

  setAvailability({ availability }: Params<'setAvailability'>): Result<'setAvailability'> {
    return this.inTurn(async () => {
      const { store, client, changed } = this.#options
      await store.save(this.account.registry, { availability: availability === 'available' ? '' : availability })
      client.tellStatus()
      changed()
      return this.info
    })
  }

  /** One change of the account at a time. */
  inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run)
    this.#turn = result.catch(() => {})
    return result
  }

  /** After a sign-in of whatever kind, in turn: the account as it is from now on. */
  async signedIn(): Promise<AccountInfo> {
    const { entered, changed } = this.#options
    await entered()
    changed()
    return this.info
  }

  /** @throws ParleyError `already-signed-up` when what is asked for is not the account of this home */
  refuseOther(registry: string | undefined, name: string | undefined): void {
    const account = this.#options.store.current
    if (!account) return
    const isOther = (registry && registry !== account.registry) || (name && name !== account.name)
    if (isOther) throw alreadySignedUp(account)
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    await this.#turn
  }

  /** Who runs a team in this very daemon needs no invite from anybody; this one makes an admin. */
  async #ownInvite(registry: string | undefined, name: string): Promise<Uint8Array | undefined> {
    const team = this.#options.hosting?.team
    return team && team.registry === registry && team.signUp !== 'closed' ? team.inviteCode(name) : undefined
  }
}

export const nobodyYet =
  'Nobody has signed up in this home yet. Sign up first: parley sign-up NAME --registry HOST:PORT'
