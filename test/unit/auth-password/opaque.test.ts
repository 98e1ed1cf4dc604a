import assert from 'node:assert/strict'
import type { Exchange, Verdict } from '@parley/kit'
import { client, ready, server } from '@serenity-kit/opaque'
import fc from 'fast-check'
import { encodeOpaqueFinish, signInMac } from '../../../daemon/src/protocol/sign-in-binding.ts'
import { opaqueAuth } from '../../../plugins/auth-password/src/opaque.ts'
import { cheapStretching as keyStretching } from '../../support/member.ts'

const password = 'correct horse'
const binding = new Uint8Array(96).fill(7)
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

describe('opaque', () => {
  let setup = ''
  let record: Uint8Array

  before(async () => {
    await ready
    setup = server.createSetup()
    const verdict = await enrol()
    assert.ok(verdict.is === 'allow' && verdict.credential)
    record = verdict.credential
  })

  it('keeps as credential what proves the password and is not the password', () => {
    assert.equal(record.length, 192)
    assert.ok(!Buffer.from(record).includes(password))
  })

  it('allows the right password, and proves the registry to the client', async () => {
    assert.deepEqual(await signIn(), { is: 'allow' })
  })

  it('knows the same password under the setup that enrolled it only', async () => {
    const other = server.createSetup()
    assert.deepEqual(await signIn({ setup: other }), 'the client gives up')
  })

  it('denies the record of another name', async () => {
    assert.deepEqual(await signIn({ name: 'bob' }), 'the client gives up')
  })

  it('denies a MAC for another binding, of another role, cut or missing', async () => {
    const macs: ((key: Uint8Array) => Uint8Array)[] = [
      key => signInMac(key, 'client', new Uint8Array(96).fill(8)),
      key => signInMac(key, 'server', binding),
      key => signInMac(key, 'client', binding).subarray(0, 31),
      () => new Uint8Array(0),
    ]
    for (const mac of macs) assert.deepEqual(await signIn({ mac }), { is: 'deny' })
  })

  it('answers an unknown name with bytes of the same size, and denies whatever comes', async () => {
    const { startLoginRequest } = client.startLogin({ password })
    const sizes = new Set<number>()
    for (const credential of [record, undefined]) {
      const verdict = await opaqueAuth(setup).signIn(
        exchange({ first: bytes(startLoginRequest), ...(credential && { credential }) }, data => {
          sizes.add(data.length)
          return encodeOpaqueFinish(new Uint8Array(64).fill(1), new Uint8Array(32))
        }),
      )
      assert.deepEqual(verdict, { is: 'deny' })
    }
    assert.deepEqual([...sizes], [320])
  })

  it('denies at enrolment a record that no sign-in could use', async () => {
    for (const bad of [new Uint8Array(0), new Uint8Array(192), new Uint8Array(192).fill(255), new Uint8Array(5000)]) {
      assert.deepEqual(await enrol(() => bad), { is: 'deny' })
    }
  })

  it('denies any bytes at any step, and throws none of its own', async () => {
    const auth = opaqueAuth(setup)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 }), async (first, answer) => {
        const about = { first, credential: record }
        assert.deepEqual(await auth.signIn(exchange(about, () => answer)), { is: 'deny' })
        assert.deepEqual(await auth.enrol?.(exchange(about, () => answer)), { is: 'deny' })
      }),
      { numRuns: 50 },
    )
  })

  it('ends when the client goes away', async () => {
    const gone = new Error('gone')
    const { startLoginRequest } = client.startLogin({ password })
    const about = exchange({ first: bytes(startLoginRequest), credential: record }, () => {
      throw gone
    })
    await assert.rejects(opaqueAuth(setup).signIn(about), gone)
  })

  /** A sign-up; `cheat` makes another record of the right one. */
  async function enrol(cheat = (record: Uint8Array) => record): Promise<Verdict> {
    const { clientRegistrationState, registrationRequest } = client.startRegistration({ password })
    const verdict = await opaqueAuth(setup).enrol?.(
      exchange({ first: bytes(registrationRequest) }, response => {
        const registrationResponse = text(response)
        const about = { password, clientRegistrationState, registrationResponse, keyStretching }
        return cheat(bytes(client.finishRegistration(about).registrationRecord))
      }),
    )
    return verdict ?? assert.fail('there is an enrolment')
  }

  async function signIn({
    mac = (key: Uint8Array) => signInMac(key, 'client', binding),
    name = 'alice',
    setup: serverSetup = setup,
  } = {}): Promise<Verdict | 'the client gives up'> {
    const { clientLoginState, startLoginRequest } = client.startLogin({ password })
    let key: Uint8Array | undefined
    const about = exchange({ name, first: bytes(startLoginRequest), credential: record }, data => {
      if (key) {
        assert.deepEqual(data, signInMac(key, 'server', binding))
        return new Uint8Array(0)
      }
      const finished = client.finishLogin({ password, clientLoginState, loginResponse: text(data), keyStretching })
      if (!finished) throw new Error('the client gives up')
      key = bytes(finished.sessionKey)
      return encodeOpaqueFinish(bytes(finished.finishLoginRequest), mac(key))
    })
    return opaqueAuth(serverSetup)
      .signIn(about)
      .catch(error => error.message)
  }
})

function exchange(about: Partial<Exchange>, challenge: (data: Uint8Array) => Uint8Array): Exchange {
  return {
    name: 'alice',
    purpose: 'sign-in',
    binding,
    first: new Uint8Array(0),
    address: '127.0.0.1',
    signal: new AbortController().signal,
    challenge: async data => challenge(data),
    ...about,
  }
}
