import assert from 'node:assert/strict'
import { createIdentity } from '../../../../daemon/src/net/identity.ts'
import type { Link } from '../../../../daemon/src/net/link.ts'
import {
  challenge,
  framesOf,
  gone,
  linkPair,
  numbered,
  numberOf,
  openPort,
  rawClient,
  requestFrame,
  search,
  textOf,
  within,
} from '../../../support/links.ts'
import { until } from '../../../support/wait.ts'

const frame = 60_000

describe('backpressure', () => {
  it('lets a producer wait while the other side does not read, and go on when it does', async () => {
    const taken = Promise.withResolvers<Link>()
    await using open = await openPort(taken.resolve)
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    socket.pause()
    const link = await taken.promise
    link.established()
    link.allowLargeFrames()
    let sent = 0
    let waits = 0
    const total = 600
    const producer = (async () => {
      for (; sent < total; sent++) {
        const isLast = link.send(numbered(sent, frame))
        waits++
        await isLast
        waits--
      }
    })()
    const stuckAt = await until('the producer to wait', () => settled(() => sent))
    assert.equal(waits, 1)
    assert.ok(stuckAt < total, 'the producer did not run through')
    const frames = framesOf(socket)
    for (let number = 0; number < total; number++) await frames.next()
    await within('the producer', producer)
    assert.equal(link.signal.aborted, false)
    socket.destroy()
  })

  it('cuts a peer that does not read when a producer does not wait', async () => {
    const taken = Promise.withResolvers<Link>()
    await using open = await openPort(taken.resolve, { limits: { sendQueue: 2_000_000 } })
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    socket.pause()
    const link = await taken.promise
    link.allowLargeFrames()
    for (let number = 0; number < 2_000 && !link.signal.aborted; number++) void link.send(numbered(number, frame))
    assert.equal((await within('the cut', link.closed)).code, 'busy')
    await gone(socket)
    await until('the port to forget it', () => open.port.connections === 0)
  })

  it('gives a stranger little room', async () => {
    await using pair = await linkPair({ isStranger: true })
    for (let number = 0; number < 5; number++) void pair.far.send(numbered(number, frame))
    assert.equal((await within('the cut', pair.far.closed)).code, 'busy')
  })

  it('stops reading while an event is being handled, and keeps the order', async () => {
    await using pair = await linkPair()
    const gate = Promise.withResolvers<void>()
    const heard: number[] = []
    const total = 600
    const all = Promise.withResolvers<void>()
    pair.far.handle({
      event: async is => {
        if (heard.push(numberOf(is)) === 1) await gate.promise
        if (heard.length === total) all.resolve()
      },
    })
    let sent = 0
    const producer = (async () => {
      for (; sent < total; sent++) await pair.near.send(numbered(sent, frame))
    })()
    await until('the producer to wait', () => settled(() => sent))
    assert.ok(sent < total, 'the producer did not run through')
    assert.deepEqual(heard, [0])
    gate.resolve()
    await within('all events', all.promise)
    await producer
    assert.deepEqual(
      heard,
      Array.from({ length: total }, (_, number) => number),
    )
  })

  it('holds little meanwhile, however large the frames are', async () => {
    await using pair = await linkPair()
    pair.far.handle({ event: () => new Promise(() => {}) })
    let sent = 0
    void (async () => {
      for (; sent < 600; sent++) await pair.near.send(numbered(sent, frame))
    })().catch(() => {})
    const stuckAt = await until('the producer to wait', () => settled(() => sent))
    // Most of it waits in the buffers of the sender and of both systems.
    assert.ok(stuckAt * frame < 16 * 1024 * 1024, `${stuckAt * frame} bytes were taken`)
  })

  it('lets a handler of an event ask the other side', async () => {
    await using pair = await linkPair()
    const answer = Promise.withResolvers<string>()
    pair.far.handle({ request: () => challenge('yes') })
    pair.near.handle({ event: async () => answer.resolve(textOf(await pair.near.request(search('is it so')))) })
    await pair.far.send(numbered(1))
    await pair.far.send(numbered(2))
    assert.equal(await within('the answer', answer.promise), 'yes')
  })

  it('takes no more requests while the replies are not read', async () => {
    let answered = 0
    await using open = await openPort(link => {
      link.allowLargeFrames()
      link.handle({
        request: () => {
          answered++
          return challenge(new Uint8Array(frame))
        },
      })
    })
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    socket.pause()
    const total = 600
    let asked = 0
    for (let isStuck = false; !isStuck && asked < total; ) {
      for (let more = 50; more > 0; more--) socket.write(requestFrame(++asked, search(''))) // fewer than may be in flight
      isStuck = (await until('answers, or none', () => answered === asked || settled(() => answered))) !== true
    }
    assert.ok(answered < total, 'not all were answered')
    const frames = framesOf(socket)
    for (let id = 1; id <= asked; id++) assert.equal((await frames.next()).is.case, 'reply')
    socket.destroy()
  })

  it('does not let a link that was closed wait for ever for a peer that does not read', async () => {
    const taken = Promise.withResolvers<Link>()
    await using open = await openPort(taken.resolve, { limits: { closing: 50 } })
    const socket = await rawClient(open.at, { identity: await createIdentity() })
    socket.pause()
    const link = await taken.promise
    link.established()
    link.allowLargeFrames()
    for (let number = 0; number < 200; number++) void link.send(numbered(number, frame))
    link.close()
    await until('the port to forget it', () => open.port.connections === 0)
    socket.destroy()
  })
})

let last = { value: -1, since: 0 }

/** The value, once it has stood still for 300 ms and is not 0. */
function settled(read: () => number): number | undefined {
  const value = read()
  if (value !== last.value) last = { value, since: performance.now() }
  return value > 0 && performance.now() - last.since > 300 ? value : undefined
}
