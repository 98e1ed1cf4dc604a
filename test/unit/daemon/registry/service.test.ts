import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { dialLink } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import { readParleyLink } from '../../../../daemon/src/protocol/addresses.ts'
import { fromText } from '../../../../daemon/src/protocol/ids.ts'
import {
  LookUpSchema,
  PeerHelloSchema,
  PingSchema,
  PublishAddressesSchema,
  RegistryHelloSchema,
  RenewSchema,
  type Request,
  SearchSchema,
  SetStatusSchema,
  SignInSchema,
  SignOutSchema,
  WatchOnlineSchema,
} from '../../../../daemon/src/protocol/parley_pb.ts'
import { continueWith, joined, meet, signInByKey } from '../../../support/member.ts'
import { startTestRegistry } from '../../../support/registry.ts'

const code = (error: string) => ({ name: 'ParleyError', code: error })
const hello: Request['is'] = { case: 'registryHello', value: create(RegistryHelloSchema, { versions: [1, 7] }) }

const forMembers: Request['is'][] = [
  { case: 'renew', value: create(RenewSchema) },
  { case: 'signOut', value: create(SignOutSchema) },
  { case: 'publishAddresses', value: create(PublishAddressesSchema, { port: 5858 }) },
  { case: 'watchOnline', value: create(WatchOnlineSchema) },
  { case: 'setStatus', value: create(SetStatusSchema, { status: 'busy' }) },
  { case: 'search', value: create(SearchSchema, { query: 'a' }) },
  { case: 'lookUp', value: create(LookUpSchema, { name: 'alice' }) },
]

describe('a link to a registry', () => {
  it('begins with hello, which tells what a client must know', async () => {
    await using at = await startTestRegistry({ now: () => 1_790_000_000_000, options: { signUp: 'invite' } })
    await using alice = await meet(at)
    const welcome = await alice.ask(hello, 'registryWelcome')
    assert.equal(welcome.version, 1)
    assert.equal(welcome.time, 1_790_000_000_000n)
    assert.equal(welcome.team, 'Acme')
    assert.deepEqual(welcome.mechanisms, ['opaque'])
    assert.equal(welcome.signUp, 'invite')
    assert.equal(`127.0.0.1:${welcome.heartbeatPort}`, at.registry.heartbeat)
  })

  it('refuses anything before hello', async () => {
    await using at = await startTestRegistry()
    const link = await dialLink({
      host: at.host,
      port: at.port,
      alpn: 'parley-registry/1',
      identity: await createIdentity(),
    })
    for (const is of [{ case: 'signIn', value: create(SignInSchema) } as const, ...forMembers]) {
      await assert.rejects(link.request(is), code('usage'))
    }
    link.close()
  })

  it('refuses versions that it does not speak', async () => {
    await using at = await startTestRegistry()
    await using alice = await meet(at)
    const value = create(RegistryHelloSchema, { versions: [2, 3] })
    await assert.rejects(alice.ask({ case: 'registryHello', value }, 'registryWelcome'), code('too-old'))
  })

  it('answers nobody but members, save for what leads to a sign-in', async () => {
    await using at = await startTestRegistry()
    await using stranger = await meet(at)
    for (const is of forMembers) await assert.rejects(stranger.link.request(is), code('signed-out'))
    await assert.rejects(stranger.link.request(continueWith(new Uint8Array(1))), code('usage'))
    await stranger.ask({ case: 'ping', value: create(PingSchema) }, 'done')
  })

  it('closes when nobody signs in on it', async () => {
    await using at = await startTestRegistry({ waits: { unsigned: 30 } })
    await using stranger = await meet(at)
    await stranger.link.closed
  })

  it('stays when somebody has signed in, and asks again after a sign-out', async () => {
    await using at = await startTestRegistry({ waits: { unsigned: 200 } })
    await using alice = await joined(at, 'alice')
    await using stranger = await meet(at)
    await stranger.link.closed
    await alice.ask({ case: 'renew', value: create(RenewSchema) }, 'renewed')
    await alice.ask({ case: 'signOut', value: create(SignOutSchema) }, 'done')
    await alice.link.closed
  })

  it('takes one sign-in, and does not know requests of peers', async () => {
    await using at = await startTestRegistry()
    await using alice = await joined(at, 'alice')
    await assert.rejects(signInByKey(alice), code('usage'))
    await assert.rejects(alice.link.request({ case: 'peerHello', value: create(PeerHelloSchema) }), code('unsupported'))
  })
})

describe('a registry', () => {
  it('is its key: a link, a status and a TLS identity that agree', async () => {
    await using at = await startTestRegistry({ options: { name: 'Team', classic: 'off' } })
    await using alice = await joined(at, 'alice')
    assert.deepEqual(readParleyLink(at.registry.address), {
      host: '127.0.0.1',
      port: at.port,
      registry: at.registry.id,
      version: 1,
    })
    assert.deepEqual(Buffer.from(alice.link.peerId), Buffer.from(fromText(at.registry.id)))
    assert.deepEqual(at.registry.status(), {
      registry: at.registry.id,
      address: at.registry.address,
      team: 'Team',
      listen: at.registry.listen,
      heartbeat: at.registry.heartbeat,
      signUp: 'open',
      classic: 'off',
      users: 1,
      online: 1,
      connections: 1,
      relayed: 0,
      mail: { items: 0, bytes: 0 },
    })
  })

  it('names its public address where it has one', async () => {
    await using at = await startTestRegistry({ options: { public: 'chat.acme.dev' } })
    assert.equal(readParleyLink(at.registry.address).host, 'chat.acme.dev')
    assert.equal(readParleyLink(at.registry.address).port, 3131)
  })

  it('needs a way to sign in, and each only once', async () => {
    await assert.rejects(startTestRegistry({ auths: [] }), code('plugin'))
    const auth = { mechanism: 'opaque', signIn: async () => ({ is: 'deny' }) as const }
    await assert.rejects(startTestRegistry({ auths: [auth, auth] }), code('plugin'))
  })

  it('holds nothing when it cannot start: a taken port', async () => {
    await using at = await startTestRegistry()
    const heartbeat = '127.0.0.1:0'
    await assert.rejects(
      startTestRegistry({ options: { listen: [`127.0.0.1:${at.port}`], heartbeat } }),
      code('port-taken'),
    )
  })
})
