import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { silentLog } from '../../../../../daemon/src/log.ts'
import { deviceId, fromText, type UserId, userId } from '../../../../../daemon/src/protocol/ids.ts'
import { Pace } from '../../../../../daemon/src/registry/relay/pace.ts'
import { Relay } from '../../../../../daemon/src/registry/relay/relay.ts'
import type { Left, Session } from '../../../../../daemon/src/registry/sessions.ts'
import { gone, tcpClient } from '../../../../support/links.ts'
import { answered, come, openRelay, receive } from '../../../../support/relay.ts'
import { until } from '../../../../support/wait.ts'

describe('the relay', () => {
  it('connects two devices, each by a ticket of its own, and pipes what they say as it is', async () => {
    await using open = await openRelay()
    const [alice, bob] = [open.device(), open.device()]
    const [near, far] = await open.pair(alice, bob)
    const [offer] = bob.offers
    assert.deepEqual(offer?.user, fromText(alice.user))
    assert.deepEqual(offer?.device, fromText(alice.device))
    const there = randomBytes(3_000_000)
    const back = randomBytes(500_000)
    near.write(there)
    far.write(back)
    const [gotThere, gotBack] = await Promise.all([receive(far, there.length), receive(near, back.length)])
    assert.ok(gotThere.equals(there) && gotBack.equals(back))
    assert.equal(open.relay.pairs, 1)
    assert.equal(open.relay.bytes, there.length + back.length)
    near.end('the last words')
    assert.equal((await receive(far, 14)).toString(), 'the last words')
    await gone(far)
    await until('the pair to be forgotten', () => open.relay.pairs === 0 && open.connections() === 0)
  })

  it('reads no more than the other side takes', async () => {
    await using open = await openRelay()
    const [near, far] = await open.pair(open.device(), open.device())
    let written = 0
    const chunk = Buffer.alloc(256 * 1024)
    while (written < 256 * 1024 * 1024) {
      written += chunk.length
      if (!near.write(chunk)) {
        const drained = await Promise.race([
          new Promise(resolve => near.once('drain', () => resolve(true))),
          new Promise(resolve => setTimeout(() => resolve(false), 300)),
        ])
        if (!drained) break
      }
    }
    assert.ok(written < 64 * 1024 * 1024, `${written} bytes went into a pair that nobody reads`)
    assert.equal((await receive(far, written)).length, written)
  })

  it('asks for the other device anew when it is asked again, and the first ticket is worth nothing', async () => {
    await using open = await openRelay()
    const [alice, bob] = [open.device(), open.device()]
    const first = open.relay.ask(alice.session, bob.user, bob.device)
    const waiting = await come(open.at, bob.offers[0]?.ticket ?? first)
    const [near, far] = await open.pair(alice, bob)
    await gone(waiting)
    await gone(await come(open.at, first))
    near.write('hello')
    assert.equal((await receive(far, 5)).toString(), 'hello')
  })

  describe('closes', () => {
    it('who comes with a ticket that was never given, or with bytes behind a good one', async () => {
      await using open = await openRelay()
      const [alice, bob] = [open.device(), open.device()]
      await gone(await come(open.at, randomBytes(16)))
      const ticket = open.relay.ask(alice.session, bob.user, bob.device)
      await gone(await come(open.at, Buffer.concat([ticket, Buffer.from('x')])))
      assert.equal(open.relay.counts.strange, 2)
      // It was not used up: who overheard nothing cannot spoil it.
      const good = await come(open.at, ticket)
      const other = await come(open.at, bob.offers[0]?.ticket ?? ticket)
      await Promise.all([answered(good), answered(other)])
    })

    it('who comes with a ticket that was used, also with both ends connected', async () => {
      await using open = await openRelay()
      const [alice, bob] = [open.device(), open.device()]
      const ticket = open.relay.ask(alice.session, bob.user, bob.device)
      const good = await come(open.at, ticket)
      await gone(await come(open.at, ticket))
      const other = await come(open.at, bob.offers[0]?.ticket ?? ticket)
      await Promise.all([answered(good), answered(other)])
      await gone(await come(open.at, bob.offers[0]?.ticket ?? ticket))
      assert.equal(open.relay.pairs, 1)
    })

    it('who says nothing, half a ticket, or drips one too slowly', async () => {
      await using open = await openRelay({ handshake: 200 })
      const silent = await tcpClient(open.at)
      silent.write(Buffer.from([0x50]))
      const half = await come(open.at, randomBytes(8))
      const dripping = await come(open.at, new Uint8Array(0))
      const drip = setInterval(() => dripping.write('x'), 50)
      for (const socket of [silent, half, dripping]) await gone(socket)
      clearInterval(drip)
      await until('all to be forgotten', () => open.connections() === 0)
    })

    it('who speaks before the other end is there, and with it the other', async () => {
      await using open = await openRelay()
      const [alice, bob] = [open.device(), open.device()]
      const eager = await come(open.at, open.relay.ask(alice.session, bob.user, bob.device))
      await gone(await come(open.at, randomBytes(16))) // by then the ticket has been seen
      eager.write('hello?')
      await gone(eager)
      await gone(await come(open.at, bob.offers[0]?.ticket ?? new Uint8Array(16)))
      assert.equal(open.relay.waiting, 0)
    })

    it('who waits in vain for the other end', async () => {
      await using open = await openRelay({ relayTicket: 150 })
      const [alice, bob] = [open.device(), open.device()]
      const waiting = await come(open.at, open.relay.ask(alice.session, bob.user, bob.device))
      await gone(waiting)
      await gone(await come(open.at, bob.offers[0]?.ticket ?? new Uint8Array(16)))
      assert.deepEqual([open.relay.counts.missed, open.relay.waiting], [1, 0])
    })

    it('a pair in which nothing passes, and one that is too old, though something does', async () => {
      await using open = await openRelay({ relayIdle: 200 })
      const [near, far] = await open.pair(open.device(), open.device())
      await Promise.all([gone(near), gone(far)])
      await using old = await openRelay({ relayLife: 300 })
      const [a, b] = await old.pair(old.device(), old.device())
      const talk = setInterval(() => a.write('x'), 20)
      await Promise.all([gone(a), gone(b)])
      clearInterval(talk)
      assert.deepEqual([open.relay.counts.cut, old.relay.counts.cut], [1, 1])
    })
  })

  describe('lets go', () => {
    for (const what of ['device', 'user'] as const) {
      for (const which of ['asker', 'target'] as const) {
        it(`of every pair of a ${what} that is denied or signs out, the ${which} of it`, async () => {
          await using open = await openRelay()
          const [alice, bob, carol] = [open.device(), open.device(), open.device()]
          const [near, far] = await open.pair(alice, bob)
          const bystanders = await open.pair(carol, which === 'asker' ? bob : alice)
          const waiting = await come(open.at, open.relay.ask(alice.session, bob.user, bob.device))
          open.left({ how: 'left', who: (which === 'asker' ? alice : bob)[what] })
          await Promise.all([near, far, waiting].map(socket => gone(socket)))
          bystanders[0].write('x')
          await receive(bystanders[1], 1)
        })
      }
    }

    it('of a device whose own link is gone for good, and not of one that comes back', async () => {
      await using open = await openRelay({ relayOrphan: 150 })
      const [alice, bob] = [open.device(), open.device()]
      const [near, far] = await open.pair(alice, bob)
      const others = await open.pair(open.device(), open.device())
      open.left({ how: 'dropped', who: alice.device })
      await Promise.all([gone(near), gone(far)])
      others[0].write('x')
      await receive(others[1], 1)
    })
  })

  describe('refuses', () => {
    it('to connect a device with itself, and with one that is not here', async () => {
      await using open = await openRelay()
      const [alice, bob] = [open.device(), open.device()]
      assert.throws(() => open.relay.ask(alice.session, alice.user, alice.device), { code: 'usage' })
      assert.throws(() => open.relay.ask(alice.session, alice.user, bob.device), { code: 'unreachable' })
      open.left({ how: 'left', who: bob.device })
      assert.throws(() => open.relay.ask(alice.session, bob.user, bob.device), { code: 'unreachable' })
      assert.equal(open.relay.counts.refused, 3)
    })

    it('who asks too often, and says when they may again', async () => {
      await using open = await openRelay({ relayAsks: 3, relayAskEvery: 60_000 })
      const [alice, bob] = [open.device(), open.device()]
      for (let time = 0; time < 3; time++) open.relay.ask(alice.session, bob.user, bob.device)
      assert.throws(
        () => open.relay.ask(alice.session, bob.user, bob.device),
        error => error instanceof Error && 'retryAfter' in error && Number(error.retryAfter) > 50_000,
      )
      open.relay.ask(bob.session, alice.user, alice.device)
    })

    it('more pairs than one person, or the relay, may have', async () => {
      await using open = await openRelay({ relayPairsPerUser: 1, relayWaitingPerUser: 2, relayPairs: 5 })
      const [alice, bob, carol, dave] = [open.device(), open.device(), open.device(), open.device()]
      await open.pair(alice, bob)
      assert.throws(() => open.relay.ask(alice.session, carol.user, carol.device), { code: 'busy' })
      for (const { user, device } of [alice, carol]) open.relay.ask(bob.session, user, device)
      assert.throws(() => open.relay.ask(bob.session, dave.user, dave.device), { code: 'busy' })
      for (const { user, device } of [alice, bob]) open.relay.ask(carol.session, user, device)
      assert.throws(() => open.relay.ask(dave.session, bob.user, bob.device), { code: 'busy', message: /Try again/ })
    })
  })

  it('lets twenty thousand go at once without a look at every pair for each of them', async () => {
    const gone = Promise.withResolvers<Left>()
    const none = { send: async () => {} }
    const sessionOf = (n: number) =>
      ({
        account: { user: userId(bytesOf(16, n)) },
        device: deviceId(bytesOf(32, n)),
        link: none,
      }) as unknown as Session
    const sessions = {
      of: (user: UserId) => [targets.get(user)].filter(one => one !== undefined),
      ofDevice: () => undefined,
      onLeft: (left: Left) => {
        gone.resolve(left)
        return () => {}
      },
    }
    const pairs = Array.from({ length: 2_000 }, (_, n) => [sessionOf(n), sessionOf(n + 2_000)] as const)
    const targets = new Map(pairs.map(([, target]) => [target.account.user, target]))
    const relay = new Relay({ sessions, log: silentLog })
    try {
      for (const [asker, { account, device }] of pairs) relay.ask(asker, account.user, device)
      const left = await gone.promise
      const began = performance.now()
      for (let n = 0; n < 20_000; n++) left({ how: 'left', who: deviceId(bytesOf(32, n + 4_000)) })
      assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`)
      assert.equal(relay.waiting, 2_000)
      left({ how: 'left', who: sessionOf(2_000).device })
      assert.equal(relay.waiting, 1_999)
    } finally {
      relay.close()
    }
  })

  it('stays up when 300 strangers flood it with bytes', async () => {
    await using open = await openRelay()
    const [near, far] = await open.pair(open.device(), open.device())
    const flood = await Promise.all(Array.from({ length: 300 }, () => come(open.at, randomBytes(2_000))))
    near.write('still there')
    assert.equal((await receive(far, 11)).toString(), 'still there')
    await Promise.all(flood.map(socket => gone(socket)))
    await until('the flood to be forgotten', () => open.connections() === 2)
    assert.equal(open.relay.counts.strange, 300)
  })

  it('gives each pair its share while one floods', async () => {
    await using open = await openRelay()
    const pairs = [await open.pair(open.device(), open.device()), await open.pair(open.device(), open.device())]
    const [[flooding, flooded], [quiet, other]] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
    let isOver = false
    flooded?.on('data', () => {}).resume()
    const chunk = Buffer.alloc(1024 * 1024)
    const pump = () => {
      while (!isOver && flooding?.write(chunk));
      if (!isOver) flooding?.once('drain', pump)
    }
    pump()
    const times: number[] = []
    for (let turn = 0; turn < 50; turn++) {
      const began = performance.now()
      quiet?.write('x')
      if (other) await receive(other, 1)
      times.push(performance.now() - began)
    }
    isOver = true
    flooding?.destroy()
    const middle = times.sort((a, b) => a - b)[25] ?? 0
    assert.ok(middle < 100, `a byte took ${middle} ms beside a flood`)
  })
})

describe('a pace', () => {
  it('gives so many at once, then one every while, and forgets who has been quiet', () => {
    let now = 1_000
    const pace = new Pace<string>(3, 100, () => now)
    assert.deepEqual(
      [1, 2, 3, 4].map(() => pace.take('alice') > 0),
      [false, false, false, true],
    )
    assert.equal(pace.take('bob'), 0)
    assert.equal(pace.take('alice'), 100)
    now += 100
    assert.deepEqual([pace.take('alice'), pace.take('alice')], [0, 100])
    now += 10_000
    assert.deepEqual(
      [1, 2, 3, 4].map(() => pace.take('alice') > 0),
      [false, false, false, true],
    )
  })
})

function bytesOf(length: number, n: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32BE(n)
  return new Uint8Array(bytes)
}
