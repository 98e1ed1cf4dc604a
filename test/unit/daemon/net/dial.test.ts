import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { Dialer, dialLink } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { alpn, challenge, openPort, search, textOf, within } from '../../../support/links.ts'
import { until } from '../../../support/wait.ts'

describe('a dial', () => {
  it('refuses another key than the expected one, and says so', async () => {
    await using open = await openPort(() => {})
    const [identity, expected] = [await createIdentity(), await createIdentity()]
    const dial = dialLink({ ...open.at, alpn, identity, expect: expected.id })
    await assert.rejects(dial, { code: 'wrong-key', message: /is not the one expected/ })
    await until('the connection to go', () => open.port.connections === 0)
  })

  it('says in words when nothing listens, or a name is not found', async () => {
    const identity = await createIdentity()
    const free = await listenPlain()
    await free.close()
    const refused = dialLink({ ...free.at, alpn, identity })
    await assert.rejects(refused, { code: 'unreachable', message: /Nothing listens at 127.0.0.1/ })
    const unknown = dialLink({ host: 'no-such-host.invalid', port: 1, alpn, identity })
    await assert.rejects(unknown, { code: 'unreachable', message: /no-such-host.invalid/ })
  })

  it('says in words when what listens is silent, hangs up or speaks something else', async () => {
    const identity = await createIdentity()
    const silent = await listenPlain()
    const slow = dialLink({ ...silent.at, alpn, identity, timeout: 50 })
    await assert.rejects(slow, { code: 'unreachable', message: /did not answer within 0.05 s/ })
    await silent.close()
    const rude = await listenPlain(socket => socket.destroy())
    await assert.rejects(dialLink({ ...rude.at, alpn, identity }), { code: 'unreachable', message: /closed the conn/ })
    await rude.close()
    const reset = await listenPlain(socket => socket.once('data', () => socket.resetAndDestroy()))
    await assert.rejects(dialLink({ ...reset.at, alpn, identity }), { code: 'unreachable', message: /closed the conn/ })
    await reset.close()
    const web = await listenPlain(socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await assert.rejects(dialLink({ ...web.at, alpn, identity }), { code: 'unreachable', message: /not as a Parley/ })
    await web.close()
  })

  it('can be given up at any moment', async () => {
    const identity = await createIdentity()
    const silent = await listenPlain()
    const stop = new AbortController()
    const dial = dialLink({ ...silent.at, alpn, identity, signal: stop.signal })
    stop.abort(new Error('changed my mind'))
    await assert.rejects(dial, /changed my mind/)
    await assert.rejects(dialLink({ ...silent.at, alpn, identity, signal: stop.signal }), /changed my mind/)
    await silent.close()
  })

  it('ends a link whose hello is not answered in time', async () => {
    await using open = await openPort(() => {}) // links are taken and never answered
    const link = await dialLink({ ...open.at, alpn, identity: await createIdentity(), timeout: 200 })
    assert.equal((await within('the end', link.closed)).code, 'timeout')
  })

  it('keeps a link whose hello was answered', async () => {
    await using open = await openPort(link => link.handle({ request: () => challenge('welcome') }))
    const dialer = new Dialer({ identity: await createIdentity() })
    const link = await dialer.dial({ ...open.at, alpn, timeout: 300 })
    const other = await dialer.dial({ ...open.at, alpn, timeout: 400 })
    await link.request(search('hello'))
    link.established()
    await within('the end of the other', other.closed) // so the deadline of the first is over too
    assert.equal(textOf(await link.request(search('still there'))), 'welcome')
    await until('one socket', () => dialer.connections === 1)
    dialer.close()
    assert.equal((await within('the end', link.closed)).code, 'closed')
    await until('no sockets', () => dialer.connections === 0)
  })

  it('may come from an address of choice', async () => {
    const addresses: string[] = []
    await using open = await openPort(link => addresses.push(link.remoteAddress))
    const link = await dialLink({ ...open.at, alpn, identity: await createIdentity(), localAddress: '127.9.8.7' })
    await until('the other side', () => addresses.length === 1)
    assert.deepEqual(addresses, ['127.9.8.7'])
    assert.equal(link.outbound, true)
    link.close()
  })
})

/** A TCP server that is no Parley. */
async function listenPlain(taken: (socket: net.Socket) => void = () => {}) {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket.on('error', () => {}).resume())
    taken(socket)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  return {
    at: { host: '127.0.0.1', port: address.port },
    async close() {
      for (const socket of sockets) socket.destroy()
      await once(server.close(), 'close')
    },
  }
}
