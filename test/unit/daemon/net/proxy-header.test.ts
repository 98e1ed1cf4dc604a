import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readAddressSet } from '../../../../daemon/src/net/address-set.ts'
import { Dialer, dialLink } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { readProxyHeader } from '../../../../daemon/src/net/proxy-header.ts'
import { alpn, gone, openPort, search, tcpClient } from '../../../support/links.ts'
import { proxyHeader } from '../../../support/proxies.ts'
import { until } from '../../../support/wait.ts'

describe('the header of the PROXY protocol', () => {
  it('says where a connection comes from, over IPv4 and IPv6, whatever proxies add', () => {
    const cases: [string, string][] = [
      ['203.0.113.9', '203.0.113.9'],
      ['2001:db8::1', '2001:db8::1'],
      ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['::ffff:203.0.113.9', '203.0.113.9'],
    ]
    for (const [given, read] of cases) {
      for (const extra of [0, 3, 300]) {
        const bytes = Buffer.concat([proxyHeader(given, { extra }), Buffer.from('rest')])
        assert.deepEqual(readProxyHeader(bytes), { address: read, length: bytes.length - 4 })
      }
    }
  })

  it('says that the proxy itself asks', () => {
    assert.deepEqual(readProxyHeader(proxyHeader('local')), { address: undefined, length: 16 })
  })

  it('is judged byte by byte: whole prefixes want more, everything else is refused at once', () => {
    const whole = proxyHeader('203.0.113.9', { extra: 5 })
    for (let length = 0; length < whole.length; length++) {
      assert.equal(readProxyHeader(whole.subarray(0, length)), undefined)
    }
    for (const [at, value] of [
      [0, 0x50], // version 1 begins so
      [11, 0x0b],
      [12, 0x11], // version 1 in binary
      [12, 0x22], // no command
      [13, 0x12], // UDP
      [13, 0x31], // Unix
      [13, 0x00], // said to be proxied, but from nowhere
    ] as const) {
      const wrong = Buffer.from(whole)
      wrong[at] = value
      assert.throws(() => readProxyHeader(wrong.subarray(0, at + 1)), { code: 'bad-frame' })
    }
  })

  it('is refused when it is too short for its addresses, or longer than anybody needs', () => {
    const short = proxyHeader('203.0.113.9')
    short.writeUInt16BE(11, 14)
    assert.throws(() => readProxyHeader(short), { code: 'bad-frame', message: /too short/ })
    const long = proxyHeader('203.0.113.9')
    long.writeUInt16BE(4_096, 14)
    assert.throws(() => readProxyHeader(long.subarray(0, 16)), { code: 'bad-frame', message: /longer/ })
  })

  it('throws nothing but ParleyError, whatever comes', () => {
    const start = proxyHeader('203.0.113.9')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(16), (noise, kept) => {
        const bytes = Buffer.concat([start.subarray(0, kept), noise])
        try {
          const header = readProxyHeader(bytes)
          assert.ok(header === undefined || header.length <= bytes.length)
        } catch (error) {
          assert.equal(error instanceof Error && 'code' in error && error.code, 'bad-frame')
        }
      }),
    )
  })
})

describe('a port behind a trusted proxy', () => {
  const trustedProxies = readAddressSet(['127.0.0.2', '127.0.1.0/24'])

  /** A link whose TLS comes behind `first`, from `localAddress`. */
  async function linkBehind(at: { host: string; port: number }, first: Buffer, localAddress: string): Promise<Link> {
    const socket = await tcpClient(at, localAddress)
    socket.write(first)
    const dialer = new Dialer({ identity: await createIdentity() })
    return dialer.dial({ ...at, alpn, over: socket, timeout: 2_000 })
  }

  it('sees where a link really comes from, header and TLS split or joined', async () => {
    const links: Link[] = []
    await using open = await openPort(
      link => {
        links.push(link)
        link.handle({ request: async () => ({ case: 'done', value: { $typeName: 'parley.v1.Done' } }) })
      },
      { trustedProxies },
    )
    for (const localAddress of ['127.0.0.2', '127.0.1.77']) {
      const link = await linkBehind(open.at, proxyHeader('203.0.113.9', { extra: 60 }), localAddress)
      await link.request(search('hello'))
      assert.equal(links.at(-1)?.remoteAddress, '203.0.113.9')
      link.close()
    }
    const socket = await tcpClient(open.at, '127.0.0.2')
    for (const byte of proxyHeader('2001:db8::5')) {
      socket.write(Buffer.from([byte]))
      await new Promise(resolve => setImmediate(resolve))
    }
    const dialer = new Dialer({ identity: await createIdentity() })
    const link = await dialer.dial({ ...open.at, alpn, over: socket })
    await link.request(search('hello'))
    assert.equal(links.at(-1)?.remoteAddress, '2001:db8::5')
    dialer.close()
  })

  it('takes nothing from it without the header, and no header from anybody else', async () => {
    await using open = await openPort(() => {}, { trustedProxies })
    await assert.rejects(linkBehind(open.at, Buffer.alloc(0), '127.0.0.2'), { code: 'unreachable' })
    assert.equal(open.port.counts.badFrames, 1)
    await assert.rejects(linkBehind(open.at, proxyHeader('203.0.113.9'), '127.0.0.3'), { code: 'unreachable' })
    assert.equal(open.port.counts.unknown, 1)
    const link = await dialLink({ ...open.at, alpn, identity: await createIdentity() })
    link.close()
  })

  it('ends who is slow with the header, and who stops in it', async () => {
    await using open = await openPort(() => {}, { trustedProxies, limits: { handshake: 200 } })
    const silent = await tcpClient(open.at, '127.0.0.2')
    const half = await tcpClient(open.at, '127.0.0.2')
    half.write(proxyHeader('203.0.113.9').subarray(0, 20))
    const bare = await tcpClient(open.at, '127.0.0.2')
    bare.write(proxyHeader('203.0.113.9'))
    for (const socket of [silent, half, bare]) await gone(socket)
    assert.equal(open.port.counts.late, 3)
  })

  it('counts people against its ceilings, not the proxy', async () => {
    await using open = await openPort(() => {}, { trustedProxies, limits: { connectionsPerAddress: 2 } })
    const come = async (from: string) => {
      const socket = await tcpClient(open.at, '127.0.0.2')
      socket.write(proxyHeader(from))
      return socket
    }
    await Promise.all(['203.0.113.1', '203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.3'].map(come))
    const tooMany = await come('203.0.113.1')
    await gone(tooMany)
    assert.equal(open.port.counts.crowded, 1)
    assert.equal(open.port.connections, 5)
  })

  it('trusts others from the next connection on', async () => {
    await using open = await openPort(() => {}, { trustedProxies })
    open.port.trust(readAddressSet(['127.0.0.5']))
    const link = await linkBehind(open.at, proxyHeader('203.0.113.9'), '127.0.0.5')
    link.close()
    const before = await tcpClient(open.at, '127.0.0.2')
    before.write(proxyHeader('203.0.113.9'))
    await gone(before)
    open.port.trust(undefined)
    const plain = await dialLink({ ...open.at, alpn, identity: await createIdentity(), localAddress: '127.0.0.5' })
    plain.close()
  })
})

describe('a port that moves', () => {
  it('listens elsewhere while its links stay, and where it was when that fails', async () => {
    await using open = await openPort(link => {
      link.handle({ request: async () => ({ case: 'done', value: { $typeName: 'parley.v1.Done' } }) })
    })
    const identity = await createIdentity()
    const link = await dialLink({ ...open.at, alpn, identity })
    await link.request(search('hello'))
    await open.port.relisten([{ host: '127.0.0.2', port: open.at.port }])
    assert.deepEqual(open.port.addresses, [{ host: '127.0.0.2', port: open.at.port }])
    await link.request(search('still there'))
    await assert.rejects(dialLink({ ...open.at, alpn, identity }), { code: 'unreachable' })
    const moved = await dialLink({ ...open.at, host: '127.0.0.2', alpn, identity })
    await assert.rejects(open.port.relisten([{ host: '192.0.2.1', port: 0 }]), { code: 'bad-address' })
    await dialLink({ ...open.at, host: '127.0.0.2', alpn, identity })
    await moved.request(search('hello'))
    await until('three links', () => open.port.connections === 3)
  })
})

describe('a set of addresses', () => {
  it('has what was listed, in whatever form it is written', () => {
    const set = readAddressSet(['10.0.0.1', '192.168.0.0/16', '2001:db8::/32', '::1'])
    for (const address of ['10.0.0.1', '::ffff:10.0.0.1', '192.168.7.7', '2001:db8:1::2', '::1', '0:0:0:0:0:0:0:1']) {
      assert.ok(set.has(address), address)
    }
    for (const address of ['10.0.0.2', '192.169.0.1', '2001:db9::', '', 'localhost'])
      assert.ok(!set.has(address), address)
  })

  it('is made of addresses and networks alone', () => {
    for (const text of [
      '',
      'localhost',
      '10.0.0.1/',
      '10.0.0.1/33',
      '10.0.0.0/8/8',
      '::1/129',
      'fe80::1%lo',
      '1.2.3',
    ]) {
      assert.throws(() => readAddressSet([text]), { code: 'bad-config' }, text)
    }
  })
})
