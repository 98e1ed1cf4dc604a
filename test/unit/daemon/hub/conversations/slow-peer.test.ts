import assert from 'node:assert/strict'
import { queryObjects } from 'node:v8'
import { sizeOf } from '../../../../../daemon/src/hub/conversations/intake.ts'
import { Exchange } from '../../../../../daemon/src/hub/conversations/sync/exchange.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import type { Link } from '../../../../../daemon/src/net/link.ts'
import { connect, type Frame, Home, person, registry } from '../../../../support/conversations.ts'
import { linkPair } from '../../../../support/links.ts'
import { RoomPerson } from '../../../../support/rooms.ts'
import { until } from '../../../../support/wait.ts'

describe('a peer that reads slowly', () => {
  it('makes nobody hold more for it, nor anybody else wait, and has all of it in the end', async function () {
    this.timeout(60_000)
    await using homes = await members('ann', 'bob', 'cas')
    const [ann, bob, cas] = homes.people
    assert.ok(ann && bob && cas)
    await using pair = await linkPair()
    const room = await ann.found('Tea')
    connect(ann.home, bob.home)
    const slow = new SlowLink(pair, ann.home, cas.home)
    for (const each of [bob, cas]) {
      await ann.invite(room, each.person)
      await each.stands(room, each.person, 'invited')
      await each.join(room)
      await ann.stands(room, each.person, 'member')
    }
    await ann.send(room, 'first')
    await cas.showsTexts(room, ['first'])
    slow.stop()
    const before = slow.handed
    const words = 'x'.repeat(4000)
    for (let sent = 0; sent < 750; sent += 250) {
      await Promise.all(Array.from({ length: 250 }, (_, index) => ann.send(room, `${sent + index} ${words}`)))
    }
    await bob.home.until('bob has all', () => bob.home.conversations.room(room)?.unread === 751, 20_000)
    assert.ok(slow.waiting <= 1, `${slow.waiting} frames wait for the link`)
    const held = slow.handed - before
    assert.ok(held <= limits.credit + limits.run, `${held} bytes were handed over to who does not read`)
    const frames = slow.frames
    slow.go()
    await cas.home.until('cas has all', () => cas.home.conversations.room(room)?.unread === 751, 30_000)
    assert.ok(slow.frames - frames < 100, `${slow.frames - frames} frames for 750 messages`)
    const shown = (await cas.shown(room)).slice(-3).map(text => Number.parseInt(text, 10))
    assert.deepEqual(shown, [747, 748, 749])
  })

  it('is told in a few frames whom a room has by then, however much came about meanwhile', async function () {
    this.timeout(30_000)
    await using homes = await members('ann', 'cas')
    const [ann, cas] = homes.people
    assert.ok(ann && cas)
    const gate = Promise.withResolvers<void>()
    let isStopped = false
    const fate = async () => {
      if (isStopped) await gate.promise
      return 'deliver' as const
    }
    const wire = connect(ann.home, cas.home, { fate })
    const rooms = [await ann.found('Tea'), await ann.found('Coffee')]
    for (const room of rooms) {
      await ann.invite(room, cas.person)
      await cas.stands(room, cas.person, 'invited')
    }
    isStopped = true
    const guests = Array.from({ length: 100 }, (_, number) => person(`guest ${number}`))
    for (const guest of guests) for (const room of rooms) await ann.invite(room, guest)
    const before = wire.frames.length
    gate.resolve()
    isStopped = false
    const last = guests.at(-1)
    assert.ok(last)
    for (const room of rooms) await cas.stands(room, last, 'invited')
    const frames = wire.frames.slice(before).filter(({ from }) => from === 'ann')
    assert.ok(frames.length < 10, `${frames.length} frames for ${2 * guests.length} invitations`)
    for (const room of rooms) for (const guest of guests) assert.equal(cas.standing(room, guest), 'invited')
  })
})

describe('what is kept of conversations over a link', () => {
  it('is next to nothing once both sides have the same, and what is written then goes out at once', async function () {
    this.timeout(60_000)
    await using homes = await members('ann', 'bob', 'cas')
    const [ann, bob, cas] = homes.people
    assert.ok(ann && bob && cas)
    const rooms = await Promise.all(Array.from({ length: 4 }, (_, index) => ann.found(`Room ${index}`)))
    for (const each of [bob, cas]) connect(ann.home, each.home)
    const wire = connect(bob.home, cas.home)
    for (const room of rooms) {
      for (const each of [bob, cas]) {
        await ann.invite(room, each.person)
        await each.stands(room, each.person, 'invited')
        await each.join(room)
      }
      await Promise.all([ann, bob, cas].map(each => each.send(room, `from ${each.person.name}`)))
      for (const each of [ann, bob, cas]) await each.showsTexts(room, ['from ann', 'from bob', 'from cas'])
    }
    await until('nothing is exchanged', () => queryObjects(Exchange, { format: 'count' }) === 0, 20_000)
    const [room] = rooms
    assert.ok(room)
    const frames = wire.frames.length
    await bob.send(room, 'again')
    for (const each of [ann, cas]) await each.showsTexts(room, ['from ann', 'from bob', 'from cas', 'again'])
    const [first] = wire.frames.slice(frames).filter(({ from }) => from === 'bob')
    assert.equal(first?.is.case, 'entries', 'it is not offered first')
  })
})

/** A link over a real socket, one of whose ends reads only while it may. */
class SlowLink {
  /** Frames that were given to the link and that it has not taken yet. */
  waiting = 0
  /** Bytes of entries that were given to it. */
  handed = 0
  frames = 0
  #gate: PromiseWithResolvers<void> | undefined

  constructor({ near, far }: { readonly near: Link; readonly far: Link }, at: Home, slow: Home) {
    const atNear = at.conversations.attach(this.#linkTo(slow, near))
    const atFar = slow.conversations.attach(this.#linkTo(at, far))
    near.handle({ event: is => atNear.event(is) })
    far.handle({
      event: async is => {
        await this.#gate?.promise
        await atFar.event(is)
      },
    })
  }

  stop(): void {
    this.#gate = Promise.withResolvers()
  }

  go(): void {
    this.#gate?.resolve()
    this.#gate = undefined
  }

  #linkTo({ person: { user, name, displayName, account } }: Home, link: Link) {
    const keys = new Map([[account.device, account.spki]])
    const send = async (is: Frame) => {
      if (is.case === undefined) return
      this.waiting++
      this.frames++
      if (is.case === 'entries') this.handed += is.value.entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
      await link.send(is).finally(() => this.waiting--)
    }
    return { registry, user, name, displayName, device: account.device, keys, signal: link.signal, send }
  }
}

async function members(...names: readonly string[]) {
  const homes = await Promise.all(names.map(name => Home.open(person(name))))
  return {
    people: homes.map(home => new RoomPerson(home)),
    async [Symbol.asyncDispose]() {
      for (const home of homes) await home.stop()
    },
  }
}
