import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { People } from '../../../../../daemon/src/hub/people.ts'
import { Statements, type StatementsOptions } from '../../../../../daemon/src/hub/rooms/statements.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { fromText, type UserId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import {
  AskStatementsSchema,
  LookedUpSchema,
  PersonStatementsSchema,
  type Reply,
  type Signed,
  StatementsSchema,
} from '../../../../../daemon/src/protocol/parley_pb.ts'
import { openMemoryStorage } from '../../../../../plugins/storage-memory/src/index.ts'
import { RecordedLog } from '../../../../support/recorded-log.ts'
import {
  makeKey,
  makePerson,
  makeRegistry,
  type TestPerson,
  type TestRegistry,
} from '../../../../support/statements.ts'

const now = 1_790_000_000_000
const day = 24 * 3_600_000

describe('who asks for the statements of people', () => {
  it('is told of those who share a room with them, of themselves, and of nobody else', async () => {
    const it = await bobsHub()
    const [alice, carol] = [it.person('alice'), it.person('carol')]
    for (const each of [alice, carol]) await it.keep(each)
    const asked = (asker: UserId, ...about: UserId[]) => {
      const { people } = it.statements.answer(asker, ask(...about.map(fromText)))
      return people.map(({ attestation }) => userOf(it, attestation))
    }
    assert.deepEqual(asked(carol.user, alice.user), [])
    assert.deepEqual(asked(carol.user, carol.user), [carol.user])
    it.sharing.add(`${carol.user} ${alice.user}`)
    assert.deepEqual(asked(carol.user, alice.user, it.person('unknown').user), [alice.user])
  })

  it('of too many at once, or by what is no id, is refused', async () => {
    const it = await bobsHub()
    const many = Array.from({ length: limits.statementsAsked + 1 }, () => randomBytes(16))
    assert.throws(() => it.statements.answer(it.self, ask(...many)), { code: 'bad-frame' })
    for (const size of [0, 15, 17, 32, 1000]) {
      assert.throws(() => it.statements.answer(it.self, ask(randomBytes(size))), { code: 'bad-frame' })
    }
    const same = Array.from({ length: limits.statementsAsked }, () => fromText(it.self))
    assert.ok(it.statements.answer(it.self, ask(...same)).people.length <= limits.statementsAnswered)
  })
})

describe('the statements of people that a peer tells', () => {
  const bad: Record<string, (alice: TestPerson, registry: TestRegistry) => { attestation?: Signed; roster?: Signed }> =
    {
      'that another registry has signed': alice => ({
        attestation: alice.attest({}, makeRegistry().privateKey),
        roster: alice.listDevices(),
      }),
      'of another registry': alice => ({
        attestation: alice.attest({ registry: makeRegistry().id }),
        roster: alice.listDevices(),
      }),
      'with devices that their account key has not signed': alice => ({
        attestation: alice.attest(),
        roster: alice.listDevices({}, makeKey().privateKey),
      }),
      'with the devices of somebody else': (alice, registry) => ({
        attestation: alice.attest(),
        roster: makePerson(registry, 'mallory', now).listDevices(),
      }),
      'with an altered signature': alice => {
        const attestation = alice.attest()
        return { attestation: { ...attestation, signature: randomBytes(64) }, roster: alice.listDevices() }
      },
      'that have no devices': alice => ({ attestation: alice.attest() }),
      'that are empty': () => ({}),
    }

  for (const [what, make] of Object.entries(bad)) {
    it(`${what} are not taken, and what is good beside them and after them is`, async () => {
      const it = await bobsHub()
      const [alice, carol] = [it.person('alice'), it.person('carol')]
      it.peers.push(() => [carol.told(), make(alice, it.registry), carol.told()])
      await it.statements.meet([alice.user, carol.user])
      assert.deepEqual([it.knows(alice), it.knows(carol)], [false, true])
      it.now += limits.statementsAgain
      it.peers.splice(0, 1, () => [alice.told()])
      await it.statements.meet([alice.user])
      assert.ok(it.knows(alice))
    })
  }

  it('nobody asked for are not taken', async () => {
    const it = await bobsHub()
    const [alice, mallory] = [it.person('alice'), it.person('mallory')]
    it.peers.push(() => [mallory.told()])
    await it.statements.meet([alice.user])
    assert.deepEqual([it.knows(alice), it.knows(mallory)], [false, false])
  })

  it('that have expired are taken, for whose words some are, and are not let in by', async () => {
    const it = await bobsHub()
    const alice = it.person('alice')
    const attestation = alice.attest({ issued: now - 9 * day, expires: now - 2 * day })
    it.peers.push(() => [{ attestation, roster: alice.listDevices() }])
    await it.statements.meet([alice.user])
    assert.ok(it.knows(alice))
    assert.throws(() => it.people.judge(attestation, alice.listDevices()), { code: 'attestation-expired' })
  })

  it('are looked at up to a number, whatever it sends', async () => {
    const it = await bobsHub()
    const alice = it.person('alice')
    let read = 0
    const people = new Proxy(it.people, {
      get: (of, key) => {
        if (key === 'read') read++
        const value = Reflect.get(of, key, of)
        return typeof value === 'function' ? value.bind(of) : value
      },
    })
    const statements = it.statementsOf({ people })
    const forged = { attestation: alice.attest({}, alice.account.privateKey) }
    it.peers.push(() => Array.from({ length: 5000 }, () => forged))
    await statements.meet([alice.user])
    assert.ok(read <= limits.statementsAnswered, `${read} were read`)
  })

  it('are asked of others when one says something else, fails or says nothing, and then of the registry', async () => {
    const it = await bobsHub()
    const alice = it.person('alice')
    it.peers.push(
      () => 'another answer',
      () => {
        throw new Error('gone')
      },
      () => [],
      () => assert.fail('more are asked than may be'),
    )
    it.registered.set(alice.user, alice.told())
    await it.statements.meet([alice.user])
    assert.equal(it.asked, limits.statementsAskedOf)
    assert.ok(it.knows(alice))
  })

  it('of people who cannot be found are not looked for again at once', async () => {
    const it = await bobsHub()
    it.peers.push(() => [])
    const nobody = it.person('nobody').user
    await it.statements.meet([nobody])
    await it.statements.meet([nobody])
    assert.deepEqual([it.asked, it.lookedUp], [1, 1])
    it.now += limits.statementsAgain
    await it.statements.meet([nobody])
    assert.deepEqual([it.asked, it.lookedUp], [2, 2])
  })

  it('of an earlier account key are taken with the devices that there were, and with none that a thief of it adds', async () => {
    const it = await bobsHub()
    const old = it.person('alice')
    const key = makeKey()
    const present = old.attest({ accountKey: key.spki, generation: 2, issued: now, denied: new Set([old.device.id]) })
    const begun = { generation: 2, devices: [{ key: makeKey().spki, name: 'new', added: now }] }
    await it.people.keep(it.people.judge(present, old.listDevices(begun as never, key.privateKey)))
    const thief = makeKey()
    const devices = [...old.roster.devices, { key: thief.spki, name: 'thief', added: now }]
    it.peers.push(() => [{ attestation: old.attest(), roster: old.listDevices({ version: 7, devices } as never) }])
    await it.statements.meet([old.user])
    assert.equal(it.people.past.ofDevice(old.device.id), undefined)
    it.now += limits.statementsAgain
    it.peers.splice(0, 1, () => [old.told()])
    await it.statements.meet([old.user])
    assert.equal(it.people.past.ofDevice(old.device.id)?.user, old.user)
    assert.deepEqual(it.learnt, [old.user])
  })
})

type Told = { readonly attestation?: Signed; readonly roster?: Signed }

/** Bob's hub as far as it looks for people, linked to peers that answer as a test has them answer. */
async function bobsHub() {
  const registry = makeRegistry()
  const self = userId(randomBytes(16))
  const people = await People.open(openMemoryStorage(), {
    registry: registry.id,
    registryKey: registry.spki,
    now: () => now,
  })
  const it = {
    registry,
    self,
    people,
    /** What each peer answers. */
    peers: [] as (() => Told[] | string)[],
    registered: new Map<UserId, Told>(),
    sharing: new Set<string>(),
    learnt: [] as UserId[],
    asked: 0,
    lookedUp: 0,
    now: 0,
    log: new RecordedLog(),
    knows: ({ user }: TestPerson) => people.get(user) !== undefined,
    keep: (person: TestPerson) => people.keep(people.judge(person.attest(), person.listDevices())),
    person: (name: string) => {
      const person = makePerson(registry, name, now)
      return { ...person, told: (): Told => ({ attestation: person.attest(), roster: person.listDevices() }) }
    },
    statementsOf: (changes: Partial<StatementsOptions> = {}) => new Statements({ ...options, ...changes }),
    statements: undefined as unknown as Statements,
  }
  const options: StatementsOptions = {
    people,
    self: () => ({ user: self, generation: 1, denied: new Set() }),
    links: () =>
      it.peers.map(answer => ({
        request: async (): Promise<Reply['is']> => {
          it.asked++
          const told = answer()
          if (typeof told === 'string') return { case: undefined }
          const value = create(StatementsSchema, { people: told.map(each => create(PersonStatementsSchema, each)) })
          return { case: 'statements', value }
        },
      })),
    session: () => ({
      lookUp: async who => {
        it.lookedUp++
        const found = 'user' in who ? it.registered.get(who.user) : undefined
        return create(LookedUpSchema, found ?? {})
      },
    }),
    shareRoom: (asker, about) => it.sharing.has(`${asker} ${about}`),
    learnt: user => it.learnt.push(user),
    now: () => it.now,
    log: it.log,
  }
  it.statements = it.statementsOf()
  return it
}

function ask(...users: Uint8Array[]) {
  return create(AskStatementsSchema, { users: users.map(user => new Uint8Array(user)) })
}

function userOf({ people }: { people: People }, attestation: Signed | undefined): UserId | undefined {
  return [...people.all()].find(person => person.attestation === attestation)?.user
}
