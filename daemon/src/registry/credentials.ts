import type { Auth, Change, Exchange, Storage, Verdict } from '@parley/kit'
import { ParleyError } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Link } from '../net/link.ts'
import { sourceOf } from '../net/source.ts'
import type { UserId } from '../protocol/ids.ts'
import { readUserName } from '../protocol/names.ts'
import type { ChangePassword, ResetPassword } from '../protocol/parley_pb.ts'
import { CredentialRowSchema } from '../protocol/registry_rows_pb.ts'
import { type Accounts, accountDisabled, accountOf } from './accounts.ts'
import type { Audit } from './audit.ts'
import type { Devices } from './devices.ts'
import { authNamed, type Outcome } from './entrance.ts'
import { allowed, type Exchanges, type Step } from './exchanges.ts'
import { type Resets, resetCodeSize, type Spending } from './resets.ts'
import { encodeRow, readRow, rowKeys } from './rows.ts'
import type { Session } from './sessions.ts'
import type { Guesses } from './throttle.ts'

interface CredentialsParts {
  readonly storage: Storage
  readonly auths: ReadonlyMap<string, Auth>
  readonly accounts: Accounts
  readonly devices: Pick<Devices, 'forgetPending'>
  readonly resets: Resets
  readonly guesses: Guesses
  readonly audit: Audit
}

/** What proves a person to a mechanism, mostly a password: changed by its owner, or set anew with an admin's code. */
export class Credentials {
  readonly #parts: CredentialsParts

  constructor(parts: CredentialsParts) {
    this.#parts = parts
  }

  /**
   * Proves the present password and enrols the next one, in one exchange that is bound as a sign-in is.
   * @throws ParleyError `wrong-credentials`, `throttled`, `unsupported`, `conflict`, `busy`
   */
  change({ first }: ChangePassword, session: Session, exchanges: Exchanges<Outcome>): Promise<Step<Outcome>> {
    return exchanges.alone(async () => {
      const { storage, auths, guesses, audit } = this.#parts
      const { user, name, mechanism } = session.account
      const auth = authNamed(auths, mechanism)
      const enrol = enrolmentOf(auth)
      const takeBack = guesses.countChange(user)
      const key = rowKeys.credential(user)
      const [row] = await storage.get([key])
      const credential = readRow(CredentialRowSchema, row)?.credential
      if (!credential) throw gone()
      const about = { name, purpose: 'change', first, credential } as const
      return exchanges.begin(proveThenEnrol(auth, enrol), about, async verdict => {
        if (verdict.is === 'deny') throw new ParleyError('wrong-credentials', wrong)
        takeBack()
        await this.#commit(user, allowed(verdict), { check: key, is: row })
        await audit.note({ what: 'password', by: user, user, name })
        return { is: 'done' }
      })
    })
  }

  /**
   * Enrols a new password on the strength of an admin's code, which the same batch spends.
   * @throws ParleyError `wrong-credentials` for a code that does not hold, `throttled`, `account-disabled`,
   *   `unsupported`, `conflict`, `busy`
   */
  reset(asked: ResetPassword, link: Link, exchanges: Exchanges<Outcome>): Promise<Step<Outcome>> {
    return exchanges.alone(async () => {
      const { accounts, auths, resets, guesses, audit } = this.#parts
      const { mechanism, code, first } = asked
      const enrol = enrolmentOf(authNamed(auths, mechanism))
      const name = readUserName(asked.name)
      const known = (await accounts.byName(name))?.account
      const account = known?.mechanism === mechanism ? known : undefined
      const spending = code.length === resetCodeSize ? await resets.use(account?.user, code) : undefined
      if (!account || !spending) {
        guesses.countCode(sourceOf(link.remoteAddress))
        throw new ParleyError('wrong-credentials', badCode)
      }
      if (account.isDisabled) throw accountDisabled(name)
      const { user } = account
      return exchanges.begin(enrol, { name, purpose: 'reset', first }, async verdict => {
        await this.#commit(user, allowed(verdict), spending)
        await audit.note({ what: 'password', by: user, user, name, detail: 'reset' })
        return { is: 'done' }
      })
    })
  }

  /** Stores a credential, if `spent` is still as it was and the account still stands. */
  async #commit(
    user: UserId,
    { credential = new Uint8Array(0) }: { readonly credential?: Uint8Array },
    spent: Spending,
  ): Promise<void> {
    const { storage, devices } = this.#parts
    const userKey = rowKeys.user(user)
    const put = { put: rowKeys.credential(user), value: encodeRow(CredentialRowSchema, { credential }) }
    for (let attempt = 0; attempt < limits.rowTries; attempt++) {
      const [userRow, held] = await storage.get([userKey, spent.check])
      const account = accountOf(userRow)
      if (!account) throw gone()
      if (account.isDisabled) throw accountDisabled(account.name)
      if (!held || Buffer.compare(held, spent.is ?? new Uint8Array(0)) !== 0)
        throw new ParleyError('conflict', elsewhere)
      const used: Change[] = spent.check === put.put ? [] : [{ remove: spent.check }]
      const changes = [{ check: userKey, is: userRow }, spent, ...used, put]
      if ((await write(storage, changes)) === 'committed') return devices.forgetPending(user)
    }
    throw new ParleyError('busy', 'The registry is busy with this account. Try again in a moment.')
  }
}

type Run = (exchange: Exchange) => Promise<Verdict>

/** @throws ParleyError `unsupported` where the mechanism keeps nothing here */
function enrolmentOf(auth: Auth): Run {
  if (auth.enrol) return auth.enrol.bind(auth)
  throw new ParleyError(
    'unsupported',
    'The passwords of this team are not kept here. Change it where you were given it.',
  )
}

/**
 * A change is a sign-in, then an empty challenge that asks for the first step of an enrolment. The registry puts the two
 * together: no mechanism can forget to ask for the present password.
 */
function proveThenEnrol(auth: Auth, enrol: Run): Run {
  return async exchange => {
    const proved = await auth.signIn(exchange)
    if (proved.is !== 'allow') return proved
    if (proved.name !== undefined && readUserName(proved.name) !== exchange.name) return { is: 'deny' }
    const first = await exchange.challenge(new Uint8Array(0))
    return enrol({ ...exchange, first })
  }
}

async function write(storage: Storage, changes: readonly Change[]): Promise<'committed' | 'conflict'> {
  try {
    return await storage.write(changes)
  } catch (cause) {
    const message = 'The registry could not store the new password: it may hold or not. Try to sign in with it.'
    throw new ParleyError('storage', message, { cause })
  }
}

function gone(): ParleyError {
  return new ParleyError('unknown-account', 'This account is no longer there. Ask an admin of the team.')
}

const wrong = 'The present password is wrong. Nothing was changed; try again.'
const badCode = 'This code does not hold for that name: it is mistyped, used or too old. Ask an admin for a new one.'
const elsewhere = 'The password was changed from somewhere else at the same moment. Sign in to see which one holds.'
