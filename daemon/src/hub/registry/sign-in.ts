import { timingSafeEqual } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { Identity } from '../../net/identity.ts'
import { fromText, type UserId } from '../../protocol/ids.ts'
import { ContinueSchema, type Signed, type SignedIn, SignInSchema, SignUpSchema } from '../../protocol/parley_pb.ts'
import { passwordForm } from '../../protocol/passwords.ts'
import { encodeOpaqueFinish, signInBinding, signInExporter, signInMac } from '../../protocol/sign-in-binding.ts'
import { OpaqueClient, opaqueBytes, opaqueText } from '../opaque/opaque.ts'
import { harmless } from '../words.ts'
import { ask, expectReply, type RegistryLink, request } from './open.ts'
import type { DeviceStatus } from './session.ts'

/** The mechanism of new accounts, and the only one that this version of the hub speaks. */
export const opaqueMechanism = 'opaque'

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
  const { link } = registry
  const password = passwordForm(wish.password)
  const opaque = new OpaqueClient()
  try {
    const { state, request: first } = await opaque.run('startSignUp', { password }, signal)
    const asked = create(SignUpSchema, {
      name: wish.name,
      displayName: wish.displayName,
      user: fromText(wish.user),
      accountKey: wish.accountKey,
      roster: wish.roster,
      invite: wish.invite ?? new Uint8Array(),
      mechanism: opaqueMechanism,
      first: opaqueBytes(first),
    })
    const reply = await request(link, { case: 'signUp', value: asked }, signal)
    // The same sign-up once more, after its answer was lost, is answered as at first.
    if (reply.case === 'signedIn') return reply.value
    const response = opaqueText(expectReply(reply, 'challenge').data)
    const { record } = await opaque.run('finishSignUp', { password, state, response }, signal)
    return await ask(link, { case: 'continue', value: answer(opaqueBytes(record)) }, 'signedIn', signal)
  } finally {
    await opaque[Symbol.asyncDispose]()
  }
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
    readonly mechanism: string
    readonly identity: Identity
    readonly status: DeviceStatus
  },
  signal: AbortSignal,
): Promise<SignedIn> {
  const { name, mechanism, identity, status } = who
  const password = passwordForm(who.password)
  refuseOther(registry, mechanism)
  const { link } = registry
  const exporter = link.exportKeyingMaterial(signInExporter.length, signInExporter.label)
  const binding = signInBinding(exporter, identity.id, fromText(registry.registry))
  const opaque = new OpaqueClient()
  try {
    const { state, request: first } = await opaque.run('startSignIn', { password }, signal)
    const asked = create(SignInSchema, { name, mechanism, first: opaqueBytes(first), status })
    const { data } = await ask(link, { case: 'signIn', value: asked }, 'challenge', signal)
    const done = await opaque.run('finishSignIn', { password, state, response: opaqueText(data) }, signal)
    if (!done) throw new ParleyError('wrong-credentials', wrong)
    const sessionKey = opaqueBytes(done.sessionKey)
    const finish = encodeOpaqueFinish(opaqueBytes(done.finish), signInMac(sessionKey, 'client', binding))
    const proof = await ask(link, { case: 'continue', value: answer(finish) }, 'challenge', signal).catch(error => {
      // OPAQUE has just shown that the password is right: what the registry refuses is the binding to this connection.
      throw error instanceof ParleyError && error.code === 'wrong-credentials'
        ? new ParleyError('forged', relayed)
        : error
    })
    const expected = signInMac(sessionKey, 'server', binding)
    if (proof.data.length !== expected.length || !timingSafeEqual(proof.data, expected)) {
      throw new ParleyError('forged', relayed)
    }
    return await ask(link, { case: 'continue', value: answer(new Uint8Array()) }, 'signedIn', signal)
  } finally {
    await opaque[Symbol.asyncDispose]()
  }
}

/** A registry that suddenly offers only a weaker way to sign in does not get the password. */
function refuseOther({ welcome }: RegistryLink, mechanism: string): void {
  if (mechanism === opaqueMechanism && welcome.mechanisms.includes(mechanism)) return
  const offered = welcome.mechanisms.slice(0, 8).map(name => JSON.stringify(harmless(name, limits.shownName)))
  throw new ParleyError(
    'unsupported',
    `This account signs in by "${mechanism}", but the registry offers ${offered.join(', ') || 'nothing'}. Nothing was sent; ask the registry's admin.`,
  )
}

function answer(data: Uint8Array) {
  return create(ContinueSchema, { data })
}

const wrong = 'The name or the password is wrong. Check both and try again.'
const relayed =
  'Somebody between this device and the registry tried to take part in the sign-in. Nothing was accepted; try from another network.'
