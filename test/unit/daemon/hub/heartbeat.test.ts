import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Heartbeat } from '../../../../daemon/src/hub/registry/heartbeat.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import { personOf } from '../../../../daemon/src/protocol/conversation-infos.ts'
import {
  type BeatStatus,
  beatCounter,
  beatKey,
  beatStatus,
  encodeBeat,
  isGenuineBeat,
} from '../../../../daemon/src/protocol/heartbeat.ts'
import { hubHome, password, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

describe('hub: heartbeats', () => {
  /** A registry's UDP port that answers as it is told, and a link that ends when it is told. */
  async function registry(answer: (beat: Buffer) => Buffer | undefined) {
    const socket = createSocket('udp4')
    const beats: Buffer[] = []
    socket.on('message', (bytes, from) => {
      beats.push(bytes)
      const back = answer(bytes)
      if (back) socket.send(back, from.port, from.address)
    })
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const ended = new AbortController()
    const secret = Buffer.alloc(32, 7)
    const key = beatKey(secret)
    const link = { signal: ended.signal, remoteAddress: '127.0.0.1', exportKeyingMaterial: () => secret }
    const said = { session: new Uint8Array(8).fill(9), beatInterval: 1000 }
    const beaten = { link: link as unknown as Link, said, port: socket.address().port }
    const echo = (beat: Buffer) =>
      encodeBeat({ session: said.session, counter: beatCounter(beat), status: undefined }, key)
    return { beaten, beats, key, ended, echo, [Symbol.dispose]: () => void socket.close() }
  }

  it('go out at once, each time the status changes, and when the link has died', async () => {
    using at = await registry(beat => at.echo(beat))
    let status: BeatStatus = 'online'
    const heart = new Heartbeat(() => status)
    heart.start(at.beaten)
    await until('the first', () => at.beats.length === 1)
    await until('the answer', () => heart.passes)
    status = 'busy'
    heart.beat()
    await until('the second', () => at.beats.length === 2)
    at.ended.abort()
    await until('the third', () => at.beats.length === 3)
    assert.deepEqual(at.beats.map(beatCounter), [1, 2, 3])
    assert.deepEqual(at.beats.map(beatStatus), ['online', 'busy', 'busy'])
    assert.ok(at.beats.every(beat => isGenuineBeat(beat, at.key, 'in')))
    heart.stop()
    heart.beat()
    assert.equal(heart.passes, undefined)
  })

  it('are known not to pass when none is answered, or not by the registry', async () => {
    for (const answer of [() => undefined, (beat: Buffer) => beat, () => Buffer.alloc(32, 0xb1)]) {
      using at = await registry(answer)
      const heart = new Heartbeat(() => 'online')
      heart.start(at.beaten)
      assert.equal(heart.passes, undefined)
      for (let time = 0; time < 4; time++) heart.beat()
      await until('all beats', () => at.beats.length === 5)
      assert.equal(heart.passes, false)
      heart.stop()
    }
  })

  it('do no harm where the system sends none', async () => {
    using at = await registry(() => undefined)
    const heart = new Heartbeat(() => 'online')
    // Nobody may send to this address without asking for it, as where a firewall refuses UDP.
    heart.start({ ...at.beaten, link: { ...at.beaten.link, remoteAddress: '255.255.255.255' } as Link })
    for (let time = 0; time < 4; time++) heart.beat()
    await new Promise(setImmediate)
    assert.equal(heart.passes, false)
    heart.stop()
  })

  it('are sent nowhere when the registry takes none', async () => {
    using at = await registry(() => undefined)
    const heart = new Heartbeat(() => 'online')
    heart.start({ ...at.beaten, port: 0 })
    heart.start({ ...at.beaten, said: { ...at.beaten.said, beatInterval: 0 } })
    heart.start({ ...at.beaten, port: 1 })
    await until('a refused datagram', () => heart.passes === undefined)
    heart.stop()
    assert.equal(at.beats.length, 0)
  })

  it('reach a real registry, which shows an invisible person to nobody, and their messages go on', async () => {
    await using at = await startTestRegistry({ waits: { presenceGrace: 50, presenceFlush: 5, statusPace: 5 } })
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome, { reconnect: quick })
    await using bob = await startTestHub(bobHome, { reconnect: quick })
    await alice.hub.signUp({ registry: at.registry.address, name: 'alice', password })
    await bob.hub.signUp({ registry: at.registry.address, name: 'bob', password })
    const look = alice.hub.checks().find(({ about }) => about === 'udp')?.look
    const { signal } = new AbortController()
    await until('an answer', async () => (await look?.(signal))?.words === 'Heartbeats by UDP get through.')
    await alice.say('bob', 'one')
    await bob.seen('the link', () => bob.hub.status().links === 1)
    const aliceAtBob = () => bob.hub.people().people.find(({ name }) => name === 'alice')?.status
    assert.notEqual(aliceAtBob(), 'offline')
    await alice.hub.setAvailability({ availability: 'invisible' })
    assert.equal(alice.account().availability, 'invisible')
    await bob.seen('alice gone', () => aliceAtBob() === 'offline')
    await alice.seen('that it shows', () => alice.account().status === 'offline')
    const inChat = () => personOf(bob.hub.snapshot().conversations[0])?.status
    await bob.seen('alice gone from the chat', () => inChat() === 'offline')
    await bob.say('alice', 'two')
    await alice.seen('the message', () => alice.hub.snapshot().conversations.some(({ lastLine }) => lastLine === 'two'))
    await alice.hub.setAvailability({ availability: 'available' })
    await bob.seen('alice back', () => aliceAtBob() !== 'offline')
  })
})
