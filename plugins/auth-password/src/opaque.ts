import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Auth, Exchange, Verdict } from '@parley/kit'
import { client, server } from '@serenity-kit/opaque'
import { bytes, text } from './base64.ts'
import { readFinish } from './finish.ts'

/**
 * OPAQUE (RFC 9807) with the account's name as identifier and no custom identifiers. A sign-up is request, response,
 * record; a sign-in is request, response, finish with the client's MAC, the server's MAC, nothing. The MACs cover the
 * binding, for which OPAQUE itself has no place: an exchange that is relayed to another connection fails.
 */
export function opaqueAuth(serverSetup: string): Auth {
  const decoy = decoyRecord(serverSetup)
  return {
    mechanism: 'opaque',
    enrol: exchange => enrol(serverSetup, exchange),
    signIn: exchange => signIn(serverSetup, exchange, decoy),
  }
}

/**
 * The record of a password that nobody knows. The library has a fake record of its own for a name without one, which is
 * worked out a little quicker than a real one is read: many answers would tell the two apart.
 */
function decoyRecord(serverSetup: string): Uint8Array {
  const password = randomBytes(32).toString('base64url')
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password })
  const asked = { serverSetup, userIdentifier: '', registrationRequest }
  const { registrationResponse } = server.createRegistrationResponse(asked)
  // Nobody will ever type it, so that it need not be stretched.
  const keyStretching = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } }
  const finish = { password, clientRegistrationState, registrationResponse, keyStretching }
  return bytes(client.finishRegistration(finish).registrationRecord)
}

async function enrol(serverSetup: string, exchange: Exchange): Promise<Verdict> {
  const response = orUndefined(() =>
    server.createRegistrationResponse({
      serverSetup,
      userIdentifier: exchange.name,
      registrationRequest: text(exchange.first),
    }),
  )
  if (!response) return { is: 'deny' }
  const credential = await exchange.challenge(bytes(response.registrationResponse))
  // A record that the library cannot read would fail only at the next sign-in, with the account already made.
  const { startLoginRequest } = client.startLogin({ password: '' })
  if (!startLogin(serverSetup, exchange.name, credential, startLoginRequest)) return { is: 'deny' }
  return { is: 'allow', credential }
}

async function signIn(serverSetup: string, exchange: Exchange, decoy: Uint8Array): Promise<Verdict> {
  // An unknown name looks like a wrong password, and takes as long.
  const login = startLogin(serverSetup, exchange.name, exchange.credential ?? decoy, text(exchange.first))
  if (!login) return { is: 'deny' }
  const answer = readFinish(await exchange.challenge(bytes(login.loginResponse)))
  if (!answer) return { is: 'deny' }
  const finished = orUndefined(() =>
    server.finishLogin({ serverLoginState: login.serverLoginState, finishLoginRequest: text(answer.finish) }),
  )
  if (!finished) return { is: 'deny' }
  const key = bytes(finished.sessionKey)
  const expected = macOf(key, 'client', exchange.binding)
  if (answer.mac.length !== expected.length || !timingSafeEqual(answer.mac, expected)) return { is: 'deny' }
  await exchange.challenge(macOf(key, 'server', exchange.binding))
  return { is: 'allow' }
}

function startLogin(serverSetup: string, name: string, record: Uint8Array, startLoginRequest: string) {
  return orUndefined(() =>
    server.startLogin({
      serverSetup,
      userIdentifier: name,
      registrationRecord: text(record),
      startLoginRequest,
    }),
  )
}

function macOf(sessionKey: Uint8Array, role: 'client' | 'server', binding: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', sessionKey).update(role, 'ascii').update(binding).digest())
}

/** The library throws on bytes that it cannot read or that do not prove the password: both mean deny. */
function orUndefined<T>(step: () => T): T | undefined {
  try {
    return step()
  } catch {
    return undefined
  }
}
