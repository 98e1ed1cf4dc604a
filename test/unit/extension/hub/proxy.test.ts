import assert from 'node:assert/strict'
import { daemonEnvironment } from '../../../../daemon/src/client/environment.ts'
import { proxyFor } from '../../../../daemon/src/net/proxy.ts'
import { withProxy } from '../../../../extension/src/hub/proxy.ts'

const settings = { proxy: '', noProxy: [], support: 'override' }
const env = { PATH: '/bin', HTTPS_PROXY: 'http://old:1' }
/** Which proxy the hub takes to somewhere. */
const taken = (given: NodeJS.ProcessEnv, host = 'chat.example') =>
  proxyFor(undefined, daemonEnvironment(given))({ host, port: 3131 })?.host

describe('the proxy that the hub is started with', () => {
  it('is the system’s where the editor names none', () => {
    assert.equal(withProxy(env, settings), env)
    assert.equal(taken(env), 'old:1')
  })

  it('is the editor’s where it names one, but for the hosts that it names too', () => {
    const own = withProxy(env, { ...settings, proxy: 'http://proxy:8080', noProxy: ['a.example', 'b.example'] })
    assert.deepEqual([taken(own), taken(own, 'b.example')], ['proxy:8080', undefined])
  })

  it('is none where the editor is told to use none', () => {
    assert.equal(taken(withProxy(env, { ...settings, proxy: 'http://p:1', support: 'off' })), undefined)
  })

  it('is the system’s where the editor’s is one that the hub cannot use', () => {
    for (const proxy of ['socks5://proxy:1080', 'proxy', 'http://', 'nonsense://']) {
      assert.equal(withProxy(env, { ...settings, proxy }), env, proxy)
    }
  })
})
