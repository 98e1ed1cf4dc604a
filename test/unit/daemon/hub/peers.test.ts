import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ParleyError } from '../../../../daemon/src/errors.ts'
import { Admission } from '../../../../daemon/src/hub/admission.ts'
import type { PeerLink } from '../../../../daemon/src/hub/conversations/types.ts'
import { Door } from '../../../../daemon/src/hub/door.ts'
import { helloTo, type Self } from '../../../../daemon/src/hub/peer-hello.ts'
import { chosen, Peers } from '../../../../daemon/src/hub/peers.ts'
import { People } from '../../../../daemon/src/hub/people.ts'
import { ask } from '../../../../daemon/src/hub/registry/open.ts'
import { Dialer } from '../../../../daemon/src/net/dial.ts'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { deviceId, fromText, type UserId } from '../../../../daemon/src/protocol/ids.ts'
import { type Event, type PeerHello, PeerHelloSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { openMemoryStorage } from '../../../../plugins/storage-memory/src/index.ts'
import { alpn, numbered, numberOf, openPort, search, testLog, within } from '../../../support/links.ts'
import { makeKey, makePerson, makeRegistry, type TestPerson, type TestRegistry } from '../../../support/statements.ts'

const hour = 3600_000

describe('hub: peers', () => {
  it('links two hubs that share a registry, and hands on what each says to the other', async () => {
    await using two = await twoHubs()
    await two.bob.reach(two.alice)
    assert.deepEqual([two.alice.links[0]?.name, two.bob.links[0]?.name], ['bob', 'alice'])
    const heard = two.alice.heard()
    await two.bob.links[0]?.send(numbered(7))
    assert.equal(numberOf(await heard), 7)
  })

  describe('answers "stranger", and nothing more, to', () => {
    const lies: Record<string, (hello: PeerHello, two: TwoHubs) => Partial<PeerHello>> = {
      'another version': () => ({ versions: [2] }),
      'a hello that means another device': () => ({ expected: randomBytes(32) }),
      'a hello of another registry': () => ({ registry: fromText(makeRegistry().id) }),
      'no attestation': hello => ({ ...without(hello, 'attestation') }),
      'no roster': hello => ({ ...without(hello, 'roster') }),
      'an attestation that another key signed': (_, { bob }) => ({
        attestation: bob.person.attest({}, makeKey().privateKey),
      }),
      'an expired attestation': (_, { bob }) => {
        const now = Date.now()
        return { attestation: bob.person.attest({ issued: now - 2 * hour, expires: now - hour }) }
      },
      'a device that the registry denies': (_, { bob }) => ({
        attestation: bob.person.attest({ denied: new Set([bob.person.device.id]) }),
      }),
      'a roster that another key signed': (_, { bob }) => ({
        roster: bob.person.listDevices({}, makeKey().privateKey),
      }),
      'a roster without the device': (_, { bob }) => ({
        roster: bob.person.listDevices({ devices: [{ ...device(makeKey().spki), id: bob.person.device.id }] }),
      }),
      'a roster of another account key': (_, { bob }) => ({ roster: bob.person.listDevices({ generation: 2 }) }),
      'the statements of somebody else': (_, { registry }) => {
        const carol = makePerson(registry, 'carol', Date.now())
        return { attestation: carol.attest(), roster: carol.listDevices() }
      },
      'its own statements': (_, { alice }) => ({ attestation: alice.self.attestation, roster: alice.self.roster }),
    }
    for (const [what, lie] of Object.entries(lies)) {
      it(what, async () => {
        await using two = await twoHubs()
        const link = await two.bob.dial(two.alice)
        const honest = helloTo(link.peerId, two.bob.self)
        const failure = await refusedHello(link, create(PeerHelloSchema, { ...honest, ...lie(honest, two) }))
        assert.deepEqual([failure.code, failure.message], ['stranger', 'This hub does not know you.'])
        await within('the end of the link', link.closed)
        assert.deepEqual(two.alice.links, [])
      })
    }

    it('an older roster than one that it has seen, also after a restart', async () => {
      await using two = await twoHubs()
      two.bob.self = { ...two.bob.self, roster: two.bob.person.listDevices({ version: 2 }) }
      await two.bob.reach(two.alice)
      await two.alice.restart()
      const link = await two.bob.dial(two.alice)
      const old = { ...two.bob.self, roster: two.bob.person.listDevices({ version: 1 }) }
      assert.equal((await refusedHello(link, helloTo(link.peerId, old))).code, 'stranger')
      const judge = () => two.alice.people.judge(old.attestation, old.roster)
      assert.throws(judge, { code: 'roster-rollback', message: /version 1, though version 2 is known/ })
    })

    it('another device of its own person, which is not for this version', async () => {
      await using two = await twoHubs()
      const { person, self } = two.alice
      const devices = [person.device, two.bob.person.device].map(({ id, spki }) => ({ ...device(spki), id }))
      const link = await two.bob.dial(two.alice)
      const own = { ...self, roster: person.listDevices({ version: 2, devices }) }
      assert.equal((await refusedHello(link, helloTo(link.peerId, own))).code, 'stranger')
    })

    it('a second roster of the same version', async () => {
      await using two = await twoHubs()
      await two.bob.reach(two.alice)
      two.bob.close()
      const devices = [{ ...device(two.bob.person.device.spki), id: two.bob.person.device.id, name: 'another name' }]
      const link = await two.bob.dial(two.alice)
      const forked = { ...two.bob.self, roster: two.bob.person.listDevices({ devices }) }
      assert.equal((await refusedHello(link, helloTo(link.peerId, forked))).code, 'stranger')
    })

    it('another account key under the same number', async () => {
      await using two = await twoHubs()
      await two.bob.reach(two.alice)
      two.bob.close()
      const { spki, privateKey } = makeKey()
      const link = await two.bob.dial(two.alice)
      const other = {
        ...two.bob.self,
        attestation: two.bob.person.attest({ accountKey: spki, issued: Date.now() }),
        roster: two.bob.person.listDevices({}, privateKey),
      }
      assert.equal((await refusedHello(link, helloTo(link.peerId, other))).code, 'stranger')
    })

    it('whoever asks for anything before hello', async () => {
      await using two = await twoHubs()
      const link = await two.bob.dial(two.alice)
      await assert.rejects(link.request(search('alice')), { code: 'stranger' })
      await within('the end of the link', link.closed)
    })

    it('whoever tells anything before hello, at once', async () => {
      await using two = await twoHubs()
      const link = await two.bob.dial(two.alice)
      await link.send(numbered(1))
      await within('the end of the link', link.closed, 2_000)
    })

    it('everybody while signed out', async () => {
      await using two = await twoHubs()
      two.alice.isSignedOut = true
      const link = await two.bob.dial(two.alice)
      assert.equal((await refusedHello(link, helloTo(link.peerId, two.bob.self))).code, 'stranger')
    })
  })

  it('tells its log once of each kind of stranger from one address, and then no more', async () => {
    await using two = await twoHubs()
    const knock = async (lie: Partial<PeerHello>) => {
      const link = await two.bob.dial(two.alice)
      const hello = create(PeerHelloSchema, { ...helloTo(link.peerId, two.bob.self), ...lie })
      assert.equal((await refusedHello(link, hello)).code, 'stranger')
    }
    for (let times = 0; times < 5; times++) await knock({ expected: randomBytes(32) })
    assert.equal(two.alice.logged.length, 1)
    await knock({ roster: two.alice.self.roster })
    assert.equal(two.alice.logged.length, 2)
  })

  it('refuses, as the one who dials, a listener whose own hello does not hold', async () => {
    await using two = await twoHubs()
    const registry = makeRegistry()
    two.alice.self = { ...two.alice.self, roster: two.alice.person.listDevices({}, makeKey().privateKey) }
    await assert.rejects(two.bob.reach(two.alice), { code: 'bad-signature' })
    two.alice.self = { ...two.alice.self, registry: registry.id }
    await assert.rejects(two.bob.reach(two.alice), { code: 'stranger' })
    assert.deepEqual(two.bob.links, [])
  })

  it('refuses a listener that proves its device but is not the person that was dialled', async () => {
    await using two = await twoHubs()
    const link = await two.bob.dial(two.alice)
    const carol = makePerson(two.registry, 'carol', Date.now())
    await assert.rejects(two.bob.peers.greet(link, carol.user), { code: 'stranger' })
    assert.equal(two.bob.people.get(two.alice.person.user), undefined, 'nor lets them in as somebody else')
  })

  it('tells somebody why, who gets no link because there are as many as one keeps', async () => {
    await using two = await twoHubs()
    const { people } = two.alice
    two.alice.admission = new Admission({
      ...{ people, peers: () => ({ count: 1, linked: new Set(), devicesOf: () => [], cut: () => {} }) },
      freshness: () => ({ check: async () => undefined }),
      isBlocked: () => false,
      lastSaid: () => 0,
      most: 1,
    })
    await assert.rejects(two.bob.reach(two.alice), { code: 'busy', message: /as many links as it keeps/ })
    assert.deepEqual([two.alice.links, two.bob.links], [[], []])
  })

  it('exchanges nothing when the clocks are more than 10 minutes apart, and tells both', async () => {
    await using two = await twoHubs()
    const ahead = { ...two.bob.self, now: () => Date.now() + 11 * 60_000 }
    two.bob.self = ahead
    await assert.rejects(two.bob.reach(two.alice), { code: 'clock' })
    assert.match(two.alice.clock.get(two.bob.person.user) ?? '', /clock of bob .* 11 minutes apart/)
    assert.match(two.bob.clock.get(two.alice.person.user) ?? '', /clocks .* more than 10 minutes apart/)
    assert.deepEqual([two.alice.links, two.bob.links], [[], []])
    two.bob.self = { ...ahead, now: () => Date.now() + 9 * 60_000 }
    await two.bob.reach(two.alice)
    assert.equal(two.alice.clock.size + two.bob.clock.size, 0)
  })

  it('cuts a live link when the registry denies its device', async () => {
    await using two = await twoHubs()
    await two.bob.reach(two.alice)
    const denied = new Set([two.bob.person.device.id])
    const { people, peers } = two.alice
    const person = people.judge(two.bob.person.attest({ denied, issued: Date.now() }), two.bob.self.roster)
    peers.recheck(await people.keep(person))
    assert.equal(peers.count, 0)
    assert.equal(two.alice.links[0]?.signal.aborted, true)
  })

  it('takes a new account key only under a new number, and tells', async () => {
    await using two = await twoHubs()
    await two.bob.reach(two.alice)
    const { people } = two.alice
    const told: [string, number | undefined][] = []
    people.watch((person, before) => told.push([person.name, before?.attested.generation]))
    const { spki, privateKey } = makeKey()
    const attestation = two.bob.person.attest({ accountKey: spki, generation: 2 })
    const roster = two.bob.person.listDevices({ generation: 2 }, privateKey)
    await people.keep(people.judge(attestation, roster))
    assert.deepEqual(told, [['bob', 1]])
    assert.throws(() => people.judge(two.bob.self.attestation, two.bob.self.roster), { code: 'roster-rollback' })
  })

  it('keeps one link when both dial at once', async () => {
    await using two = await twoHubs()
    await Promise.allSettled([two.bob.reach(two.alice), two.alice.reach(two.bob)])
    const alive = ({ links }: TestHub) => links.filter(({ signal }) => !signal.aborted)
    const settled = () => alive(two.alice).length === 1 && alive(two.bob).length === 1
    while (!settled()) await within('one link to stay', two.changed())
    const isAliceLower = Buffer.compare(fromText(two.alice.self.device), fromText(two.bob.self.device)) < 0
    const isOutbound = [...two.alice.all].find(link => link.signal === alive(two.alice)[0]?.signal)?.outbound
    assert.equal(isOutbound, isAliceLower)
  })

  it('chooses the same of two links on both sides', () => {
    const id = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(id, id, fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), (a, b, olderByA, newerByA, r, s) => {
        fc.pre(Buffer.compare(a, b) !== 0)
        const seen = (byA: boolean, name: string, side: 'a' | 'b', relayed: boolean) => {
          return { name, outbound: byA === (side === 'a'), peerId: side === 'a' ? b : a, relayed }
        }
        const choice = (side: 'a' | 'b') => {
          const older = seen(olderByA, 'older', side, r)
          const newer = seen(newerByA, 'newer', side, s)
          return chosen<typeof older>(older, newer, deviceId(side === 'a' ? a : b)).name
        }
        assert.equal(choice('a'), choice('b'))
        const lowerDialledNewer = newerByA === Buffer.compare(a, b) < 0
        // A direct link stays whoever dialled it.
        if (r !== s) assert.equal(choice('a'), r ? 'newer' : 'older')
        else assert.equal(choice('a'), olderByA === newerByA || lowerDialledNewer ? 'newer' : 'older')
      }),
    )
  })
})

interface TestHub {
  readonly person: TestPerson
  readonly all: Link[]
  self: Self & { readonly user: UserId }
  isSignedOut: boolean
  people: People
  peers: Peers
  readonly links: PeerLink[]
  admission: Admission | undefined
  readonly clock: Map<UserId, string>
  /** Lines of its log that are shown unless more are asked for. */
  readonly logged: string[]
  heard(): Promise<Event['is']>
  dial(other: TestHub): Promise<Link>
  reach(other: TestHub): Promise<void>
  restart(): Promise<void>
  close(): void
  readonly at: { host: string; port: number }
}

interface TwoHubs extends AsyncDisposable {
  readonly registry: TestRegistry
  readonly alice: TestHub
  readonly bob: TestHub
  changed(): Promise<void>
}

async function twoHubs(): Promise<TwoHubs> {
  const registry = makeRegistry()
  const stack = new AsyncDisposableStack()
  let change = Promise.withResolvers<void>()
  const onChange = () => {
    change.resolve()
    change = Promise.withResolvers()
  }
  const alice = await testHub(registry, 'alice', stack, onChange)
  const bob = await testHub(registry, 'bob', stack, onChange)
  return { registry, alice, bob, changed: () => change.promise, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function testHub(registry: TestRegistry, name: string, stack: AsyncDisposableStack, onChange: () => void) {
  const person = makePerson(registry, name, Date.now())
  const identity = await createIdentity(person.device.privateKey)
  const storage = openMemoryStorage()
  const trust = { registry: registry.id, registryKey: registry.spki, now: Date.now }
  const dialer = stack.adopt(new Dialer({ identity }), dialer => dialer.close())
  const links: PeerLink[] = []
  const logged: string[] = []
  const all: Link[] = []
  const listeners: ((is: Event['is']) => void)[] = []
  const log = { ...testLog(), info: (_: object, text?: string) => void logged.push(text ?? '') }
  const door = new Door({ peersOf: () => hub.peers, log })
  const take = (link: Link) => {
    all.push(link)
    door.take(link)
  }
  const { at } = stack.use(await openPort(take, { identity }))
  const attach = (link: PeerLink) => {
    links.push(link)
    link.signal.addEventListener('abort', onChange)
    onChange()
    return { event: async (is: Event['is']) => listeners.shift()?.(is) }
  }
  const open = async () => {
    const people = await People.open(storage, trust)
    const peers = new Peers({
      self: () => (hub.isSignedOut ? undefined : hub.self),
      people,
      attach,
      log,
      onLink: onChange,
      admit: async (person, link, hello) => (await hub.admission?.admit(person, link, hello)) ?? person,
      onClock: (user, why) => (why ? hub.clock.set(user, why) : hub.clock.delete(user)),
    })
    Object.assign(hub, { people, peers })
  }
  const self = {
    registry: registry.id,
    user: person.user,
    device: person.device.id,
    attestation: person.attest(),
    roster: person.listDevices(),
    now: Date.now,
  }
  const dial = async (other: TestHub) => {
    const link = await dialer.dial({ ...other.at, alpn, expect: fromText(other.person.device.id) })
    all.push(link)
    return link
  }
  const hub: TestHub = {
    ...({} as Pick<TestHub, 'people' | 'peers'>),
    person,
    all,
    self,
    isSignedOut: false,
    links,
    admission: undefined,
    clock: new Map(),
    logged,
    at,
    heard: () => within('an event', new Promise(resolve => listeners.push(resolve))),
    dial,
    reach: async other => void (await hub.peers.greet(await dial(other), other.person.user)),
    restart: open,
    close: () => hub.peers.closeAll('done'),
  }
  await open()
  return hub
}

async function refusedHello(link: Link, hello: PeerHello): Promise<ParleyError> {
  try {
    await ask(link, { case: 'peerHello', value: hello }, 'peerHello')
  } catch (error) {
    if (error instanceof ParleyError) return error
    throw error
  }
  return assert.fail('the hello was answered')
}

function without(hello: PeerHello, field: 'attestation' | 'roster'): Partial<PeerHello> {
  const { [field]: _, ...rest } = hello
  return { ...rest, [field]: undefined as never }
}

function device(key: Uint8Array) {
  return { key, name: 'laptop', added: Date.now() }
}
