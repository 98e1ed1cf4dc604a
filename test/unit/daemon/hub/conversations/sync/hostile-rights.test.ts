import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { RoomMembers } from '../../../../../../daemon/src/hub/conversations/membership/room-members.ts'
import { checkRights, type RightsGround } from '../../../../../../daemon/src/hub/conversations/sync/rights.ts'
import { limits } from '../../../../../../daemon/src/limits.ts'
import { timeOf } from '../../../../../../daemon/src/protocol/clock.ts'
import { readHeader } from '../../../../../../daemon/src/protocol/entries.ts'
import {
  type ConversationId,
  type DeviceId,
  deviceId,
  fromText,
  messageId,
  toText,
} from '../../../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair, idOfKey } from '../../../../../../daemon/src/protocol/keys.ts'
import { signMark } from '../../../../../../daemon/src/protocol/marks.ts'
import { type ActBody, encodeAct, kindOf } from '../../../../../../daemon/src/protocol/membership-bodies.ts'
import {
  type Entry,
  MarksSchema,
  ResumedSchema,
  ResumeSchema,
  RightsEntriesSchema,
  RightsSchema,
} from '../../../../../../daemon/src/protocol/parley_pb.ts'
import { BarePeer, type Sealed, seal } from '../../../../../support/bare-peer.ts'
import { connect, Home, keyring, type Person, person, registry } from '../../../../../support/conversations.ts'
import { RoomPerson } from '../../../../../support/rooms.ts'
import { until } from '../../../../../support/wait.ts'

const day = 24 * 3_600_000

describe('what a hostile member says about a room', () => {
  const open: (() => unknown)[] = []

  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  const bad: Record<string, { code: string; make: (scene: Scene) => Entry }> = {
    'is signed by somebody else': {
      code: 'bad-signature',
      make: scene => {
        const other = { ...scene.mallory.account, privateKey: person('x').account.privateKey }
        return scene.act({ ...scene.mallory, account: other }, { is: 'joining' }).entry
      },
    },
    'is not signed': {
      code: 'bad-signature',
      make: scene => ({ ...scene.act(scene.mallory, { is: 'joining' }).entry, signature: new Uint8Array(0) }),
    },
    'has other words than were signed': {
      code: 'forged',
      make: scene => {
        const { entry } = scene.act(scene.mallory, { is: 'joining' })
        return { ...entry, body: scene.act(scene.mallory, { is: 'joining' }).entry.body }
      },
    },
    'has no words': {
      code: 'forged',
      make: scene => {
        const { entry } = scene.act(scene.mallory, { is: 'joining' })
        return { ...entry, salt: new Uint8Array(0), body: new Uint8Array(0) }
      },
    },
    'is about another room': {
      code: 'forged',
      make: scene =>
        scene.act(scene.mallory, { is: 'joining' }, { room: toText(randomBytes(32)) as ConversationId }).entry,
    },
    'is no word about members at all': {
      code: 'forged',
      make: scene => seal(scene.mallory, scene.room, 'a text').entry,
    },
    'is dated a day ahead': {
      code: 'clock',
      make: scene => scene.act(scene.mallory, { is: 'joining' }, { time: timeOf(Date.now() + day) }).entry,
    },
    'comes from somebody whom nobody has invited': {
      code: 'stranger',
      make: scene => scene.act(person('nobody'), { is: 'joining' }).entry,
    },
    'comes from a device that nobody knows': {
      code: 'stranger',
      make: scene => {
        const { privateKey, spki } = generateKeyPair()
        const account = { ...scene.mallory.account, privateKey, spki, device: deviceId(idOfKey(spki)) }
        return scene.act({ ...scene.mallory, account }, { is: 'joining' }).entry
      },
    },
    'builds on what there is not': {
      code: 'conflict',
      make: scene => scene.act(scene.mallory, { is: 'joining' }, { rights: [new Uint8Array(32).fill(9)] }).entry,
    },
    'is larger than an entry may be': {
      code: 'forged',
      make: scene => ({
        ...scene.act(scene.mallory, { is: 'joining' }).entry,
        header: new Uint8Array(limits.header + 1),
      }),
    },
    'cannot be read': {
      code: 'bad-frame',
      make: scene => ({ ...scene.act(scene.mallory, { is: 'joining' }).entry, header: Uint8Array.of(255, 255) }),
    },
  }

  for (const [what, { code, make }] of Object.entries(bad)) {
    it(`and which ${what} is not held, told and logged once, and the next ten words count`, async () => {
      const scene = await begin()
      const entry = make(scene)
      const before = scene.held.length
      await scene.says(entry)
      await scene.says(entry)
      const { value } = await scene.peer.hear('refuse')
      assert.equal(value.code, code)
      assert.equal(scene.warnings.length, 1)
      assert.equal(scene.held.length, before)
      const guests = Array.from({ length: 10 }, (_, number) => person(`guest ${number}`))
      const invitations = guests.map(({ user }) => scene.act(scene.mallory, { is: 'invitation', user, from: [] }).entry)
      await scene.says(entry, ...invitations)
      for (const guest of guests) assert.equal(scene.bob.standing(scene.room, guest), 'invited')
      assert.equal(scene.held.length, before + 10)
    })
  }

  it('without the right to is held by all and changes nothing', async () => {
    const scene = await begin()
    const carol = person('carol')
    await scene.bob.invite(scene.room, carol)
    await scene.says(
      scene.act(scene.mallory, { is: 'change', name: 'Mine' }).entry,
      scene.act(scene.mallory, { is: 'role', user: scene.mallory.user, role: 'admin' }).entry,
      scene.act(scene.mallory, { is: 'removal', user: scene.home.person.user, cut: [] }).entry,
      scene.act(scene.mallory, { is: 'removal', user: carol.user, cut: [] }).entry,
    )
    assert.deepEqual([scene.membership.name, scene.membership.members.length], ['Tea', 2])
    assert.equal(scene.bob.standing(scene.room, scene.mallory), 'member')
    assert.equal(scene.bob.standing(scene.room, carol), 'invited')
  })

  it('a thousandfold is told and logged a few times, and what is good among it counts', async () => {
    const scene = await begin()
    const guest = person('guest')
    const { entry } = scene.act(scene.mallory, { is: 'invitation', user: guest.user, from: [] })
    const many = Array.from({ length: 1000 }, (_, number) => ({
      ...scene.act(scene.mallory, { is: 'joining' }, { time: timeOf(Date.now(), number) }).entry,
      signature: new Uint8Array(64),
    }))
    await scene.says(...many.slice(500), entry, ...many.slice(0, 500))
    assert.equal(scene.bob.standing(scene.room, guest), 'invited')
    assert.equal(scene.warnings.length, limits.refusals)
    const told = () => scene.peer.heard.filter(({ case: heard }) => heard === 'refuse').length
    await until('all is told', () => told() === limits.refusals)
  })

  it('to hold of it, in hashes of any number and size, is answered as often as it listens', async () => {
    const scene = await begin()
    const listening = Promise.withResolvers<void>()
    scene.peer.hold = listening.promise
    const hashes = Array.from({ length: 20_000 }, (_, number) => randomBytes(number % 40))
    const value = create(RightsSchema, { conversation: fromText(scene.room), hashes })
    for (let count = 0; count < 200; count++) await scene.peer.say({ case: 'rights', value })
    listening.resolve()
    await scene.peer.hear('rights')
    const answers = scene.peer.heard.filter(({ case: heard }) => heard === 'rightsEntries').length
    assert.ok(answers > 0 && answers < 5, `${answers} answers`)
    const guest = person('guest')
    await scene.says(scene.act(scene.mallory, { is: 'invitation', user: guest.user, from: [] }).entry)
    assert.equal(scene.bob.standing(scene.room, guest), 'invited')
  })

  it('by the names of rooms that there are not is asked about a few times only', async () => {
    const scene = await begin()
    for (let page = 0; page < 4; page++) {
      const conversations = Array.from({ length: 100 }, () => create(ResumedSchema, { conversation: randomBytes(32) }))
      await scene.peer.say({ case: 'resume', value: create(ResumeSchema, { conversations }) })
    }
    const asked = () => scene.peer.heard.filter(({ case: heard }) => heard === 'rights').length
    await until('all is asked', () => asked() >= limits.unknownConversations)
    await scene.peer.say({ case: 'rights', value: create(RightsSchema, { conversation: fromText(scene.room) }) })
    await scene.peer.hear('rightsEntries')
    assert.equal(asked(), limits.unknownConversations)
  })

  it('by the names of rooms that there are not, again and again, is asked about as often as it listens', async () => {
    const scene = await begin()
    const listening = Promise.withResolvers<void>()
    scene.peer.hold = listening.promise
    const conversations = Array.from({ length: 20 }, () => create(ResumedSchema, { conversation: randomBytes(32) }))
    for (let count = 0; count < 200; count++) {
      await scene.peer.say({ case: 'resume', value: create(ResumeSchema, { conversations }) })
    }
    listening.resolve()
    await scene.peer.say({ case: 'rights', value: create(RightsSchema, { conversation: fromText(scene.room) }) })
    await scene.peer.hear('rightsEntries')
    const asked = () => scene.peer.heard.filter(({ case: heard }) => heard === 'rights').length
    await until('all is asked', () => asked() >= conversations.length)
    assert.ok(asked() <= 2 * conversations.length, `${asked()} questions`)
  })

  it('who founds room after room is heard of so many only, until some are joined', async () => {
    const scene = await begin()
    const invite = async (): Promise<ConversationId> => {
      const nonce = new Uint8Array(randomBytes(16))
      const { user } = scene.mallory
      const founding = { is: 'founding', registry, user, name: 'X', topic: '', history: 'all', nonce } as const
      const first = scene.act(scene.mallory, founding, { room: '', seq: 1, prev: [], rights: [] })
      const room = toText(first.hash) as ConversationId
      const invitation = { is: 'invitation', user: scene.home.person.user, from: [] } as const
      const next = { room, seq: 2, prev: [first.hash], rights: [first.hash] }
      const entries = [first.entry, scene.act(scene.mallory, invitation, next).entry]
      await scene.peer.say({
        case: 'rightsEntries',
        value: create(RightsEntriesSchema, { conversation: first.hash, entries }),
      })
      return room
    }
    const invited = await invite()
    for (let count = 1; count < limits.invitationsOf; count++) await invite()
    const late = await invite()
    assert.equal(scene.home.conversations.rooms().length, 1 + limits.invitationsOf)
    assert.equal((await scene.peer.hear('refuse')).value.code, 'busy')
    await scene.bob.join(invited)
    await invite()
    assert.equal(scene.home.conversations.rooms().length, 2 + limits.invitationsOf)
    assert.equal(scene.home.conversations.membersOf(late), undefined)
  })

  it('that nobody here has a part in makes no room', async () => {
    const scene = await begin()
    const nonce = new Uint8Array(16)
    const founding = {
      is: 'founding',
      registry,
      user: scene.mallory.user,
      name: 'X',
      topic: '',
      history: 'all',
      nonce,
    } as const
    const { entry, hash } = scene.act(scene.mallory, founding, { room: '', seq: 1, prev: [], rights: [] })
    const value = create(RightsEntriesSchema, { conversation: hash, entries: [entry] })
    await scene.peer.say({ case: 'rightsEntries', value })
    assert.equal(scene.home.conversations.membersOf(toText(hash) as ConversationId), undefined)
    assert.equal(scene.home.conversations.rooms().length, 1)
  })

  it('in frames that cannot be read is logged once, and what comes behind is taken at once', async () => {
    const scene = await begin()
    const began = performance.now()
    for (let count = 0; count < 10; count++) {
      const value = create(RightsEntriesSchema, { conversation: new Uint8Array(count) })
      await scene.peer.say({ case: 'rightsEntries', value })
    }
    const guest = person('guest')
    await scene.says(scene.act(scene.mallory, { is: 'invitation', user: guest.user, from: [] }).entry)
    assert.equal(scene.bob.standing(scene.room, guest), 'invited')
    assert.equal(scene.warnings.length, 1)
    assert.ok(performance.now() - began < limits.askAgain)
  })

  it('is taken no more once a room has as many words about its members as it may', async () => {
    const scene = await begin()
    const members = scene.home.conversations.membersOf(scene.room)
    assert.ok(members instanceof RoomMembers)
    const [some] = members.entries.values()
    assert.ok(some)
    const full = new Map(Array.from({ length: limits.membershipEntries - 1 }, (_, number) => [`${number}`, some]))
    for (const [hash, entry] of members.entries) full.set(hash, entry)
    while (full.size >= limits.membershipEntries) full.delete(full.keys().next().value ?? '')
    const ground: RightsGround = {
      conversation: scene.room,
      members: new Proxy(members, { get: (of, key) => (key === 'entries' ? full : Reflect.get(of, key, of)) }),
      keyring,
      now: Date.now(),
      make: () => members,
      meet: async () => undefined,
    }
    const invitations = Array.from({ length: 3 }, () => {
      return scene.act(scene.mallory, { is: 'invitation', user: person('guest').user, from: [] }).entry
    })
    const { accepted, refused } = await checkRights(invitations, ground)
    assert.equal(accepted.length, 1)
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['busy', 'busy'],
    )
  })

  it('with signatures that do not hold makes its bringer wait longer than it takes to find out', async () => {
    const scene = await begin()
    const { entry } = scene.act(scene.mallory, { is: 'joining' })
    const other = { ...scene.mallory.account, privateKey: person('x').account.privateKey }
    const forged = Array.from({ length: 200 }, () => {
      return scene.act({ ...scene.mallory, account: other }, { is: 'joining' }).entry
    })
    const took = async (run: () => Promise<void>) => {
      const [began, { user }] = [performance.now(), process.cpuUsage()]
      await run()
      return { passed: performance.now() - began, worked: (process.cpuUsage().user - user) / 1000 }
    }
    await scene.says(entry)
    const { passed, worked } = await took(() => scene.says(...forged))
    assert.ok(passed > 2 * worked && passed >= 200 * limits.forgedPause, `${worked} of ${passed} ms`)
  })

  it('or tells of marks that are forged, is logged once and waits, however often it tells them', async () => {
    const scene = await begin()
    const { user, account } = scene.mallory
    const said = { conversation: scene.room, user, device: account.device, ends: new Map<DeviceId, string>() }
    const { privateKey } = person('x').account
    const began = performance.now()
    for (let seq = 1; seq <= 4; seq++) {
      const marks = [signMark({ ...said, read: new Map([[account.device, seq]]) }, privateKey)]
      await scene.peer.say({ case: 'marks', value: create(MarksSchema, { conversation: fromText(scene.room), marks }) })
    }
    assert.equal(scene.warnings.length, 1)
    const least = 4 * limits.forgedMarks * limits.forgedPause
    assert.ok(performance.now() - began >= least, `they were to wait for ${least} ms`)
  })

  it('that builds on what there is not is not even looked at for its signature', async () => {
    const scene = await begin()
    const account = { ...scene.mallory.account, privateKey: person('x').account.privateKey }
    const rights = [new Uint8Array(32).fill(9)]
    await scene.says(scene.act({ ...scene.mallory, account }, { is: 'joining' }, { rights }).entry)
    assert.equal((await scene.peer.hear('refuse')).value.code, 'conflict')
  })

  /** Bob's home with a room of which mallory is a member, whose hub says what a test has it say. */
  async function begin(): Promise<Scene> {
    const home = await Home.open(person('bob'))
    open.push(() => home.stop())
    const bob = new RoomPerson(home)
    const room = await bob.found('Tea')
    const mallory = person('mallory')
    await bob.invite(room, mallory)
    const honest = new RoomPerson(await Home.open(mallory))
    connect(home, honest.home)
    await honest.stands(room, mallory, 'invited')
    await honest.join(room)
    await bob.stands(room, mallory, 'member')
    await honest.home.stop()
    const peer = new BarePeer(mallory, home)
    open.push(() => peer[Symbol.dispose]())
    await peer.begin()
    return new Scene(home, bob, room, mallory, peer)
  }
})

class Scene {
  readonly home: Home
  readonly bob: RoomPerson
  readonly room: ConversationId
  readonly mallory: Person
  readonly peer: BarePeer
  #seq = 10

  constructor(home: Home, bob: RoomPerson, room: ConversationId, mallory: Person, peer: BarePeer) {
    this.home = home
    this.bob = bob
    this.room = room
    this.mallory = mallory
    this.peer = peer
  }

  get warnings(): readonly string[] {
    return this.home.log.lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ text }) => text)
  }

  get membership() {
    return this.bob.membership(this.room) ?? assert.fail('there is no room')
  }

  get held(): readonly string[] {
    return [...(this.home.conversations.membersOf(this.room)?.entries.keys() ?? [])]
  }

  /** A membership entry of somebody, whatever comes before it in their log. */
  act(
    who: Person,
    body: ActBody,
    more: { room?: ConversationId | ''; time?: bigint; rights?: Uint8Array[]; seq?: number; prev?: Uint8Array[] } = {},
  ): Sealed {
    const kind = kindOf(body) ?? 0
    const bytes = encodeAct(body, messageId(randomBytes(16)), Date.now())
    const { room = this.room, rights = [...(this.home.conversations.membersOf(this.room)?.rights ?? [])] } = more
    const place = { seq: ++this.#seq, prev: [randomBytes(32)] }
    const sealed = seal(who, room as ConversationId, '', undefined, { kind, body: bytes, ...place, ...more, rights })
    return { ...sealed, hash: readHeader(sealed.entry).hash }
  }

  /** Resolves once what was said is taken. */
  async says(...entries: Entry[]): Promise<void> {
    const value = create(RightsEntriesSchema, { conversation: fromText(this.room), entries })
    await this.peer.say({ case: 'rightsEntries', value })
  }
}
