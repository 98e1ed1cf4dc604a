import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import type { Hub } from '../../../../daemon/src/hub/hub.ts'
import type { RegistrySession } from '../../../../daemon/src/hub/registry/session.ts'
import { HubRelay } from '../../../../daemon/src/hub/relay.ts'
import { Dialer } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { deviceId } from '../../../../daemon/src/protocol/ids.ts'
import { RelayOfferedSchema, RelaySchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { startForwarder } from '../../../support/forwarder.ts'
import { hubHome, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { openPort, search, testLog } from '../../../support/links.ts'
import { startProxy } from '../../../support/proxies.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'
import { come, openRelay, type RelayDevice, type TestRelay } from '../../../support/relay.ts'
import { until } from '../../../support/wait.ts'

const quick = { first: 20, fast: 100, fastFor: 60_000, slow: 100 }
const trustedProxies = ['127.0.0.1']
/** A hub of a test that hurries. */
const waits = { reconnect: quick, upgrade: quick }

/** Two hubs whom the registry sees elsewhere, so that it tells nobody their addresses on loopback. */
async function apart(stack: AsyncDisposableStack) {
  const registry = stack.use(await startTestRegistry({ options: { trustedProxies } }))
  const ways = [
    stack.use(await startForwarder(registry, '203.0.113.1')),
    stack.use(await startForwarder(registry, '203.0.113.2')),
  ] as const
  const homes = [stack.use(await hubHome()), stack.use(await hubHome())] as const
  const alice = stack.use(await startTestHub(homes[0], waits))
  const bob = stack.use(await startTestHub(homes[1], waits))
  await signUp(alice, 'alice', registry, ways[0].port)
  await signUp(bob, 'bob', registry, ways[1].port)
  return { registry, ways, homes, alice, bob }
}

function signUp({ hub }: RunningHub, name: string, { registry }: RunningRegistry, port: number) {
  return hub.signUp({ registry: `parley://127.0.0.1:${port}/${registry.id}?v=1`, name, password })
}

const links = (hub: Hub) => {
  const { links, relayed } = hub.status()
  return { links, relayed }
}

/** Whether all of `texts` came, in this order, each once. */
async function hasCome(hub: RunningHub, from: string, texts: readonly string[]) {
  await until('every message', async () => (await hub.texts(from)).length >= texts.length, 20_000)
  assert.deepEqual(await hub.texts(from), texts)
}

describe('hub: the relay', () => {
  it('carries a chat of two who cannot reach each other, both ways', async () => {
    await using stack = new AsyncDisposableStack()
    const { registry, alice, bob } = await apart(stack)
    await alice.say('bob', 'over the relay')
    await hasCome(bob, 'alice', ['over the relay'])
    await bob.say('alice', 'and back')
    await hasCome(alice, 'bob', ['over the relay', 'and back'])
    await until('one link', () => registry.registry.status().relayed === 1)
    assert.deepEqual(
      [links(alice.hub), links(bob.hub)],
      [
        { links: 1, relayed: 1 },
        { links: 1, relayed: 1 },
      ],
    )
    assert.equal(alice.hub.snapshot().conversations[0]?.relayed, true)
  })

  it('gives way to a direct link as soon as there is one, in mid-chat, with nothing lost or doubled', async () => {
    await using stack = new AsyncDisposableStack()
    const { registry, ways, alice, bob } = await apart(stack)
    const said: string[] = []
    let isOver = false
    const talk = (async () => {
      for (let turn = 0; !isOver || turn < 30; turn++) {
        said.push(`message ${turn}`)
        await alice.say('bob', `message ${turn}`)
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    })()
    await until('a relayed link', () => links(alice.hub).relayed === 1)
    // Both are seen on loopback from now on; their relayed link stays.
    for (const way of ways) {
      way.source = 'local'
      way.cut('link')
    }
    await until('a direct link', () => links(alice.hub).relayed === 0 && links(alice.hub).links === 1, 20_000)
    isOver = true
    await talk
    await hasCome(bob, 'alice', said)
    await until('the relay to be left', () => registry.registry.status().relayed === 0)
    assert.deepEqual(links(bob.hub), { links: 1, relayed: 0 })
  })

  it('is come back to after the registry has been away', async () => {
    await using stack = new AsyncDisposableStack()
    const { registry, ways, alice, bob } = await apart(stack)
    await alice.say('bob', 'before')
    await hasCome(bob, 'alice', ['before'])
    const { memory, port } = registry
    await registry[Symbol.asyncDispose]()
    await until('the link to be gone', () => links(alice.hub).links === 0)
    await alice.say('bob', 'meanwhile')
    stack.use(await startTestRegistry({ memory, options: { trustedProxies, listen: [`127.0.0.1:${port}`] } }))
    await hasCome(bob, 'alice', ['before', 'meanwhile'])
    assert.ok(ways[0].open.relay.size > 0)
  })
})

describe('hub: a proxy on the way out', () => {
  it('leads to the registry and its relay, with the name that was given, and not to peers', async () => {
    await using stack = new AsyncDisposableStack()
    const registry = stack.use(await startTestRegistry({ options: { trustedProxies } }))
    const way = stack.use(await startForwarder(registry, '203.0.113.1'))
    const proxy = stack.use(await startProxy())
    proxy.instead = { host: '127.0.0.1', port: way.port }
    const options = { listen: ['127.0.0.1:0'], proxy: proxy.url }
    const [alice, bob] = [
      stack.use(await startTestHub(stack.use(await hubHome()), { ...waits, options })),
      stack.use(await startTestHub(stack.use(await hubHome()), { ...waits, options })),
    ]
    for (const [hub, name] of [
      [alice, 'alice'],
      [bob, 'bob'],
    ] as const) {
      await hub.hub.signUp({ registry: `parley://chat.acme.dev:3131/${registry.registry.id}?v=1`, name, password })
    }
    await alice.say('bob', 'through the proxy')
    await hasCome(bob, 'alice', ['through the proxy'])
    assert.equal(links(alice.hub).relayed, 1)
    // Two links and both ends of a relayed one.
    assert.deepEqual(new Set(proxy.asked.map(({ place }) => place)), new Set(['chat.acme.dev:3131']))
    assert.ok(proxy.asked.length >= 4)
    proxy.refuse = 407
    const carol = stack.use(await startTestHub(stack.use(await hubHome()), { options }))
    await assert.rejects(
      signUp(carol, 'carol', registry, way.port).then(() => carol.hub.probe({ text: 'chat.acme.dev' })),
      {
        code: 'unreachable',
        message: /wants a user name and a password \(407\)/,
      },
    )
  })
})

describe('hub: a relay that lies', () => {
  /** A device with its side of a relay, and the port that takes what comes by it. */
  async function device(stack: AsyncDisposableStack, open: TestRelay, limits = {}) {
    const identity = await createIdentity()
    const links: Link[] = []
    const port = stack.use(
      await openPort(
        link => {
          links.push(link)
          link.handle({ request: async () => ({ case: 'done', value: { $typeName: 'parley.v1.Done' } }) })
        },
        { identity, limits },
      ),
    )
    const dialer = new Dialer({ identity })
    stack.defer(() => dialer.close())
    const known = open.device()
    const hub: { lie(): Uint8Array } = { lie: () => new Uint8Array(0) }
    const session = {
      registry: {
        link: { request: async () => ({ case: 'relay', value: create(RelaySchema, { ticket: hub.lie() }) }) },
      },
    } as unknown as RegistrySession
    const relay = new HubRelay({
      dialer,
      session: () => session,
      place: () => open.at,
      self: { user: () => known.user, device: deviceId(identity.id) },
      mayCome: () => true,
      adopt: (socket, expect) => port.port.adopt(socket, expect),
      log: testLog(),
    })
    stack.defer(() => relay.close())
    return { ...known, identity, id: deviceId(identity.id), links, relay, port: port.port, answers: hub }
  }

  it('connects nobody with another device than the one that was meant, on either side', async () => {
    await using stack = new AsyncDisposableStack()
    const open = stack.use(await openRelay())
    const [alice, bob, mallory] = [
      await device(stack, open),
      await device(stack, open),
      await device(stack, open),
    ] as const
    const offer = offered
    const { signal } = new AbortController()

    // Asked for bob, it connects mallory: alice says nothing to her.
    alice.answers.lie = () => {
      const ticket = open.relay.ask(alice.session, mallory.user, mallory.device)
      mallory.relay.take(offer(mallory, alice.identity.id))
      return ticket
    }
    await assert.rejects(alice.relay.dial(bob.user, bob.id, signal), { code: 'wrong-key', message: /Nothing was sent/ })

    // Told that alice asks, bob is connected with mallory: he answers her nothing.
    mallory.answers.lie = () => {
      const ticket = open.relay.ask(mallory.session, bob.user, bob.device)
      bob.relay.take(offer(bob, alice.identity.id))
      return ticket
    }
    const link = await mallory.relay.dial(bob.user, bob.id, signal)
    await assert.rejects(link.request(search('hello')), { code: 'closed' })
    assert.deepEqual([bob.links.length, bob.port.counts.untrusted], [0, 1])

    // And when it tells the truth they are linked, with no address of each other.
    alice.answers.lie = () => {
      const ticket = open.relay.ask(alice.session, bob.user, bob.device)
      bob.relay.take(offer(bob, alice.identity.id))
      return ticket
    }
    const good = await alice.relay.dial(bob.user, bob.id, signal)
    await good.request(search('hello'))
    assert.deepEqual([good.relayed, bob.links[0]?.relayed, good.remoteAddress], [true, true, ''])
  })

  it('is refused where it gives no ticket, one that is worth nothing, or answers with something else', async () => {
    await using stack = new AsyncDisposableStack()
    const open = stack.use(await openRelay())
    const alice = await device(stack, open)
    const { signal } = new AbortController()
    await assert.rejects(alice.relay.dial(alice.user, alice.id, signal), { code: 'bad-frame' })
    alice.answers.lie = () => new Uint8Array(16)
    await assert.rejects(alice.relay.dial(alice.user, alice.id, signal), { code: 'closed' })
    await assert.rejects(alice.relay.dial(alice.user, alice.id, AbortSignal.abort(new Error('no more'))), /no more/)
  })

  it('keeps nobody waiting who has come by it and says no hello', async () => {
    await using stack = new AsyncDisposableStack()
    const open = stack.use(await openRelay())
    const bob = await device(stack, open, { handshake: 200 })
    const stranger = open.device()
    const ticket = open.relay.ask(stranger.session, bob.user, bob.device)
    bob.relay.take(
      offered(
        bob,
        bob.identity.id.map(byte => byte ^ 1),
      ),
    )
    const socket = await come(open.at, ticket)
    await new Promise(resolve => socket.resume().once('close', resolve))
    assert.equal(bob.port.counts.late, 1)
  })

  it('makes no hub open more than a few connections, however much it offers', async () => {
    await using stack = new AsyncDisposableStack()
    const open = stack.use(await openRelay())
    const bob = await device(stack, open)
    for (let turn = 0; turn < 200; turn++) {
      const asker = Buffer.alloc(32)
      asker.writeUInt16BE(turn)
      bob.relay.take(
        create(RelayOfferedSchema, { ticket: new Uint8Array(16), user: new Uint8Array(16), device: asker }),
      )
    }
    await until('all to be refused', () => open.relay.counts.strange === 16)
    assert.equal(open.connections(), 0)
  })
})

/** The offer that came last, as if the device `as` had asked. */
function offered({ offers }: RelayDevice, as: Uint8Array) {
  const { ticket = new Uint8Array(0), user = new Uint8Array(0) } = offers.at(-1) ?? {}
  return create(RelayOfferedSchema, { ticket, user, device: as })
}
