import { client as opaque, ready, server } from '@serenity-kit/opaque'
import { encodeOpaqueFinish, signInMac } from '../../../daemon/src/protocol/sign-in-binding.ts'
import { opaqueAuth } from '../../../plugins/auth-password/src/opaque.ts'
import { type AuthClient, type AuthSubject, testAuth } from '../../../plugins/kit/src/testing/index.ts'
import { cheapStretching as keyStretching } from '../../support/member.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

describe('auth-password', () => {
  testAuth(
    async () => {
      await ready
      return {
        auth: opaqueAuth(server.createSetup()),
        name: 'alice',
        right: 'correct horse',
        wrong: 'wrong mule',
        client,
      }
    },
    { enrols: true, binds: true },
  )
})

const client: NonNullable<AuthSubject['client']> = (password, { purpose, binding }): AuthClient => {
  if (purpose !== 'sign-in') {
    const { clientRegistrationState, registrationRequest } = opaque.startRegistration({ password })
    return {
      first: bytes(registrationRequest),
      answer: response =>
        bytes(
          opaque.finishRegistration({
            password,
            clientRegistrationState,
            registrationResponse: text(response),
            keyStretching,
          }).registrationRecord,
        ),
    }
  }
  const { clientLoginState, startLoginRequest } = opaque.startLogin({ password })
  return {
    first: bytes(startLoginRequest),
    answer(challenge, index) {
      if (index > 0) return new Uint8Array(0)
      const finished = opaque.finishLogin({ password, clientLoginState, loginResponse: text(challenge), keyStretching })
      // Who has typed a wrong password knows it by now, and can only try to bluff.
      if (!finished) return encodeOpaqueFinish(new Uint8Array(64).fill(1), new Uint8Array(32).fill(2))
      const mac = signInMac(bytes(finished.sessionKey), 'client', binding)
      return encodeOpaqueFinish(bytes(finished.finishLoginRequest), mac)
    },
  }
}
