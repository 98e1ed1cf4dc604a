import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { createIdentity, type Identity } from '../../daemon/src/net/identity.ts'
import { deviceId, directUserId, fromText, noRegistry } from '../../daemon/src/protocol/ids.ts'
import { generateKeyPair } from '../../daemon/src/protocol/keys.ts'
import { PeerHelloSchema } from '../../daemon/src/protocol/parley_pb.ts'
import { issueAttestation, signRoster } from '../../daemon/src/protocol/statements.ts'
import { temporaryFolder } from '../support/folder.ts'
import { gone, ping, rawClient, requestFrame, search } from '../support/links.ts'
import { makePerson, makeRegistry } from '../support/statements.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'

const displayName = 'Alice Liddell of Wonderland'

describe('someone who merely connects to a peer port', () => {
  it('learns no name, no user and no team, whatever they say', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'), {
      args: ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0', '--name', 'Wonderland'],
    })
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    const account = await alice.client.request('signUp', {
      registry: registry.ready.address,
      name: 'alice',
      displayName,
      password: 'correct horse battery',
    })
    const { hub } = await alice.client.request('status', {})
    assert.ok(hub)
    const at = { host: '127.0.0.1', port: portOf(hub.listen[0] ?? '') }
    const identity = await createIdentity()
    const device = fromText(hub.device)

    const learned = [
      await exchange(at, identity, []),
      await exchange(at, identity, [requestFrame(1, ping), requestFrame(2, search('a'))]),
      await exchange(at, identity, [requestFrame(1, helloOf(identity, device))]),
      await exchange(at, identity, [requestFrame(1, helloOf(identity, device, fromText(account.registry)))]),
      await exchange(at, identity, [
        requestFrame(1, helloOf(identity, device)),
        requestFrame(2, helloOf(identity, device)),
      ]),
      await exchange(at, identity, [requestFrame(1, directHelloOf(identity, device))]),
      await exchange(at, identity, [], 'parley-registry/1'),
      await exchange(at, undefined, []),
    ]
    const bytes = Buffer.concat(learned)
    const text = bytes.toString('latin1').toLowerCase()
    assert.ok(bytes.includes('Your request is kept here'), 'somebody of no team may ask')
    const { requests } = await alice.client.request('requests', {})
    assert.deepEqual(
      requests.map(({ name }) => name),
      ['mallory'],
    )
    const secrets: Record<string, string | Uint8Array> = {
      'the name': 'alice',
      'the display name': displayName,
      'a part of it': 'Liddell',
      'the team': 'Wonderland',
      'the user id': fromText(account.user),
      'the user id as text': account.user,
      'the registry’s id': fromText(account.registry),
      'the registry’s id as text': account.registry,
      'the registry’s port': registry.ready.listen,
      'the home': alice.home,
      // A very short one could be in any bytes.
      ...(hostname().length > 4 && { 'the machine': hostname() }),
    }
    for (const [what, secret] of Object.entries(secrets)) {
      assert.ok(!text.includes(Buffer.from(secret).toString('latin1').toLowerCase()), `a stranger learned ${what}`)
    }
    assert.ok(text.includes('parley'), 'the certificates were recorded: their one subject')
    assert.ok(bytes.includes('This hub does not know you.'), 'a stranger is told that they are one')
  })
})

/** A hello of somebody who is well known, but at a registry of their own making. */
function helloOf(identity: Identity, expected: Uint8Array, claimed?: Uint8Array) {
  const registry = makeRegistry()
  const person = makePerson(registry, 'mallory', Date.now())
  const value = create(PeerHelloSchema, {
    versions: [1],
    expected,
    time: BigInt(Date.now()),
    registry: claimed ?? fromText(registry.id),
    attestation: person.attest(),
    roster: person.listDevices({
      devices: [{ id: deviceId(identity.id), key: identity.spki, name: 'laptop', added: Date.now() }],
    }),
  })
  return { case: 'peerHello', value } as const
}

/** A hello of somebody of no team, in which all is as it should be. */
function directHelloOf(identity: Identity, expected: Uint8Array) {
  const { privateKey, spki } = generateKeyPair()
  const user = directUserId(spki)
  const now = Date.now()
  const about = { registry: noRegistry, user, generation: 1 }
  const devices = [{ key: identity.spki, name: 'laptop', added: now }]
  const name = { name: 'mallory', displayName: 'mallory' }
  const attestation = issueAttestation(
    { ...about, ...name, accountKey: spki, denied: new Set(), issued: now - 1000, expires: now + 60_000 },
    privateKey,
  )
  const roster = signRoster({ ...about, version: 1, devices, revoked: new Set() }, privateKey)
  const fields = { versions: [1], expected, time: BigInt(now), registry: fromText(noRegistry), port: 5858 }
  return { case: 'peerHello', value: create(PeerHelloSchema, { ...fields, attestation, roster }) } as const
}

/** All that a connection gives: the certificate, and every byte inside TLS until it is closed. */
async function exchange(
  at: { host: string; port: number },
  identity: Identity | undefined,
  frames: readonly Uint8Array[],
  alpn = 'parley-peer/1',
): Promise<Buffer> {
  const socket = await rawClient(at, { ...(identity ? { identity } : {}), ALPNProtocols: [alpn] }).catch(
    () => undefined,
  )
  if (!socket) return Buffer.alloc(0)
  const parts: Buffer[] = [socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0)]
  socket.on('data', chunk => parts.push(chunk))
  for (const frame of frames) socket.write(frame)
  if (frames.length === 0) socket.end()
  await gone(socket, 15_000)
  return Buffer.concat(parts)
}
