import assert from 'node:assert/strict'
import { Dialer } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { connectThrough, proxyFor } from '../../../../daemon/src/net/proxy.ts'
import { alpn, openPort, search } from '../../../support/links.ts'
import { startProxy } from '../../../support/proxies.ts'

describe('which proxy leads where', () => {
  const far = { host: 'chat.acme.dev', port: 3131 }

  it('is what the setting says, else the editor, else the environment in either case', () => {
    const of = (setting: string | undefined, env: NodeJS.ProcessEnv) => proxyFor(setting, env)(far)?.host
    assert.equal(of(undefined, {}), undefined)
    assert.equal(of(undefined, { https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }), 'a:1')
    assert.equal(of(undefined, { HTTPS_PROXY: 'b:1' }), 'b:1')
    assert.equal(of(undefined, { HTTPS_PROXY: 'http://b:1', PARLEY_PROXY: 'http://e:1' }), 'e:1')
    assert.equal(of('http://c:1', { PARLEY_PROXY: 'http://e:1' }), 'c:1')
    assert.equal(of('off', { HTTPS_PROXY: 'http://b:1' }), undefined)
    assert.equal(of(undefined, { HTTP_PROXY: 'http://plain:1' }), undefined)
    // Other programs can use SOCKS.
    assert.equal(of(undefined, { HTTPS_PROXY: 'socks5://s:1', ALL_PROXY: 'http://a:1' }), 'a:1')
    assert.equal(of(undefined, { ALL_PROXY: 'socks5://s:1' }), undefined)
    assert.equal(of(undefined, { PARLEY_PROXY: 'off', HTTPS_PROXY: 'http://b:1' }), undefined)
  })

  it('is none for this machine and for what NO_PROXY lists', () => {
    const rules = 'acme.dev, .corp.example, *.wild.example, 10.0.0.0/8,[2001:db8::]/32 2001:db8::/32 one.example:3131'
    const proxy = proxyFor('http://p:1', { no_proxy: rules })
    const isDirect = (host: string, port = 3131) => proxy({ host, port }) === undefined
    for (const host of [
      '127.0.0.1',
      '::1',
      'localhost',
      'acme.dev',
      'chat.ACME.dev',
      'x.corp.example',
      'a.wild.example',
    ]) {
      assert.ok(isDirect(host), host)
    }
    for (const host of ['10.9.8.7', '2001:db8::7', 'one.example']) assert.ok(isDirect(host), host)
    for (const host of ['notacme.dev', 'corp.example.net', '11.0.0.1', '2001:db9::7']) assert.ok(!isDirect(host), host)
    assert.ok(!isDirect('one.example', 443))
    assert.equal(proxyFor('http://p:1', { NO_PROXY: '*' })(far), undefined)
  })

  it('is refused when it is no URL of an HTTP proxy, without quoting it', () => {
    for (const wrong of ['socks5://alice:secret@p:1', 'http://', 'ftp://secret']) {
      assert.throws(
        () => proxyFor(wrong, {}),
        error => String(error).includes('no URL of an HTTP proxy') && !String(error).includes('secret'),
      )
    }
  })
})

describe('a connection through a proxy', () => {
  const { signal } = new AbortController()

  it('carries a link to the place that was meant, with the credentials of the URL', async () => {
    await using open = await openPort(link => {
      link.handle({ request: async () => ({ case: 'done', value: { $typeName: 'parley.v1.Done' } }) })
    })
    await using proxy = await startProxy()
    proxy.instead = open.at
    const url = new URL(`http://al%20ice:p%40ss@127.0.0.1:${proxy.port}`)
    const over = await connectThrough(url, { host: 'chat.acme.dev', port: 3131 }, { signal })
    const dialer = new Dialer({ identity: await createIdentity() })
    const link = await dialer.dial({ host: 'chat.acme.dev', port: 3131, alpn, expect: open.identity.id, over })
    await link.request(search('hello'))
    const authorization = `Basic ${Buffer.from('al ice:p@ss').toString('base64')}`
    assert.deepEqual(proxy.asked, [{ place: 'chat.acme.dev:3131', authorization }])
    dialer.close()
  })

  it('takes a password as it is where nobody has encoded it', async () => {
    await using proxy = await startProxy()
    proxy.refuse = 403
    const url = new URL(`http://alice:100%@127.0.0.1:${proxy.port}`)
    const place = { host: 'chat.acme.dev', port: 3131 }
    await assert.rejects(connectThrough(url, place, { signal }), { code: 'unreachable', message: /403/ })
    assert.equal(proxy.asked[0]?.authorization, `Basic ${Buffer.from('alice:100%').toString('base64')}`)
  })

  it('writes IPv6 in brackets', async () => {
    await using proxy = await startProxy()
    proxy.refuse = 403
    await assert.rejects(connectThrough(new URL(proxy.url), { host: '2001:db8::1', port: 3131 }, { signal }))
    assert.equal(proxy.asked[0]?.place, '[2001:db8::1]:3131')
  })

  it('says in words why there is none, and never with the password', async () => {
    await using proxy = await startProxy()
    const url = new URL(`http://alice:secret@127.0.0.1:${proxy.port}`)
    const place = { host: '127.0.0.1', port: 1 }
    const words: [typeof proxy.refuse, RegExp][] = [
      [407, /wants a user name and a password \(407\)/],
      [403, /does not allow connections to 127\.0\.0\.1:1 \(403\)/],
      [502, /could not connect to 127\.0\.0\.1:1 \(502\)/],
      [undefined, /\(502\)/],
      ['noise', /did not answer as a proxy|cannot be used/],
      ['silence', /did not answer within 0\.2 s/],
    ]
    for (const [refuse, message] of words) {
      proxy.refuse = refuse
      await assert.rejects(connectThrough(url, place, { signal, timeout: 200 }), error => {
        assert.match(String(error), message)
        assert.ok(!String(error).includes('secret'))
        return (error as { code?: string }).code === 'unreachable'
      })
    }
    const nowhere = new URL('http://127.0.0.1:1')
    await assert.rejects(connectThrough(nowhere, place, { signal }), { message: /nothing listens there/ })
    const stop = new AbortController()
    proxy.refuse = 'silence'
    const waiting = connectThrough(url, place, { signal: stop.signal })
    stop.abort(new Error('no more'))
    await assert.rejects(waiting, { message: 'no more' })
  })
})
