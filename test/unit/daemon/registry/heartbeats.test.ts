import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket, Socket } from 'node:dgram'
import { once } from 'node:events'
import { create } from '@bufbuild/protobuf'
import {
  type BeatStatus,
  beatCounter,
  beatKey,
  encodeBeat,
  isGenuineBeat,
} from '../../../../daemon/src/protocol/heartbeat.ts'
import { PublishRosterSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import {
  beatKeyOf,
  joined,
  lookUp,
  type Member,
  meet,
  rosterOf,
  setStatus,
  signIn,
  signInByKey,
  signOut,
} from '../../../support/member.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

/** How long a beat counts here: long enough for a busy machine to beat twice. */
const beatFresh = 1200

describe('registry: heartbeats', () => {
  const start = () => startTestRegistry({ waits: { presenceGrace: 30, presenceFlush: 5, statusPace: 5, beatFresh } })

  /** A UDP socket that beats for a member's session. */
  async function heartOf(at: RunningRegistry, member: Member, session: Uint8Array) {
    const key = beatKeyOf(member)
    const port = Number(at.registry.heartbeat.split(':').at(-1))
    const answers: Buffer[] = []
    let socket: Socket | undefined
    const open = async () => {
      socket?.close()
      socket = createSocket('udp4')
      socket.on('message', bytes => answers.push(bytes))
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
    }
    await open()
    const send = (bytes: Uint8Array) =>
      new Promise<void>(resolve => socket?.send(bytes, port, '127.0.0.1', () => resolve()))
    let counter = 0
    const beat = (status: BeatStatus = 'online', number = ++counter) =>
      encodeBeat({ session, counter: number, status }, key)
    return {
      key,
      answers,
      send,
      beat,
      /** From another port, as behind a router that has forgotten. */
      rebind: open,
      /** Resolves when the registry has answered. */
      async say(status: BeatStatus = 'online') {
        const before = answers.length
        await send(beat(status))
        await until('an answer', () => answers.length > before)
      },
      /** Sends what should get silence, then a beat that is answered: whatever came was dealt with by then. */
      async shout(bytes: Uint8Array) {
        const before = answers.length
        await send(bytes)
        counter = Math.max(counter, 1000) + 1
        await send(beat())
        await until('an answer', () => answers.length > before)
        assert.equal(answers.length, before + 1, 'answered once')
        assert.equal(beatCounter(answers.at(-1) ?? Buffer.alloc(32)), counter)
      },
      [Symbol.dispose]: () => void socket?.close(),
    }
  }
  const standing = async (by: Member, member: Member) => (await lookUp(by, { name: member.name })).person

  it('are answered with their counter, proven for the way back', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    const { session } = await signInAgain(alice)
    using heart = await heartOf(at, alice, session)
    await heart.say()
    await heart.say()
    const [first, second] = heart.answers
    assert.ok(first && second)
    assert.ok(isGenuineBeat(first, heart.key, 'back'))
    assert.deepEqual([first, second].map(beatCounter), [1, 2])
  })

  it('that are replayed, reflected, forged, cut or of nobody get silence and change nothing', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const { session } = await signInAgain(alice)
    using heart = await heartOf(at, alice, session)
    await heart.say()
    const old = heart.beat('busy', 1)
    const wrong = encodeBeat({ session, counter: 500, status: 'busy' }, beatKey(randomBytes(32)))
    const nobody = encodeBeat({ session: randomBytes(8), counter: 500, status: 'busy' }, heart.key)
    const altered = Buffer.from(heart.beat('online', 500))
    altered[15] = 3
    const hostile = [old, heart.answers[0], wrong, nobody, altered, heart.beat('busy', 0)]
    hostile.push(heart.beat('busy', 500).subarray(0, 31), Buffer.alloc(0), randomBytes(32), Buffer.alloc(1400, 0xb1))
    for (const bytes of hostile) await heart.shout(bytes ?? Buffer.alloc(0))
    const answer = encodeBeat({ session, counter: 5000, status: undefined }, heart.key)
    await heart.shout(answer)
    assert.equal((await standing(bob, alice))?.status, 'online')
  })

  it('from port 0, where nobody can be answered, end no process', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    const { session } = await signInAgain(alice)
    using heart = await heartOf(at, alice, session)
    const { emit } = Socket.prototype
    const arrived = Promise.withResolvers<void>()
    // What a raw socket may send arrives so.
    Socket.prototype.emit = function (this: Socket, ...args: unknown[]) {
      const [event, bytes, from] = args
      if (event !== 'message') return Reflect.apply(emit, this, args)
      try {
        return Reflect.apply(emit, this, [event, bytes, { ...(from as object), port: 0 }])
      } finally {
        arrived.resolve()
      }
    }
    try {
      await heart.send(heart.beat())
      await arrived.promise
    } finally {
      Socket.prototype.emit = emit
    }
    await heart.say()
  })

  it('say how a device stands, from wherever they come, and move no address', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const { session } = await signInAgain(alice)
    using heart = await heartOf(at, alice, session)
    const before = (await lookUp(bob, { name: 'alice' })).devices
    for (const status of ['busy', 'away'] as const) {
      await heart.rebind()
      await heart.say(status)
      await until(`alice is ${status}`, async () => (await standing(bob, alice))?.status === status)
    }
    assert.deepEqual((await lookUp(bob, { name: 'alice' })).devices, before)
    // What the link has said last counts until a beat says something new.
    await setStatus(alice, 'busy')
    await heart.say('away')
    await until('alice is busy', async () => (await standing(bob, alice))?.status === 'busy')
    await heart.say('online')
    await until('alice is online', async () => (await standing(bob, alice))?.status === 'online')
  })

  it('keep a device here whose link is gone; three missed ones end that, and last seen is the last of them', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const { session } = await signInAgain(alice)
    using heart = await heartOf(at, alice, session)
    alice.link.close()
    await until('alice is gone', async () => (await standing(bob, alice))?.status === 'offline')
    await heart.say('away')
    await until('alice is back', async () => (await standing(bob, alice))?.status === 'away')
    const began = performance.now()
    while (performance.now() - began < beatFresh + 300) {
      await heart.say('away')
      assert.equal((await standing(bob, alice))?.status, 'away')
    }
    const last = Date.now()
    await until('alice is gone', async () => (await standing(bob, alice))?.status === 'offline')
    assert.ok(performance.now() - began > 2 * beatFresh)
    assert.ok(Math.abs(Number((await standing(bob, alice))?.since) - last) < 200)
    const answers = heart.answers.length
    await heart.send(heart.beat())
    await standing(bob, alice)
    assert.equal(heart.answers.length, answers, 'the session is over')
  })

  it('of a session that was replaced or signed out get silence', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    const first = await signInAgain(alice)
    using old = await heartOf(at, alice, first.session)
    await old.say()
    const second = await signInAgain(alice)
    using heart = await heartOf(at, alice, second.session)
    await old.send(old.beat('busy'))
    await heart.say()
    assert.equal(old.answers.length, 1)
    await signOut(alice)
    await heart.send(heart.beat())
    await until('alice is gone', async () => (await standing(bob, alice))?.status === 'offline')
    assert.equal(heart.answers.length, 1)
  })

  it('of a device that was revoked while its link was gone get silence, and nobody is here by them', async () => {
    await using at = await start()
    await using alice = await joined(at, 'alice')
    await using bob = await joined(at, 'bob')
    await using stolen = await meet(at, { name: 'alice' })
    await signIn(stolen)
    const listing = (version: number, members: Member[]) => {
      const devices = members.map(({ identity, name }) => ({ key: identity.spki, name, added: 1 }))
      const roster = rosterOf(alice, { version, devices })
      return alice.ask({ case: 'publishRoster', value: create(PublishRosterSchema, { roster }) }, 'done')
    }
    await listing(2, [alice, stolen])
    const { session } = await signInAgain(stolen)
    using heart = await heartOf(at, stolen, session)
    stolen.link.close()
    await until('its link is gone', async () => (await lookUp(bob, { name: 'alice' })).devices.length === 1)
    await heart.say()
    await listing(3, [alice])
    await heart.send(heart.beat('busy'))
    await signOut(alice)
    assert.equal((await standing(bob, alice))?.status, 'offline')
    assert.equal(heart.answers.length, 1)
  })
})

/** A new session on a link of its own. */
async function signInAgain(member: Member) {
  await member.dial()
  return signInByKey(member)
}
