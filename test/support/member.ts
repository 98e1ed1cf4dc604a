import { randomBytes } from 'node:crypto'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { client as opaque, ready } from '@serenity-kit/opaque'
import { dialLink } from '../../daemon/src/net/dial.ts'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import type { Link } from '../../daemon/src/net/link.ts'
import { beatExporter, beatKey } from '../../daemon/src/protocol/heartbeat.ts'
import { deviceId, fromText, type RegistryId, type UserId, userId } from '../../daemon/src/protocol/ids.ts'
import {
  ChangePasswordSchema,
  ContinueSchema,
  type Event,
  LookUpSchema,
  PublishAddressesSchema,
  RegistryHelloSchema,
  RenewSchema,
  type Reply,
  type Request,
  ResetPasswordSchema,
  SearchSchema,
  SetStatusSchema,
  SignInSchema,
  SignOutSchema,
  type SignUp,
  SignUpSchema,
  WatchOnlineSchema,
} from '../../daemon/src/protocol/parley_pb.ts'
import {
  encodeOpaqueFinish,
  signInBinding,
  signInExporter,
  signInMac,
} from '../../daemon/src/protocol/sign-in-binding.ts'
import { signRoster } from '../../daemon/src/protocol/statements.ts'
import { makeKey, type TestKey } from './statements.ts'

/** Clients under load need not stretch a password as people's do: the registry cannot tell. */
export const cheapStretching = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } }

export type ReplyCase = NonNullable<Reply['is']['case']>
export type ReplyOf<K extends ReplyCase> = Extract<Reply['is'], { case: K }>['value']

/** Somebody who speaks the registry's protocol by hand: one device with its keys, and a link at a time. */
export interface Member extends AsyncDisposable {
  readonly name: string
  readonly user: UserId
  readonly identity: Identity
  readonly account: TestKey
  readonly registry: RegistryId
  readonly link: Link
  /** Every event that has come. */
  readonly events: Event['is'][]
  ask<K extends ReplyCase>(is: Request['is'], expected: K): Promise<ReplyOf<K>>
  /** Dials anew and says hello. */
  dial(): Promise<void>
}

export interface MemberOptions {
  readonly name?: string
  readonly identity?: Identity
  readonly account?: TestKey
  readonly user?: UserId
  readonly localAddress?: string
}

/** Where a registry listens, in this process or in one of its own. */
export interface RegistryPlace {
  readonly host: string
  readonly port: number
  readonly registry: { readonly id: RegistryId }
}

/** Dials a registry and says hello. */
export async function meet(at: RegistryPlace, options: MemberOptions = {}): Promise<Member> {
  await ready
  const identity = options.identity ?? (await createIdentity())
  const events: Event['is'][] = []
  const dial = async () => {
    const link = await dialLink({
      host: at.host,
      port: at.port,
      alpn: 'parley-registry/1',
      identity,
      expect: fromText(at.registry.id),
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    })
    link.handle({ event: is => void events.push(is) })
    await ask(link, { case: 'registryHello', value: create(RegistryHelloSchema, { versions: [1] }) }, 'registryWelcome')
    link.established()
    link.allowLargeFrames()
    return link
  }
  let link = await dial()
  return {
    name: options.name ?? 'alice',
    user: options.user ?? userId(randomBytes(16)),
    identity,
    account: options.account ?? makeKey(),
    registry: at.registry.id,
    events,
    get link() {
      return link
    },
    ask: (is, expected) => ask(link, is, expected),
    async dial() {
      link.close()
      link = await dial()
    },
    async [Symbol.asyncDispose]() {
      link.close()
    },
  }
}

async function ask<K extends ReplyCase>(link: Link, is: Request['is'], expected: K): Promise<ReplyOf<K>> {
  const reply = await link.request(is)
  if (reply.case !== expected) throw new Error(`${reply.case} instead of ${expected}`)
  return reply.value as ReplyOf<K>
}

export const password = 'correct horse'

/** What `member` asks at sign-up. */
export function signUpRequest(member: Member, changes: MessageInitShape<typeof SignUpSchema> = {}): SignUp {
  return create(SignUpSchema, {
    name: member.name,
    user: fromText(member.user),
    accountKey: member.account.spki,
    roster: rosterOf(member),
    mechanism: 'opaque',
    ...changes,
  })
}

export function rosterOf(
  member: Member,
  changes: Partial<Parameters<typeof signRoster>[0]> = {},
  by = member.account.privateKey,
) {
  const devices = [{ key: member.identity.spki, name: 'laptop', added: Date.now() }]
  const { registry, user } = member
  return signRoster({ registry, user, generation: 1, version: 1, devices, revoked: new Set(), ...changes }, by)
}

/** A whole sign-up by password. */
export async function signUp(
  member: Member,
  changes: MessageInitShape<typeof SignUpSchema> & { password?: string } = {},
) {
  const { password: secret = password, ...asked } = changes
  const { clientRegistrationState, registrationRequest } = opaque.startRegistration({ password: secret })
  const first = new Uint8Array(Buffer.from(registrationRequest, 'base64url'))
  const challenge = await member.ask({ case: 'signUp', value: signUpRequest(member, { ...asked, first }) }, 'challenge')
  const { registrationRecord } = opaque.finishRegistration({
    password: secret,
    clientRegistrationState,
    registrationResponse: Buffer.from(challenge.data).toString('base64url'),
    keyStretching: cheapStretching,
  })
  return member.ask(continueWith(Buffer.from(registrationRecord, 'base64url')), 'signedIn')
}

/** The first half of a sign-in by password, up to the registry's answer. */
export async function startSignIn(member: Member, secret: string, name = member.name) {
  const { clientLoginState, startLoginRequest } = opaque.startLogin({ password: secret })
  const first = new Uint8Array(Buffer.from(startLoginRequest, 'base64url'))
  const value = create(SignInSchema, { name, mechanism: 'opaque', first })
  const challenge = await member.ask({ case: 'signIn', value }, 'challenge')
  const finished = opaque.finishLogin({
    password: secret,
    clientLoginState,
    loginResponse: Buffer.from(challenge.data).toString('base64url'),
    keyStretching: cheapStretching,
  })
  return { challenge: challenge.data, finished }
}

/** What ties a sign-in of `member` to its link. */
export function bindingOf({ link, identity, registry }: Member): Uint8Array {
  return signInBinding(
    link.exportKeyingMaterial(signInExporter.length, signInExporter.label),
    identity.id,
    fromText(registry),
  )
}

/** A whole sign-in by password; a wrong one is told by the client, as OPAQUE has it, with `undefined`. */
export async function signIn(member: Member, secret = password, name = member.name) {
  const { finished } = await startSignIn(member, secret, name)
  if (!finished) return undefined
  await prove(member, finished)
  return member.ask(continueWith(new Uint8Array(0)), 'signedIn')
}

/** Shows on this link that the password is right, and checks that the registry took part. */
export async function prove(
  member: Member,
  finished: { finishLoginRequest: string; sessionKey: string },
): Promise<void> {
  const key = Buffer.from(finished.sessionKey, 'base64url')
  const binding = bindingOf(member)
  const finish = encodeOpaqueFinish(
    Buffer.from(finished.finishLoginRequest, 'base64url'),
    signInMac(key, 'client', binding),
  )
  const answer = await member.ask(continueWith(finish), 'challenge')
  if (!Buffer.from(signInMac(key, 'server', binding)).equals(answer.data)) throw new Error('the registry is not it')
}

/** A whole change of the password; a wrong one of before is told with `undefined`. */
export async function changePassword(member: Member, next: string, before = password) {
  const { clientLoginState, startLoginRequest } = opaque.startLogin({ password: before })
  const first = new Uint8Array(Buffer.from(startLoginRequest, 'base64url'))
  const asked = { case: 'changePassword', value: create(ChangePasswordSchema, { first }) } as const
  const challenge = await member.ask(asked, 'challenge')
  const loginResponse = Buffer.from(challenge.data).toString('base64url')
  const finished = opaque.finishLogin({
    password: before,
    clientLoginState,
    loginResponse,
    keyStretching: cheapStretching,
  })
  if (!finished) return undefined
  await prove(member, finished)
  await member.ask(continueWith(new Uint8Array(0)), 'challenge')
  return enrolAnew(member, next, first => continueWith(first))
}

/** A whole reset of the password by an admin's code. */
export function resetPassword(member: Member, code: Uint8Array, next: string, name = member.name) {
  return enrolAnew(member, next, first => {
    const value = create(ResetPasswordSchema, { name, code, mechanism: 'opaque', first })
    return { case: 'resetPassword', value }
  })
}

async function enrolAnew(member: Member, next: string, begin: (first: Uint8Array) => Request['is']) {
  const { clientRegistrationState, registrationRequest } = opaque.startRegistration({ password: next })
  const challenge = await member.ask(begin(new Uint8Array(Buffer.from(registrationRequest, 'base64url'))), 'challenge')
  const { registrationRecord } = opaque.finishRegistration({
    password: next,
    clientRegistrationState,
    registrationResponse: Buffer.from(challenge.data).toString('base64url'),
    keyStretching: cheapStretching,
  })
  return member.ask(continueWith(Buffer.from(registrationRecord, 'base64url')), 'done')
}

export function continueWith(data: Uint8Array): Request['is'] {
  return { case: 'continue', value: create(ContinueSchema, { data }) }
}

/** The key of the heartbeats of the session on a member's link. */
export const beatKeyOf = ({ link }: Member) =>
  beatKey(link.exportKeyingMaterial(beatExporter.length, beatExporter.label))
/** A sign-in by the device key. */
export const signInByKey = (member: Member, status = '') =>
  member.ask({ case: 'signIn', value: create(SignInSchema, { status }) }, 'signedIn')
export const signOut = (member: Member) => member.ask({ case: 'signOut', value: create(SignOutSchema) }, 'done')
export const renew = (member: Member) => member.ask({ case: 'renew', value: create(RenewSchema) }, 'renewed')
export const watch = (member: Member, also: Uint8Array[] = []) =>
  member.ask({ case: 'watchOnline', value: create(WatchOnlineSchema, { also }) }, 'onlineSnapshot')
export const setStatus = (member: Member, status: string) =>
  member.ask({ case: 'setStatus', value: create(SetStatusSchema, { status }) }, 'done')
export const search = (member: Member, query: string, limit = 0) =>
  member.ask({ case: 'search', value: create(SearchSchema, { query, limit }) }, 'people')
export const lookUp = (member: Member, who: { name?: string; user?: Uint8Array }) =>
  member.ask({ case: 'lookUp', value: create(LookUpSchema, who) }, 'lookedUp')
export const publish = (member: Member, port: number, addresses: string[]) =>
  member.ask({ case: 'publishAddresses', value: create(PublishAddressesSchema, { port, addresses }) }, 'done')
export const deviceOf = (member: Member) => deviceId(member.identity.id)

/** Somebody who has signed up under `name`. */
export async function joined(at: RegistryPlace, name: string, options: MemberOptions = {}): Promise<Member> {
  const member = await meet(at, { ...options, name })
  await signUp(member)
  return member
}
