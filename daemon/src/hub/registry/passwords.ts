import { timingSafeEqual } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { ParleyError } from '../../errors.ts'
import type { Identity } from '../../net/identity.ts'
import { fromText } from '../../protocol/ids.ts'
import {
  ChangePasswordSchema,
  ContinueSchema,
  type Reply,
  type Request,
  ResetPasswordSchema,
} from '../../protocol/parley_pb.ts'
import { passwordForm } from '../../protocol/passwords.ts'
import { encodeOpaqueFinish, signInBinding, signInExporter, signInMac } from '../../protocol/sign-in-binding.ts'
import { OpaqueClient, opaqueBytes, opaqueText } from '../opaque/opaque.ts'
import { ask, expectReply, type RegistryLink, request } from './open.ts'

/** Makes a request of the first message of an exchange. */
type Begin = (first: Uint8Array) => Request['is']

/**
 * Changes the password of whoever is signed in over this link.
 *
 * @throws ParleyError `wrong-credentials`, `throttled`, `forged`, `unsupported`, `conflict`…
 */
export async function changePassword(
  registry: RegistryLink,
  wish: { readonly password: string; readonly newPassword: string; readonly identity: Identity },
  signal: AbortSignal,
): Promise<void> {
  const begin: Begin = first => ({ case: 'changePassword', value: create(ChangePasswordSchema, { first }) })
  await withOpaque(async opaque => {
    await provePassword(registry, { ...wish, opaque, wrong: wrongPresent }, begin, signal)
    // The registry asks for the first message of the next one.
    await ask(registry.link, step(new Uint8Array()), 'challenge', signal)
    expectReply(await enrol(registry, { opaque, password: wish.newPassword }, step, signal), 'done')
  })
}

/**
 * Sets a new password with an admin's one-use code. Nobody is signed in by that.
 *
 * @throws ParleyError `wrong-credentials` for a code that does not hold, `throttled`, `unsupported`…
 */
export async function resetPassword(
  registry: RegistryLink,
  wish: { readonly name: string; readonly code: Uint8Array; readonly newPassword: string; readonly mechanism: string },
  signal: AbortSignal,
): Promise<void> {
  const { name, code, newPassword: password, mechanism } = wish
  const begin: Begin = first => ({
    case: 'resetPassword',
    value: create(ResetPasswordSchema, { name, code, mechanism, first }),
  })
  await withOpaque(async opaque => {
    expectReply(await enrol(registry, { opaque, password }, begin, signal), 'done')
  })
}

/**
 * Shows the registry that the password is right, and makes sure that its end of this very connection took part: nobody
 * in between can have relayed the exchange. It goes on with an empty answer to the registry's last challenge.
 *
 * @throws ParleyError `wrong-credentials` with the words `wrong`, `forged`, and what the registry refuses with
 */
export async function provePassword(
  { link, registry }: RegistryLink,
  by: { readonly opaque: OpaqueClient; readonly password: string; readonly identity: Identity; readonly wrong: string },
  begin: Begin,
  signal: AbortSignal,
): Promise<void> {
  const { opaque, identity, wrong } = by
  const password = passwordForm(by.password)
  const exporter = link.exportKeyingMaterial(signInExporter.length, signInExporter.label)
  const binding = signInBinding(exporter, identity.id, fromText(registry))
  const { state, request: first } = await opaque.run('startSignIn', { password }, signal)
  const { data } = await ask(link, begin(opaqueBytes(first)), 'challenge', signal)
  const done = await opaque.run('finishSignIn', { password, state, response: opaqueText(data) }, signal)
  if (!done) throw new ParleyError('wrong-credentials', wrong)
  const sessionKey = opaqueBytes(done.sessionKey)
  const finish = encodeOpaqueFinish(opaqueBytes(done.finish), signInMac(sessionKey, 'client', binding))
  const proof = await ask(link, step(finish), 'challenge', signal).catch(error => {
    // OPAQUE has just shown that the password is right: what the registry refuses is the binding to this connection.
    throw error instanceof ParleyError && error.code === 'wrong-credentials'
      ? new ParleyError('forged', relayed)
      : error
  })
  const expected = signInMac(sessionKey, 'server', binding)
  if (proof.data.length !== expected.length || !timingSafeEqual(proof.data, expected)) {
    throw new ParleyError('forged', relayed)
  }
}

/**
 * Gives the registry OPAQUE's record of a password, which itself never leaves this process. Gives the last reply, or the
 * first one if that is no challenge: of a request that was granted before, and whose answer was lost.
 */
export async function enrol(
  { link }: RegistryLink,
  by: { readonly opaque: OpaqueClient; readonly password: string },
  begin: Begin,
  signal: AbortSignal,
): Promise<Reply['is']> {
  const password = passwordForm(by.password)
  const { state, request: first } = await by.opaque.run('startSignUp', { password }, signal)
  const reply = await request(link, begin(opaqueBytes(first)), signal)
  if (reply.case !== 'challenge') return reply
  const response = opaqueText(reply.value.data)
  const { record } = await by.opaque.run('finishSignUp', { password, state, response }, signal)
  return request(link, step(opaqueBytes(record)), signal)
}

/** Runs `use` with an OPAQUE client that ends with it: it has held a password. */
export async function withOpaque<T>(use: (opaque: OpaqueClient) => Promise<T>): Promise<T> {
  const opaque = new OpaqueClient()
  try {
    return await use(opaque)
  } finally {
    await opaque[Symbol.asyncDispose]()
  }
}

/** The answer to a challenge. */
export function step(data: Uint8Array): Request['is'] {
  return { case: 'continue', value: create(ContinueSchema, { data }) }
}

const wrongPresent = 'The present password is wrong. Nothing was changed; try again.'
const relayed =
  'Somebody between this device and the registry tried to take part in the sign-in. Nothing was accepted; try from another network.'
