import assert from 'node:assert/strict'
import * as opaque from '@serenity-kit/opaque'
import { OpaqueClient } from '../../../../../daemon/src/hub/opaque/opaque.ts'

describe('hub: OPAQUE in a worker', () => {
  const password = 'correct horse battery'

  it('registers and signs in without holding up this thread', async () => {
    await opaque.ready
    const base = { serverSetup: opaque.server.createSetup(), userIdentifier: 'alice' }
    await using client = new OpaqueClient()
    const { state, request } = await client.run('startSignUp', { password })
    const response = opaque.server.createRegistrationResponse({ ...base, registrationRequest: request })
    const { record } = await client.run('finishSignUp', { password, state, response: response.registrationResponse })

    const start = await client.run('startSignIn', { password })
    const server = opaque.server.startLogin({ ...base, registrationRecord: record, startLoginRequest: start.request })
    let ticks = 0
    const ticking = setInterval(() => ticks++, 5)
    const done = await client.run('finishSignIn', { password, state: start.state, response: server.loginResponse })
    clearInterval(ticking)
    assert.ok(ticks > 3, 'this thread went on during the key stretching')
    const finishLoginRequest = done?.finish ?? assert.fail('the password was refused')
    const { sessionKey } = opaque.server.finishLogin({ finishLoginRequest, serverLoginState: server.serverLoginState })
    assert.equal(done?.sessionKey, sessionKey)

    const again = await client.run('startSignIn', { password: 'another one' })
    const wrong = opaque.server.startLogin({ ...base, registrationRecord: record, startLoginRequest: again.request })
    const input = { password: 'another one', state: again.state, response: wrong.loginResponse }
    assert.equal(await client.run('finishSignIn', input), undefined)
  })

  it('tells bytes that are not OPAQUE’s from a wrong password', async () => {
    await using client = new OpaqueClient()
    const { state } = await client.run('startSignIn', { password })
    await assert.rejects(client.run('finishSignIn', { password, state, response: 'AAAA' }), { code: 'forged' })
  })

  it('ends at its deadline, when aborted and when let go', async () => {
    await using slow = new OpaqueClient({ deadline: 1 })
    await assert.rejects(slow.run('startSignIn', { password }), { code: 'timeout' })
    await assert.rejects(slow.run('startSignIn', { password }), { code: 'internal' })
    await using client = new OpaqueClient()
    const stop = new AbortController()
    const running = client.run('startSignIn', { password }, stop.signal)
    stop.abort()
    await assert.rejects(running, { code: 'closed' })
  })
})
