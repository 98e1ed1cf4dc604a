import type { Change, Storage } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import { isLoopback, ports, readHostPort } from '../protocol/addresses.ts'
import type { SignUpPolicy } from '../protocol/control.ts'
import { type DeviceId, deviceId, type RegistryId, userId } from '../protocol/ids.ts'
import { idOfKey, publicKeyOf } from '../protocol/keys.ts'
import { readDisplayName, readUserName } from '../protocol/names.ts'
import type { SignUp } from '../protocol/parley_pb.ts'
import { readRoster } from '../protocol/statements.ts'
import { type Account, type Accounts, accountRows, type Enrolled } from './accounts.ts'
import { type Invites, type InviteUse, inviteCodeSize } from './invites.ts'

/** A sign-up that was asked for, checked in every way that needs no storage. */
export interface Claim extends Enrolled {
  readonly device: DeviceId
  /** SPKI of the asking device. */
  readonly deviceKey: Uint8Array
  readonly invite: Uint8Array | undefined
}

/**
 * Reads what a client asks for. The roster must be version 1, for this registry and user, with exactly the asking
 * device, signed by the account key that comes with it.
 * @throws ParleyError `bad-name`, `bad-frame`, `bad-signature`, `forged`, `bad-invite`
 */
export function readClaim(
  asked: SignUp,
  { registry, deviceKey }: { registry: RegistryId; deviceKey: Uint8Array },
): Claim {
  const name = readUserName(asked.name)
  const displayName = readDisplayName(asked.displayName || name)
  const user = userId(asked.user)
  publicKeyOf(asked.accountKey)
  const { roster } = asked
  if (!roster || roster.payload.length > limits.firstRoster) throw forged('is missing or too large')
  const { version, devices, revoked } = readRoster(roster, {
    accountKey: asked.accountKey,
    registry,
    user,
    generation: 1,
  })
  const device = deviceId(idOfKey(deviceKey))
  if (version !== 1) throw forged(`has version ${version}, not 1`)
  if (devices.length !== 1 || devices[0]?.id !== device || revoked.size > 0) {
    throw forged('must name the asking device and no other')
  }
  if (asked.invite.length !== 0 && asked.invite.length !== inviteCodeSize) {
    throw new ParleyError('bad-invite', 'The code of the invite is cut or mistyped. Copy it again, whole.')
  }
  const account: Account = {
    user,
    name,
    displayName,
    mechanism: asked.mechanism,
    accountKey: new Uint8Array(asked.accountKey),
    generation: 1,
    denied: new Set(),
    role: 'member',
    isDisabled: false,
  }
  return { account, roster, device, deviceKey, invite: asked.invite.length > 0 ? asked.invite : undefined }
}

/** Decides on sign-ups and commits them. */
export class SignUps {
  readonly #policy: () => SignUpPolicy
  readonly #storage: Storage
  readonly #accounts: Accounts
  readonly #invites: Invites
  readonly #now: () => number

  constructor(parts: {
    /** Asked each time: it may change while the registry runs. */
    policy: () => SignUpPolicy
    storage: Storage
    accounts: Accounts
    invites: Invites
    now: () => number
  }) {
    this.#policy = parts.policy
    this.#storage = parts.storage
    this.#accounts = parts.accounts
    this.#invites = parts.invites
    this.#now = parts.now
  }

  get policy(): SignUpPolicy {
    return this.#policy()
  }

  /**
   * Refuses early what the batch would refuse, before anybody stretches a password. Gives the account when this very
   * sign-up was committed before: its answer was lost.
   * @throws ParleyError `already-signed-up`, `password-needed`, `sign-up-closed`, `invite-needed`, `bad-invite`,
   *   `name-taken`, `conflict`
   */
  async check(claim: Claim): Promise<Enrolled | undefined> {
    const before = await this.#repeated(claim)
    if (before) return before
    await this.#invite(claim)
    if (await this.#accounts.isTaken(claim.account.name)) throw taken(claim.account.name)
    if (await this.#accounts.isUsed(claim.account.user)) throw idUsed()
    return undefined
  }

  /**
   * Commits the account in one batch: credential, user, name, device, keys, roster and one use of the invite. Of many
   * for one name exactly one is committed.
   * @throws ParleyError as {@link check}; `storage` when the outcome is not known, which asking again settles
   */
  async commit(claim: Claim, credential: Uint8Array): Promise<Enrolled> {
    const created = this.#now()
    for (let attempt = 0; attempt < limits.signUpTries; attempt++) {
      const { changes, role } = await this.#invite(claim)
      const enrolled = { account: { ...claim.account, role }, roster: claim.roster }
      const rows = accountRows({ ...claim, ...enrolled, credential, created })
      if ((await this.#write([...rows, ...changes])) === 'committed') return enrolled
      // Somebody else has committed first: the name, this very sign-up over another link, or a use of the invite.
      const before = await this.check(claim)
      if (before) return before
    }
    throw new ParleyError('busy', 'Too many people use this invite at this moment. Try again in a minute.')
  }

  async #write(changes: readonly Change[]): Promise<'committed' | 'conflict'> {
    try {
      return await this.#storage.write(changes)
    } catch (cause) {
      throw new ParleyError('storage', 'The registry could not store the account. Try again in a moment.', { cause })
    }
  }

  /** What the invite does, where one is needed, or makes more than a member of somebody. */
  async #invite({ account, invite }: Claim): Promise<InviteUse> {
    if (this.policy === 'open') return (invite && (await this.#welcome(invite, account.name))) || unneeded
    if (this.policy === 'closed') {
      throw new ParleyError('sign-up-closed', 'This team takes no sign-ups. Ask its admin for an account.')
    }
    if (!invite)
      throw new ParleyError('invite-needed', 'This team needs an invite to sign up. Ask one of its admins for one.')
    return this.#invites.use(invite, account.name)
  }

  /** An invite that nobody needs is no reason to refuse. */
  async #welcome(invite: Uint8Array, name: string): Promise<InviteUse | undefined> {
    try {
      return await this.#invites.use(invite, name)
    } catch (error) {
      if (error instanceof ParleyError && error.code === 'bad-invite') return undefined
      throw error
    }
  }

  async #repeated({ account, device }: Claim): Promise<Enrolled | undefined> {
    const known = await this.#accounts.byDevice(device)
    if (!known) return undefined
    const { user, name, accountKey } = known.account
    if (user !== account.user || name !== account.name || !Buffer.from(accountKey).equals(account.accountKey)) {
      throw new ParleyError('already-signed-up', `This device already has the account "${name}" here. Sign in with it.`)
    }
    if (this.#accounts.needsPassword(known.device)) {
      throw new ParleyError('password-needed', `The account "${name}" is made. Sign in with its password.`)
    }
    return known
  }
}

const unneeded: InviteUse = { changes: [], role: 'member' }

function taken(name: string): ParleyError {
  return new ParleyError('name-taken', `The name "${name}" is taken. Choose another.`)
}

function idUsed(): ParleyError {
  return new ParleyError('conflict', 'The user id of this sign-up was used before. Try again: a new one is made.')
}

function forged(what: string): ParleyError {
  return new ParleyError('forged', `The first roster of an account ${what}. Nothing was accepted.`)
}

/**
 * Who may sign up when the configuration does not say: anyone, where only this machine can connect; else whoever has an
 * invite. `listen` as in the configuration, `HOST:PORT`.
 */
export function defaultSignUp(listen: readonly string[]): SignUpPolicy {
  return listen.every(address => isLoopback(readHostPort(address, ports.registry).host)) ? 'open' : 'invite'
}
