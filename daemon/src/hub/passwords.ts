import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../errors.ts'
import type { Identity } from '../net/identity.ts'
import { checkClassicPassword, readAlias } from '../protocol/classic-names.ts'
import type { ControlRequests } from '../protocol/control.ts'
import { fromText } from '../protocol/ids.ts'
import { SetClassicSchema } from '../protocol/parley_pb.ts'
import { checkPassword } from '../protocol/passwords.ts'
import type { AccountStore } from './accounts.ts'
import type { Membership } from './membership.ts'
import type { RegistryClient } from './registry/client.ts'
import { ask } from './registry/open.ts'
import { changePassword } from './registry/passwords.ts'
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
  changePassword({ password, newPassword }: Params<'changePassword'>): Result<'changePassword'> {
    const { membership, client, identity } = this.#parts
    return membership.inTurn(async () => {
      const { mechanism } = membership.account
      checkPassword(newPassword)
      const { registry } = await client.ensure()
      await changePassword(registry, { password, newPassword, mechanism, identity }, registry.link.signal)
      return {}
    })
  }

  /** Sets a new password with an admin's one-use code, then signs in by it. @throws ParleyError as a sign-in does */
  resetPassword({ registry, name, code: text, newPassword }: Params<'resetPassword'>): Result<'resetPassword'> {
    const { membership, client } = this.#parts
    return membership.inTurn(async () => {
      const { place, who } = readSignIn({ name, password: newPassword, ...(registry !== undefined && { registry }) })
      checkPassword(newPassword)
      const code = readCode(text)
      membership.refuseOther(place?.registry, who.name)
      await client.signIn(place, { ...who, code })
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
      await ask(registry.link, { case: 'setClassic', value: create(SetClassicSchema, { alias, password }) }, 'done')
      await store.save(id, { classicAlias: password === '' ? '' : alias || classicAlias || name })
      return {}
    })
  }
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
