import assert from 'node:assert/strict'
import { once } from 'node:events'
import type net from 'node:net'
import tls from 'node:tls'
import fc from 'fast-check'
import { dialLink } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { type ClassicGate, listenPort, type Port } from '../../../../daemon/src/net/port.ts'
import {
  alpn,
  challenge,
  gone,
  openPort,
  rawClient,
  search,
  tcpClient,
  testLog,
  within,
} from '../../../support/links.ts'
import { until } from '../../../support/wait.ts'

describe('a port', () => {
  it('listens on several addresses and tells their real ports', async () => {
    const listen = [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.2', port: 0 },
    ]
    await using open = await openPort(answer, { listen })
    assert.deepEqual(
      open.port.addresses.map(({ host }) => host),
      ['127.0.0.1', '127.0.0.2'],
    )
    const identity = await createIdentity()
    for (const at of open.port.addresses) {
      const link = await dialLink({ ...at, alpn, identity })
      await link.request(search('hello'))
      link.close()
    }
  })

  it('says when an address is taken, or is none of this machine, and then listens on none', async () => {
    await using open = await openPort(() => {})
    const options = { alpn: {}, identity: await createIdentity(), log: testLog() }
    const free = { host: '127.0.0.1', port: 0 }
    const taken = listenPort({ ...options, listen: [free, open.at] })
    await assert.rejects(taken, { code: 'port-taken', message: /127\.0\.0\.1:\d+ is taken/ })
    const elsewhere = listenPort({ ...options, listen: [{ host: '192.0.2.1', port: 0 }] })
    await assert.rejects(elsewhere, { code: 'bad-address', message: /no address of this machine/ })
  })

  it('tells protocols apart by their first byte', async () => {
    const served: number[][] = []
    const gate = classicGate({ serve: (socket, first) => socket.end(`served ${served.push([...first])}`) })
    await using open = await openPort(answer, { classic: gate })
    for (const byte of [0x00, 0x04]) {
      const socket = await tcpClient(open.at)
      socket.write(Buffer.from([byte, 0x41]))
      await gone(socket)
      assert.deepEqual(served.at(-1), [byte, 0x41])
    }
    for (const byte of [0x05, 0x15, 0x17, 0x50, 0x47, 0xff]) {
      const socket = await tcpClient(open.at)
      socket.write(Buffer.from([byte, 0x00]))
      await gone(socket)
    }
    assert.equal(served.length, 2)
    assert.equal(open.port.counts.unknown, 6)
    const link = await dialLink({ ...open.at, alpn, identity: await createIdentity() })
    await link.request(search('hello'))
    link.close()
  })

  it('lets a classic handler write after its client has ended its side, if it wants', async () => {
    const gate = classicGate({
      serve: socket => {
        socket.allowHalfOpen = true
        socket.on('end', () => setImmediate(() => socket.end('late answer')))
        socket.resume()
      },
    })
    await using open = await openPort(answer, { classic: gate })
    const socket = await tcpClient(open.at)
    let got = ''
    socket.on('data', chunk => {
      got += chunk
    })
    socket.end(Buffer.from([0x01]))
    await gone(socket)
    assert.equal(got, 'late answer')
  })

  it('closes classic connections where classic is not allowed', async () => {
    const gate = classicGate({ allows: address => address !== '127.0.0.9', serve: socket => socket.end('served') })
    for (const classic of [undefined, gate]) {
      await using open = await openPort(answer, classic ? { classic } : {})
      const socket = await tcpClient(open.at, '127.0.0.9')
      let got = ''
      socket.on('data', chunk => {
        got += chunk
      })
      socket.write(Buffer.from([0x01]))
      await gone(socket)
      assert.equal(got, '')
      assert.equal(open.port.counts.unknown, 1)
    }
  })

  it('has a ceiling per address, which who has signed in does not count against, and one in all', async () => {
    const links: Link[] = []
    await using open = await openPort(link => links.push(link), {
      limits: { connectionsPerAddress: 2, connections: 4 },
    })
    const identity = await createIdentity()
    const dial = (localAddress: string) => dialLink({ ...open.at, alpn, identity, localAddress })
    await dial('127.0.0.3')
    await dial('127.0.0.3')
    await assert.rejects(dial('127.0.0.3'), { code: 'unreachable' })
    await until('the links', () => links.length === 2)
    links[0]?.allowLargeFrames()
    await dial('127.0.0.3')
    await dial('127.0.0.4')
    await assert.rejects(dial('127.0.0.5'), { code: 'unreachable' })
    assert.equal(open.port.counts.crowded, 2)
    for (const link of links) link.close()
    await until('room', () => open.port.connections === 0)
    await dial('127.0.0.3')
  })

  it('closes everything when it stops, whatever it was doing', async () => {
    const gate = classicGate({ serve: () => {} })
    const taken = Promise.withResolvers<Link>()
    const open = await openPort(taken.resolve, { classic: gate })
    const silent = await tcpClient(open.at)
    const shaking = await tcpClient(open.at)
    shaking.write(Buffer.from([0x16, 0x03]))
    const classic = await tcpClient(open.at)
    classic.write(Buffer.from([0x01]))
    const link = await dialLink({ ...open.at, alpn, identity: await createIdentity() })
    await within('the accepted link', taken.promise)
    await within('the stop', open.port.close())
    assert.equal(open.port.connections, 0)
    for (const socket of [silent, shaking, classic]) await gone(socket)
    assert.equal((await link.closed).code, 'closed')
    assert.equal((await (await taken.promise).closed).code, 'closed')
  })
})

describe('the deadline from accept to hello', () => {
  it('ends who says nothing, who begins and stops, who drips, and who is secure but says no hello', async () => {
    const late = Promise.withResolvers<Link>()
    await using open = await openPort(late.resolve, { limits: { handshake: 250 } })
    const start = performance.now()
    const silent = await tcpClient(open.at)
    const begun = await tcpClient(open.at)
    begun.write(Buffer.from([0x16]))
    const dripping = drip(await tcpClient(open.at), 20)
    const secure = await rawClient(open.at, { identity: await createIdentity() })
    await Promise.all([silent, begun, dripping, secure].map(socket => gone(socket)))
    assert.ok(performance.now() - start >= 250, 'not before the deadline')
    assert.equal((await (await late.promise).closed).code, 'timeout')
    assert.equal(open.port.counts.late, 4)
    await until('the port to forget them', () => open.port.connections === 0)
  })

  it('spares an established link, which does not notice 500 that are silent or drip', async function () {
    this.timeout(30_000)
    await using open = await openPort(answer, { limits: { handshake: 3_000 } })
    const link = await dialLink({ ...open.at, alpn, identity: await createIdentity() })
    await link.request(search('hello'))
    link.established()
    const sockets = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        tcpClient(open.at, `127.${1 + (index % 5)}.${index >> 8}.${index & 255 || 1}`),
      ),
    )
    for (const socket of sockets.slice(0, 250)) drip(socket, 100)
    let left = sockets.length
    for (const socket of sockets) {
      socket.resume()
      socket.on('close', () => left--)
    }
    let worst = 0
    let asked = 0
    await until('the flood to end', async () => {
      const start = performance.now()
      await link.request(search('still there'), { timeout: 5_000 })
      worst = Math.max(worst, performance.now() - start)
      asked++
      return left === 0
    })
    assert.ok(asked > 10)
    assert.ok(worst < 2_000, `the slowest of ${asked} requests took ${worst} ms`)
    assert.equal(open.port.counts.late, 500)
    await until('the port to forget them', () => open.port.connections === 1)
  })
})

describe('silence where classic is allowed', () => {
  const limits = { handshake: 60, silent: 180, silentPerAddress: 3 }

  it('may last longer, and is then served', async () => {
    const gate = classicGate({ serve: socket => socket.end('served') })
    await using open = await openPort(answer, { classic: gate, limits: { ...limits, silent: 60_000 } })
    const bystander = await rawClient(open.at, { identity: await createIdentity() })
    const window = await tcpClient(open.at)
    await gone(bystander) // the time for a handshake is over
    let got = ''
    window.on('data', chunk => {
      got += chunk
    })
    const tooLate = await tcpClient(open.at)
    await until('both to be late', () => open.port.connections === 2)
    window.write(Buffer.from([0x01]))
    await gone(window)
    assert.equal(got, 'served')
    tooLate.destroy()
  })

  it('ends after its time, unless a login from the address lives', async () => {
    const logins = new Set(['127.0.0.6'])
    const gate = classicGate({ hasLogin: address => logins.has(address) })
    await using open = await openPort(answer, { classic: gate, limits })
    const start = performance.now()
    const stays = await tcpClient(open.at, '127.0.0.6')
    const goes = await tcpClient(open.at, '127.0.0.7')
    await gone(goes)
    assert.ok(performance.now() - start >= 180)
    assert.equal(stays.closed, false)
    logins.clear()
    await gone(stays)
  })

  it('is for a few of one address: the oldest goes', async () => {
    await using open = await openPort(answer, { classic: classicGate({}), limits: { ...limits, silent: 60_000 } })
    const ended: number[] = []
    const sockets: net.Socket[] = []
    for (let number = 0; number < 5; number++) {
      const socket = await tcpClient(open.at, '127.0.0.8')
      sockets.push(socket.resume().on('close', () => ended.push(number)))
    }
    const other = await tcpClient(open.at, '127.0.0.9')
    await until('two to go', () => ended.length === 2)
    await until('two to be forgotten', () => open.port.connections === 4)
    assert.deepEqual(ended.toSorted(), [0, 1])
    assert.equal(other.closed, false)
  })

  it('gives TLS no more time for it', async () => {
    await using open = await openPort(answer, { classic: classicGate({}), limits: { ...limits, silent: 60_000 } })
    const silent = await tcpClient(open.at)
    const bystander = await tcpClient(open.at, '127.0.0.9')
    bystander.write(Buffer.from([0x16]))
    await gone(bystander)
    silent.write(Buffer.from([0x16]))
    await gone(silent)
    assert.equal(open.port.counts.late, 2)
  })
})

describe('whatever a stranger does to a port', () => {
  it('a reset at any moment of a connection leaves the port serving', async () => {
    await using open = await openPort(answer)
    const identity = await createIdentity()
    const context = tls.createSecureContext({ key: identity.keyPem, cert: identity.certificate })
    for (let moment = 0; moment < 60; moment++) {
      const socket = await tcpClient(open.at)
      const secured = tls.connect({ socket, secureContext: context, rejectUnauthorized: false, ALPNProtocols: [alpn] })
      secured.on('error', () => {})
      const isSecure = once(secured, 'secureConnect')
      isSecure.catch(() => {})
      if (moment >= 30) await within('a TLS handshake', isSecure)
      for (let tick = 0; tick < moment % 15; tick++) await new Promise(resolve => setImmediate(resolve))
      if (moment >= 45) secured.write(Buffer.alloc(100_000))
      socket.resetAndDestroy()
    }
    await until('the port to forget them', () => open.port.connections === 0)
    await assertServes(open.port)
  })

  it('a reset before the first byte leaves the port serving', async () => {
    await using open = await openPort(answer, { classic: classicGate({}) })
    const sockets = await Promise.all(Array.from({ length: 20 }, () => tcpClient(open.at)))
    await until('all to be accepted', () => open.port.connections === 20)
    for (const socket of sockets) socket.resetAndDestroy()
    await until('the port to forget them', () => open.port.connections === 0)
    await assertServes(open.port)
  })

  it('a reset of an established link, on either side, ends that link alone', async () => {
    const links: Link[] = []
    await using open = await openPort(link => {
      links.push(link)
      answer(link)
    })
    const socket = await tcpClient(open.at)
    const identity = await createIdentity()
    const secured = tls.connect({
      socket,
      key: identity.keyPem,
      cert: identity.certificate,
      rejectUnauthorized: false,
      ALPNProtocols: [alpn],
    })
    secured.on('error', () => {})
    await until('the link', () => links.length === 1)
    socket.resetAndDestroy()
    assert.equal((await within('the end', links[0]?.closed ?? assert.fail())).code, 'closed')
    await assertServes(open.port)
  })

  it('no bytes, in any pieces, do more than end their connection', async function () {
    this.timeout(30_000)
    const gate = classicGate({ serve: socket => void socket.resume().setTimeout(20, () => socket.destroy()) })
    await using open = await openPort(answer, { classic: gate, limits: { handshake: 100, silent: 100 } })
    const start = fc.constantFrom([], [0x16], [0x16, 3, 1], [0x16, 3, 1, 0, 5, 1, 0, 0, 1], [0x00], [0x50], [0x80])
    const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(start, pieces, async (first, rest) => {
        const socket = await tcpClient(open.at)
        for (const piece of [Uint8Array.from(first), ...rest]) {
          if (piece.length > 0 && socket.writable) socket.write(piece)
          await new Promise(resolve => setImmediate(resolve))
        }
        await gone(socket)
      }),
      { numRuns: 60 },
    )
    await until('the port to forget them', () => open.port.connections === 0)
    await assertServes(open.port)
  })

  it('no bytes inside TLS do more than end their link', async function () {
    this.timeout(30_000)
    await using open = await openPort(answer, { limits: { handshake: 150 } })
    const identity = await createIdentity()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 }), async pieces => {
        const socket = await rawClient(open.at, { identity })
        for (const piece of pieces) if (socket.writable) socket.write(piece)
        await gone(socket)
      }),
      { numRuns: 40 },
    )
    await assertServes(open.port)
  })
})

function answer(link: Link): void {
  link.handle({
    request: () => {
      link.established()
      return challenge('here')
    },
  })
}

async function assertServes(port: Port): Promise<void> {
  const link = await dialLink({ ...(port.addresses[0] ?? assert.fail()), alpn, identity: await createIdentity() })
  assert.equal((await link.request(search('hello'))).case, 'challenge')
  link.close()
}

function classicGate(gate: Partial<ClassicGate>): ClassicGate {
  return { allows: () => true, hasLogin: () => false, serve: socket => socket.destroy(), ...gate }
}

/** Sends a byte of a TLS handshake every `every` ms until the socket closes. */
function drip(socket: net.Socket, every: number): net.Socket {
  const hello = Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3])
  let at = 0
  const timer = setInterval(() => {
    if (socket.writable) socket.write(hello.subarray(at % hello.length, (at++ % hello.length) + 1))
  }, every)
  socket.on('close', () => clearInterval(timer))
  return socket
}
