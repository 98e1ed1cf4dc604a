import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import type { Identity } from '../../net/identity.ts'
import { fromText, type UserId } from '../../protocol/ids.ts'
import {
  ChangePasswordSchema,
  type Request,
  ResetPasswordSchema,
  type Signed,
  type SignedIn,
  SignInSchema,
  SignUpSchema,
} from '../../protocol/parley_pb.ts'
import type { AskPerson, SignInWay } from '../../protocol/prompts.ts'
import { wayOf } from './mechanism.ts'
import { ask, expectReply, type RegistryLink } from './open.ts'
import { enrol, provePassword, resetPassword, step, withOpaque } from './passwords.ts'
import { answerPrompts } from './prompts.ts'
import type { DeviceStatus } from './session.ts'

/** What shows who a person is: a password, or their answers to what the registry asks. */
export interface Proof {
  readonly password?: string | undefined
  readonly ask?: AskPerson | undefined
}

/** As whom to sign in, and by what. */
export interface SignInWish extends Proof {
  readonly name?: string
  /** The one-use code of an admin. */
  readonly code?: Uint8Array
  /** How, where the registry lets people choose. */
  readonly by?: SignInWay | undefined
  /** The device's key is not enough, even where the registry would take it. */
  readonly isAfresh?: boolean
}

/** As whom to sign up, and by what. */
export interface SignUpWish extends Proof {
  readonly name: string
  readonly displayName: string
  /** 16 bytes. */
  readonly invite?: Uint8Array
  /** How, where the registry lets people choose. */
  readonly by?: SignInWay | undefined
}

/** What a sign-up asks for. */
interface SignUpRequest extends Proof {
  readonly name: string
  readonly displayName: string
  readonly user: UserId
  /** SPKI. */
  readonly accountKey: Uint8Array
  readonly roster: Signed
  /** 16 bytes. */
  readonly invite: Uint8Array | undefined
  readonly mechanism: string
}

/**
 * Creates an account. A password never leaves this process: the registry gets OPAQUE's record.
 *
 * @throws ParleyError the registry's refusals (`name-taken`, `invite-needed`, `bad-invite`, `sign-up-closed`…), and those
 * of a link
 */
export async function signUp(registry: RegistryLink, wish: SignUpRequest, signal: AbortSignal): Promise<SignedIn> {
  const { name, displayName, accountKey, roster, invite = new Uint8Array(), mechanism } = wish
  const asked = { name, displayName, user: fromText(wish.user), accountKey, roster, invite, mechanism }
  const begin = (first: Uint8Array): Request['is'] => {
    return { case: 'signUp', value: create(SignUpSchema, { ...asked, first }) }
  }
  const by = proofBy(mechanism, wish)
  if (by.is === 'prompts')
    return expectReply(await answerPrompts(registry, begin(new Uint8Array()), by.ask, signal), 'signedIn')
  const { password } = by
  return withOpaque(async opaque => expectReply(await enrol(registry, { opaque, password }, begin, signal), 'signedIn'))
}

/** Signs in by the device key that TLS has shown. @throws ParleyError `unknown-account`, `password-needed`… */
export function signInByDevice({ link }: RegistryLink, status: DeviceStatus, signal: AbortSignal): Promise<SignedIn> {
  return ask(link, { case: 'signIn', value: create(SignInSchema, { status }) }, 'signedIn', signal)
}

/**
 * Signs in by what proves the person. By password it makes sure that the registry's end of this very connection took
 * part: nobody in between can have relayed the exchange.
 *
 * @throws ParleyError `wrong-credentials`, `second-device`, `throttled`, `forged`, `unsupported`…
 */
export async function signInByProof(
  registry: RegistryLink,
  who: Proof & {
    readonly name: string
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
  const { name, code, mechanism, identity, status, deviceName } = who
  const begin = (first: Uint8Array): Request['is'] => {
    return { case: 'signIn', value: create(SignInSchema, { name, mechanism, first, status, deviceName }) }
  }
  const by = proofBy(mechanism, who)
  if (by.is === 'prompts') {
    if (code) await resetByPrompts(registry, { name, code, mechanism, ask: by.ask }, signal)
    return expectReply(await answerPrompts(registry, begin(new Uint8Array()), by.ask, signal), 'signedIn')
  }
  const { password } = by
  if (code) await resetPassword(registry, { name, code, newPassword: password, mechanism }, signal)
  return withOpaque(async opaque => {
    await provePassword(registry, { opaque, password, identity, wrong }, begin, signal)
    return ask(registry.link, step(new Uint8Array()), 'signedIn', signal)
  })
}

async function resetByPrompts(
  registry: RegistryLink,
  { ask: person, ...wish }: { name: string; code: Uint8Array; mechanism: string; ask: AskPerson },
  signal: AbortSignal,
): Promise<void> {
  const begin = { case: 'resetPassword', value: create(ResetPasswordSchema, wish) } as const
  expectReply(await answerPrompts(registry, begin, person, signal), 'done')
}

/** Changes what proves the person who is signed in over this link: they are asked for the present one, then the next. */
export async function changeByPrompts(registry: RegistryLink, person: AskPerson, signal: AbortSignal): Promise<void> {
  const begin = { case: 'changePassword', value: create(ChangePasswordSchema) } as const
  expectReply(await answerPrompts(registry, begin, person, signal), 'done')
}

/**
 * What of a proof the mechanism takes: never a password by prompts, as the registry would see it.
 * @throws ParleyError `password-needed`, `unsupported` where there is none
 */
export function proofBy(
  mechanism: string,
  { password, ask: person }: Proof,
): { readonly is: 'password'; readonly password: string } | { readonly is: 'prompts'; readonly ask: AskPerson } {
  if (wayOf(mechanism) === 'prompts') {
    if (person) return { is: 'prompts', ask: person }
    throw new ParleyError('unsupported', cannotAsk)
  }
  if (password !== undefined) return { is: 'password', password }
  throw new ParleyError('password-needed', 'This team wants a password. Give one.')
}

const wrong = 'The name or the password is wrong. Check both and try again.'
const cannotAsk =
  'This team asks people itself to sign in, which this front end cannot show. Update it, or use `parley`.'
