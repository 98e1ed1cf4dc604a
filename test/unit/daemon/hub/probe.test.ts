import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { probe } from '../../../../daemon/src/hub/probe.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { listenPort } from '../../../../daemon/src/net/port.ts'
import { formatParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import { deviceId, fromText, registryId } from '../../../../daemon/src/protocol/ids.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { testLog } from '../../../support/links.ts'
import { startTestRegistry } from '../../../support/registry.ts'

/** Asks as a device that nobody has. */
function look(text: string, timeout?: number, signal = new AbortController().signal) {
  const device = deviceId(new Uint8Array(32))
  return probe(text, { device, personOf: () => undefined, log: testLog(), signal, ...(timeout ? { timeout } : {}) })
}

async function listening(server: net.Server | https.Server): Promise<AsyncDisposable & { readonly at: string }> {
  const sockets = new Set<net.Socket>()
  server.on('connection', socket => sockets.add(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  return {
    at: `127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

describe('what answers at an address', () => {
  it('is a team: its name, id, who may sign up, and whether all that was known before', async () => {
    await using running = await startTestRegistry({ options: { signUp: 'invite', name: 'Acme' } })
    const { host, port, registry } = running
    const { link } = await registry.invites.invite({})
    const address = formatParleyLink({ host, port, registry: registryId(fromText(registry.id)) })
    const common = { is: 'registry', registry: registry.id, team: 'Acme', address, signUp: 'invite' }
    assert.deepEqual(await look(`Join us: ${link}`), { ...common, link, hasCode: true, isPinned: true })
    assert.deepEqual(await look(`${host}:${port}`), { ...common, link: address, hasCode: false, isPinned: false })
  })

  it('is asked without telling who asks', async () => {
    await using fake = await startFakeRegistry()
    const seen: Uint8Array[] = []
    fake.answer = (_is, link) => void seen.push(link.peerId)
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.probe({ text: fake.address })
    await alice.hub.probe({ text: fake.address })
    assert.equal(new Set([...seen.map(id => deviceId(id)), alice.hub.device]).size, 3)
    assert.deepEqual(fake.asked, ['registryHello', 'registryHello'])
    assert.equal(alice.hub.status().accounts.length, 0)
  })

  it('is not the team of the link: refused loudly, with nothing said but hello', async () => {
    await using meant = await startFakeRegistry()
    await using found = await startFakeRegistry()
    const link = meant.address.replace(`:${meant.port}/`, `:${found.port}/`)
    await assert.rejects(look(link), {
      code: 'wrong-key',
      message: /^Do not go on: .*not the team that this link is for/,
    })
    assert.deepEqual(found.asked, ['registryHello'], 'only whether it can show how it came to its key')
  })

  it('is somebody’s own Parley: whose, if it is known', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    const text = alice.hub.status().listen[0] ?? ''
    assert.deepEqual(await bob.hub.probe({ text }), { is: 'peer', device: alice.hub.device })
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    await bob.hub.signUp({ registry: registry.registry.address, name: 'bob', password })
    await bob.say('alice', 'hello')
    const found = await bob.hub.probe({ text })
    assert.ok(found.is === 'peer')
    assert.equal(found.person?.name, 'alice')
    await assert.rejects(alice.hub.probe({ text }), { code: 'bad-address', message: /this very computer/ })
  })

  it('is nothing, a web server, or something that is silent, hangs up or is too new: each told in words', async () => {
    await using gone = await listening(net.createServer())
    await gone[Symbol.asyncDispose]()
    await assert.rejects(look(gone.at), { code: 'unreachable', message: /^Nothing listens at 127\.0\.0\.1:\d+\./ })

    await using web = await listening(http.createServer((_request, answer) => answer.end('hi')))
    await assert.rejects(look(web.at), { code: 'unreachable', message: /another program, a web server perhaps/ })

    const { keyPem: key, certificate: cert } = await createIdentity()
    await using secure = await listening(https.createServer({ key, cert }, (_request, answer) => answer.end('hi')))
    await assert.rejects(look(secure.at), { code: 'unreachable', message: /answers, but is no Parley/ })

    await using silent = await listening(net.createServer())
    await assert.rejects(look(silent.at, 100), { code: 'unreachable', message: /not in time/ })

    await using rude = await listening(net.createServer(socket => socket.destroy()))
    await assert.rejects(look(rude.at), { code: 'unreachable', message: /closed the connection/ })

    await using later = await startFakeRegistry()
    later.answer = () => {
      throw new ParleyError('too-old', 'This registry speaks version 2. Update Parley on one side.')
    }
    await assert.rejects(look(later.address), { code: 'too-old', message: /Update Parley/ })
  })

  it('never answers hello: told in words once the time is over, or given up when nobody waits', async () => {
    const open = await listenPort({
      listen: [{ host: '127.0.0.1', port: 0 }],
      identity: await createIdentity(),
      alpn: { 'parley-registry/1': link => link.handle({ request: () => new Promise(() => {}) }) },
      log: testLog(),
    })
    try {
      const text = `127.0.0.1:${open.addresses[0]?.port}`
      await assert.rejects(look(text, 200), { code: 'unreachable', message: /not in time/ })
      const gone = new AbortController()
      const asked = look(text, undefined, gone.signal)
      gone.abort()
      await assert.rejects(asked, { code: 'closed' })
    } finally {
      await open.close()
    }
  })
})
