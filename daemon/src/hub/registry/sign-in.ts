import { create } from '@bufbuild/protobuf'
import type { Identity } from '../../net/identity.ts'
import { fromText, type UserId } from '../../protocol/ids.ts'
import { type Request, type Signed, type SignedIn, SignInSchema, SignUpSchema } from '../../protocol/parley_pb.ts'
import { ask, expectReply, type RegistryLink } from './open.ts'
import { enrol, opaqueMechanism, provePassword, refuseOther, resetPassword, step, withOpaque } from './passwords.ts'
import type { DeviceStatus } from './session.ts'

export { opaqueMechanism } from './passwords.ts'

/** As whom to sign in, and by what. */
export interface SignInWish {
  readonly name?: string
  readonly password?: string
  /** The one-use code of an admin. */
  readonly code?: Uint8Array
}

/** What a sign-up asks for. */
export interface SignUpWish {
  readonly name: string
  readonly displayName: string
  readonly user: UserId
  /** SPKI. */
  readonly accountKey: Uint8Array
  readonly roster: Signed
  /** 16 bytes. */
  readonly invite: Uint8Array | undefined
  readonly password: string
}

/**
 * Creates an account. The password never leaves this process: the registry gets OPAQUE's record.
 *
 * @throws ParleyError the registry's refusals (`name-taken`, `invite-needed`, `bad-invite`, `sign-up-closed`…),
 * `unsupported` when it offers no mechanism that this hub speaks, and those of a link
 */
export async function signUp(registry: RegistryLink, wish: SignUpWish, signal: AbortSignal): Promise<SignedIn> {
  refuseOther(registry, opaqueMechanism)
  const begin = (first: Uint8Array): Request['is'] => {
    const { name, displayName, accountKey, roster, invite = new Uint8Array() } = wish
    const asked = { name, displayName, user: fromText(wish.user), accountKey, roster, invite }
    return { case: 'signUp', value: create(SignUpSchema, { ...asked, mechanism: opaqueMechanism, first }) }
  }
  return withOpaque(async opaque =>
    expectReply(await enrol(registry, { opaque, password: wish.password }, begin, signal), 'signedIn'),
  )
}

/** Signs in by the device key that TLS has shown. @throws ParleyError `unknown-account`, `password-needed`… */
export function signInByDevice({ link }: RegistryLink, status: DeviceStatus, signal: AbortSignal): Promise<SignedIn> {
  return ask(link, { case: 'signIn', value: create(SignInSchema, { status }) }, 'signedIn', signal)
}

/**
 * Signs in by password, and makes sure that the registry's end of this very connection took part: nobody in between can
 * have relayed the exchange.
 *
 * @throws ParleyError `wrong-credentials`, `second-device`, `throttled`, `forged`, `unsupported`…
 */
export async function signInByPassword(
  registry: RegistryLink,
  who: {
    readonly name: string
    readonly password: string
    /** The one-use code of an admin: with it the password is set, before it signs in. */
    readonly code?: Uint8Array | undefined
    readonly mechanism: string
    readonly identity: Identity
    readonly status: DeviceStatus
    /** What a device that is new to the account is called. */
    readonly deviceName: string
  },
  signal: AbortSignal,
): Promise<SignedIn> {
  const { name, password, mechanism, identity, status, deviceName } = who
  refuseOther(registry, mechanism)
  if (who.code) await resetPassword(registry, { name, code: who.code, newPassword: password, mechanism }, signal)
  const begin = (first: Uint8Array): Request['is'] => {
    return { case: 'signIn', value: create(SignInSchema, { name, mechanism, first, status, deviceName }) }
  }
  return withOpaque(async opaque => {
    await provePassword(registry, { opaque, password, identity, wrong }, begin, signal)
    return ask(registry.link, step(new Uint8Array()), 'signedIn', signal)
  })
}

const wrong = 'The name or the password is wrong. Check both and try again.'
