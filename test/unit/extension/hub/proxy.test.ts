import assert from 'node:assert/strict'
import { withProxy } from '../../../../extension/src/hub/proxy.ts'

const settings = { proxy: '', noProxy: [], support: 'override' }
const env = { PATH: '/bin', https_proxy: 'http://old:1', NO_PROXY: 'localhost' }

describe('the proxy that the hub is started with', () => {
  it('is the system’s where the editor names none', () => {
    assert.equal(withProxy(env, settings), env)
  })

  it('is the editor’s where it names one, whatever the system says in either case', () => {
    assert.deepEqual(withProxy(env, { ...settings, proxy: 'http://proxy:8080', noProxy: ['a.example', 'b.example'] }), {
      PATH: '/bin',
      HTTPS_PROXY: 'http://proxy:8080',
      NO_PROXY: 'a.example,b.example',
    })
    assert.equal(withProxy(env, { ...settings, proxy: 'http://proxy:8080' }).NO_PROXY, 'localhost')
  })

  it('is none where the editor is told to use none', () => {
    const all = { ...env, ALL_PROXY: 'x', HTTP_PROXY: 'y' }
    assert.deepEqual(withProxy(all, { ...settings, proxy: 'http://p:1', support: 'off' }), {
      PATH: '/bin',
      NO_PROXY: 'localhost',
    })
  })
})
