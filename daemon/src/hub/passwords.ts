import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import type { Identity } from '../net/identity.ts'
import { checkClassicPassword, readAlias } from '../protocol/classic-names.ts'
import type { ControlRequests } from '../protocol/control.ts'
import { fromText } from '../protocol/ids.ts'
import { SetClassicSchema } from '../protocol/parley_pb.ts'
import { checkPassword } from '../protocol/passwords.ts'
import type { AskPerson } from '../protocol/prompts.ts'
import type { AccountStore } from './accounts.ts'
import type { Membership } from './membership.ts'
import type { RegistryClient } from './registry/client.ts'
import { chooseMechanism } from './registry/mechanism.ts'
import { ask as request } from './registry/open.ts'
import { changePassword } from './registry/passwords.ts'
import { changeByPrompts, proofBy } from './registry/sign-in.ts'
import { readSignIn } from './wishes.ts'

type Params<M extends keyof ControlRequests> = ControlRequests[M][0]
type Result<M extends keyof ControlRequests> = Promise<ControlRequests[M][1]>

/** The passwords of this home's account: each method is the request of the control API of the same name. */
export class Passwords {
  readonly #parts: { membership: Membership; client: RegistryClient; store: AccountStore; identity: Identity }

  constructor(parts: {
    readonly membership: Membership
    readonly client: RegistryClient
    readonly store: AccountStore
    /** Of the device. */
    readonly identity: Identity
  }) {
    this.#parts = parts
  }

  /** @throws ParleyError `bad-password`, `wrong-credentials`, `throttled`, `unreachable`, `signed-out`… */
  changePassword({ password, newPassword }: Params<'changePassword'>, ask?: AskPerson): Result<'changePassword'> {
    const { membership, client, identity } = this.#parts
    return membership.inTurn(async () => {
      const { mechanism: known } = membership.account
      if (newPassword !== undefined) checkPassword(newPassword)
      const { registry } = await client.ensure()
      const by = proofBy(chooseMechanism(registry, { known }), { password, ask })
      const { signal } = registry.link
      if (by.is === 'prompts') await changeByPrompts(registry, by.ask, signal)
      else await changePassword(registry, { password: by.password, newPassword: wanted(newPassword), identity }, signal)
      return {}
    })
  }

  /** Sets a new password with an admin's one-use code, then signs in by it. @throws ParleyError as a sign-in does */
  resetPassword(
    { code: text, newPassword: password, ...params }: Params<'resetPassword'>,
    ask?: AskPerson,
  ): Result<'resetPassword'> {
    const { membership, client } = this.#parts
    return membership.inTurn(async () => {
      const { place, who } = readSignIn({ ...params, ...(password !== undefined && { password }) })
      if (password !== undefined) checkPassword(password)
      const code = readCode(text)
      membership.refuseOther(place?.registry, who.name)
      await client.signIn(place, { ...who, code, ask })
      return membership.signedIn()
    })
  }

  /**
   * A classic password, which crosses networks in the clear, under an alias: the one of before, or one's own name, unless
   * another is given. Without a password there is none from now on.
   * @throws ParleyError `bad-name`, `bad-password`, `name-taken`, `unsupported`, `unreachable`, `signed-out`…
   */
  setClassic({ alias: wished = '', password = '' }: Params<'setClassic'>): Result<'setClassic'> {
    const { membership, client, store } = this.#parts
    return membership.inTurn(async () => {
      const { registry: id, name, classicAlias } = membership.account
      const alias = wished === '' ? '' : readAlias(wished)
      if (password !== '') {
        checkPassword(password)
        checkClassicPassword(password)
      } else if (alias !== '') {
        throw new ParleyError('bad-password', 'An alias needs a classic password, with which it is signed in to.')
      }
      const { registry } = await client.ensure()
      await request(registry.link, { case: 'setClassic', value: create(SetClassicSchema, { alias, password }) }, 'done')
      await store.save(id, { classicAlias: password === '' ? '' : alias || classicAlias || name })
      return {}
    })
  }
}

/** @throws ParleyError `password-needed` */
function wanted(password: string | undefined): string {
  if (password !== undefined) return password
  throw new ParleyError('password-needed', 'This account has a password. Give the present one, and a new one.')
}

/** An admin's code as a person copies it: in any case, maybe in groups. @throws ParleyError `usage` */
function readCode(text: string): Uint8Array {
  try {
    const code = fromText(text.replace(/[\s-]/g, '').toLowerCase())
    if (code.length === codeSize) return code
  } catch {
    // said below
  }
  throw new ParleyError('usage', 'The code is cut or mistyped: it has 26 letters and digits. Copy it again, whole.')
}

const codeSize = 16
