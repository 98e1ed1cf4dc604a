import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  editorLink,
  formatHostPort,
  formatParleyLink,
  isLoopback,
  plainAddress,
  readHostPort,
  readParleyLink,
} from '../../../../daemon/src/protocol/addresses.ts'
import { registryId, toText } from '../../../../daemon/src/protocol/ids.ts'
import { orRefused, refusal } from '../../../support/errors.ts'

const registry = registryId(new Uint8Array(32).fill(7))
const code = new Uint8Array(16).fill(9)

describe('addresses', () => {
  it('are read with and without a port, each in its one normal form', () => {
    const normal: Record<string, string> = {
      'chat.acme.dev': 'chat.acme.dev:3131',
      'Chat.Acme.dev.:80': 'chat.acme.dev:80',
      'my_host-1:0': 'my_host-1:0',
      'bücher.example': 'xn--bcher-kva.example:3131',
      '127.0.0.1:65535': '127.0.0.1:65535',
      '[::1]:5': '[::1]:5',
      '[::]': '[::]:3131',
      '2001:DB8:0::1': '[2001:db8::1]:3131',
      '[::ffff:192.0.2.1]:9': '192.0.2.1:9',
    }
    for (const [given, expected] of Object.entries(normal)) {
      assert.equal(formatHostPort(readHostPort(given, 3131)), expected, given)
    }
  })

  it('are refused in words when they are none', () => {
    const wrong = [
      '',
      ' ',
      ':3131',
      'a b',
      'a:b',
      'a:',
      'a:99999',
      'http://a',
      'a/b',
      'user@a',
      '[::1',
      '::1]',
      '[a]',
      '1.2.3.4.5',
      'a..b',
      ':::',
      '[::1%eth0]:5',
      'a%00b',
      `${'a'.repeat(64)}.b`,
      'x'.repeat(5000),
    ]
    for (const text of wrong) assert.ok(refusal(() => readHostPort(text, 3131), 'bad-address').message.length < 300)
  })

  it('read once are read again, unchanged', () => {
    const character = fc.constantFrom(...'abc.:[]0123456789-_%@/ fé')
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 20 }), text => {
        const address = orRefused(() => readHostPort(text, 1))
        if (address !== undefined) assert.deepEqual(readHostPort(formatHostPort(address), 2), address)
      }),
      { numRuns: 2000 },
    )
  })

  it('of sockets lose their mapping and zone', () => {
    assert.equal(plainAddress('::ffff:10.1.2.3'), '10.1.2.3')
    assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
    assert.equal(plainAddress('10.1.2.3'), '10.1.2.3')
  })

  it('on this machine are told from others', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'LOCALHOST', 'a.localhost', '::ffff:127.0.0.1']) {
      assert.ok(isLoopback(host), host)
    }
    for (const host of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '127.evil.com',
      '127.0.0.1.evil.com',
      'notlocalhost',
      '::ffff:10.0.0.1',
      '',
    ]) {
      assert.ok(!isLoopback(host), host)
    }
  })
})

describe('links', () => {
  it('to a registry come back from their text', () => {
    const hosts = fc.constantFrom('chat.acme.dev', '10.0.0.1', '::1', 'localhost')
    fc.assert(
      fc.property(hosts, fc.integer({ min: 1, max: 65_535 }), fc.boolean(), (host, port, invited) => {
        const link = { host, port, registry, version: 1 as const, ...(invited ? { code } : {}) }
        assert.deepEqual(readParleyLink(formatParleyLink(link)), link)
        assert.deepEqual(readParleyLink(editorLink(formatParleyLink(link))), link)
      }),
    )
  })

  it('have the form of the protocol', () => {
    const text = formatParleyLink({ host: 'chat.acme.dev', port: 3131, registry, code })
    assert.equal(text, `parley://chat.acme.dev:3131/${registry}?v=1#${toText(code)}`)
    assert.equal(editorLink(text), `vscode://parley.parley-chat/join?link=${encodeURIComponent(text)}`)
  })

  it('may be just an address, a link without a code, or one of any editor', () => {
    assert.deepEqual(readParleyLink('localhost'), { host: 'localhost', port: 3131, version: 1 })
    assert.deepEqual(readParleyLink(' [::1]:9 '), { host: '::1', port: 9, version: 1 })
    assert.deepEqual(readParleyLink(`PARLEY://a:1/${registry.toUpperCase()}?v=1&later=x`), {
      host: 'a',
      port: 1,
      registry,
      version: 1,
    })
    assert.equal(readParleyLink(editorLink(`parley://a:1/${registry}?v=1`, 'vscodium')).registry, registry)
  })

  it('of a later version ask for an update', () => {
    assert.match(refusal(() => readParleyLink(`parley://a:1/${registry}?v=2`), 'too-old').message, /Update Parley/)
  })

  it('are refused in words when cut, mistyped or something else', () => {
    const whole = formatParleyLink({ host: 'a', port: 1, registry, code })
    const wrong = [
      '',
      'https://a/b',
      'parley://',
      'parley:///x',
      'parley://a:0',
      `${whole}a`,
      whole.slice(0, -1),
      whole.replace(registry, registry.slice(1)),
      'vscode://evil.ext/join?link=parley%3A%2F%2Fa',
      'vscode://parley.parley-chat/join',
      'vscode://parley.parley-chat/open?link=a',
      `parley://a:1/${registry}/x?v=1`,
      'x'.repeat(100_000),
    ]
    for (const text of wrong) refusal(() => readParleyLink(text), 'bad-address')
  })

  it('speak of the link or the invite when cut, not of ids', () => {
    const whole = formatParleyLink({ host: 'a', port: 1, registry, code })
    for (const cut of [whole.slice(0, -1), whole.replace(registry, registry.slice(1))]) {
      assert.match(refusal(() => readParleyLink(cut), 'bad-address').message, /(link|invite) is cut or mistyped\. Copy/)
    }
  })

  it('never carry the code into an error', () => {
    const bad = `parley://a:1/${registry}?v=1#${toText(code).slice(1)}`
    assert.doesNotMatch(refusal(() => readParleyLink(bad), 'bad-address').message, new RegExp(toText(code).slice(1)))
  })

  it('made of any text are read or refused', () => {
    const piece = fc.constantFrom(
      'parley://',
      'vscode://parley.parley-chat/join?link=',
      'a',
      ':1',
      '/',
      registry,
      '?v=1',
      '#',
      toText(code),
      '%',
      '[',
      ']',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => void orRefused(() => readParleyLink(pieces.join('')))),
      { numRuns: 2000 },
    )
  })
})
