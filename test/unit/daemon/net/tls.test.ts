import 'reflect-metadata'
import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto'
import { once } from 'node:events'
import type net from 'node:net'
import tls from 'node:tls'
import * as x509 from '@peculiar/x509'
import { dialLink } from '../../../../daemon/src/net/dial.ts'
import { createIdentity, type Identity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { provenKey } from '../../../../daemon/src/net/tls.ts'
import { alpn, challenge, gone, linkPair, openPort, rawClient, search, within } from '../../../support/links.ts'
import { skip } from '../../../support/skip.ts'
import { startTap } from '../../../support/tap.ts'
import { until } from '../../../support/wait.ts'

describe('the TLS of a link', () => {
  it('proves both keys, with TLS 1.3', async () => {
    await using pair = await linkPair()
    assert.equal(Buffer.from(pair.near.peerId).equals(pair.far.peerId), false)
    const secret = (link: Link) => Buffer.from(link.exportKeyingMaterial(32, 'EXPORTER-parley-test'))
    assert.deepEqual(secret(pair.near), secret(pair.far))
  })

  it('agrees on its key by X25519MLKEM768, which is post-quantum, where both sides run on Node 24', async function () {
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number)
    if (major < 3 || (major === 3 && minor < 5)) skip(this, 'an older Node has X25519 alone')
    await using open = await openPort(() => {})
    await using tap = await startTap(open.at.port)
    const link = await dialLink({ host: '127.0.0.1', port: tap.port, alpn, identity: await createIdentity() })
    assert.equal(groupOf(tap.bytes()), 0x11ec) // X25519MLKEM768 in IANA's list of TLS groups
    link.close()
  })

  it('refuses a client without a certificate, though the client was connected before', async () => {
    const links: Link[] = []
    await using open = await openPort(link => links.push(link))
    const socket = await rawClient(open.at) // resolves: in TLS 1.3 the client is done before the server has judged
    await gone(socket)
    assert.equal(links.length, 0)
    assert.equal(open.port.counts.untrusted, 1)
  })

  for (const [kind, key] of otherKeys()) {
    it(`refuses a client with a ${kind} key`, async () => {
      const links: Link[] = []
      await using open = await openPort(link => links.push(link))
      await assert.rejects(async () => {
        const socket = await rawClient(open.at, await certificateOf(key))
        await gone(socket)
        throw new Error('closed after the handshake')
      })
      assert.equal(links.length, 0)
    })

    it(`refuses a server with a ${kind} key`, async () => {
      await using server = await bareServer(await certificateOf(key))
      const dial = dialLink({ ...server.at, alpn, identity: await createIdentity() })
      await assert.rejects(dial, { name: 'ParleyError', code: /unreachable|wrong-key/ })
    })
  }

  it('refuses TLS 1.2', async () => {
    await using open = await openPort(() => {})
    const identity = await createIdentity()
    await assert.rejects(rawClient(open.at, { identity, maxVersion: 'TLSv1.2' }))
    await using server = await bareServer({ ...pemOf(identity), maxVersion: 'TLSv1.2' })
    await assert.rejects(dialLink({ ...server.at, alpn, identity }), {
      code: 'unreachable',
      message: /not as a Parley/,
    })
  })

  it('refuses who offers no protocol, or one that it does not know', async () => {
    const links: Link[] = []
    await using open = await openPort(link => links.push(link))
    const identity = await createIdentity()
    await gone(await rawClient(open.at, { identity, ALPNProtocols: [] }))
    await assert.rejects(rawClient(open.at, { identity, ALPNProtocols: ['h2', 'toString'] }))
    assert.equal(links.length, 0)
  })

  it('refuses a server that settles on no protocol', async () => {
    const identity = await createIdentity()
    await using server = await bareServer({ ...pemOf(identity), ALPNProtocols: undefined })
    const dial = dialLink({ ...server.at, alpn, identity })
    await assert.rejects(dial, { code: 'unreachable', message: /is no Parley device/ })
  })

  it('is up only when hello is answered: a refused certificate shows after the client was connected', async () => {
    const identity = await createIdentity()
    // Judges certificates by authorities and so refuses ours, after the client has finished its handshake.
    await using server = await bareServer({ ...pemOf(identity), requestCert: true, rejectUnauthorized: true })
    const link = await dialLink({ ...server.at, alpn, identity })
    await assert.rejects(link.request(search('hello')), { code: 'closed' })
    assert.equal((await within('the end', link.closed)).code, 'closed')
  })

  it('never resumes a session: one that is offered is ignored and the keys are proved anew', async () => {
    const keys: Uint8Array[] = []
    await using open = await openPort(link => {
      keys.push(link.peerId)
      link.handle({ request: () => challenge('here') })
    })
    const identity = await createIdentity()
    const sessions: Buffer[] = []
    const first = await rawClient(open.at, { identity })
    first.on('session', session => sessions.push(session))
    await within('a session', once(first, 'session'))
    // Without tickets OpenSSL still hands out an id of 32 bytes, behind which the server keeps nothing.
    assert.equal(first.getTLSTicket()?.length, 32, 'no ticket is issued')
    first.destroy()
    const [session] = sessions
    assert.ok(session)
    const second = await rawClient(open.at, { identity, session })
    assert.equal(second.isSessionReused(), false)
    assert.ok(second.getPeerX509Certificate(), 'the certificate was shown again')
    await until('the second proof', () => keys.length === 2)
    second.destroy()
  })

  it('does not go by a resumed session, which would show no key', async () => {
    const identity = await createIdentity()
    const onServer = Promise.withResolvers<unknown>()
    let isSecond = false
    // With tickets, as Node does by default; the ticket is taken and offered again.
    await using server = await bareServer({ ...pemOf(identity), requestCert: true }, socket => {
      if (isSecond) onServer.resolve(failureOf(() => provenKey(socket)))
      socket.write('x')
    })
    const first = await rawClient(server.at, { identity })
    const [session] = await within('a session', once(first.resume(), 'session'))
    first.destroy()
    isSecond = true
    const second = await rawClient(server.at, { identity, session })
    assert.equal(second.isSessionReused(), true)
    assert.match(String(failureOf(() => provenKey(second))), /resumed an old session/)
    assert.match(String(await within('the server', onServer.promise)), /resumed an old session/)
    second.destroy()
  })

  it('asks for the certificate once: on the client the first call gives it away', async () => {
    const identity = await createIdentity()
    await using open = await openPort(() => {})
    const socket = await rawClient(open.at, { identity })
    const { id } = provenKey(socket)
    assert.deepEqual(id, open.identity.id)
    assert.throws(() => provenKey(socket), { code: 'wrong-key', message: /no certificate/ })
    socket.destroy()
    await using pair = await linkPair()
    assert.equal(pair.near.peerKey, pair.near.peerKey, 'a link keeps what it was shown')
    assert.equal(pair.near.peerKey.length, 91)
  })
})

function failureOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

function pemOf({ keyPem, certificate }: Identity): { key: string; cert: string } {
  return { key: keyPem, cert: certificate }
}

/** A TLS server of Node's own making. */
async function bareServer(
  options: tls.TlsOptions & { ALPNProtocols?: string[] | undefined },
  taken: (socket: tls.TLSSocket) => void = () => {},
): Promise<AsyncDisposable & { at: { host: string; port: number } }> {
  const sockets = new Set<net.Socket>()
  const server = tls.createServer({ rejectUnauthorized: false, ALPNProtocols: [alpn], ...options }, socket => {
    socket.on('error', () => {})
    taken(socket)
  })
  server.on('connection', socket => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  return {
    at: { host: '127.0.0.1', port: address.port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface OtherKey {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly algorithm: { name: string; namedCurve?: string; hash?: string }
}

function otherKeys(): [string, OtherKey][] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return [
    [
      'P-384',
      {
        ...generateKeyPairSync('ec', { namedCurve: 'P-384' }),
        algorithm: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
      },
    ],
    ['Ed25519', { ...generateKeyPairSync('ed25519'), algorithm: { name: 'Ed25519' } }],
    ['RSA', { ...rsa, algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } }],
  ]
}

async function certificateOf({ privateKey, publicKey, algorithm }: OtherKey): Promise<{ key: string; cert: string }> {
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=parley',
    signingAlgorithm: algorithm,
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
  })
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: certificate.toString('pem'),
  }
}

/** The key exchange group that the ServerHello at the beginning of a recorded connection settles on (RFC 8446, 4.1.3). */
function groupOf(bytes: Buffer): number | undefined {
  const recordHeader = 5
  const keyShare = 0x0033
  const serverHello = bytes.subarray(recordHeader + bytes.readUInt16BE(3)) // behind the ClientHello's record
  assert.equal(serverHello[recordHeader], 2, 'a ServerHello')
  const sessionId = recordHeader + 4 + 2 + 32
  let at = sessionId + 1 + serverHello.readUInt8(sessionId) + 2 + 1
  const end = at + 2 + serverHello.readUInt16BE(at)
  for (at += 2; at < end; at += 4 + serverHello.readUInt16BE(at + 2)) {
    if (serverHello.readUInt16BE(at) === keyShare) return serverHello.readUInt16BE(at + 4)
  }
  return undefined
}
