import assert from 'node:assert/strict'
import { fromBinary } from '@bufbuild/protobuf'
import { keys } from '../../../../../daemon/src/hub/conversations/keys.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { HybridClock } from '../../../../../daemon/src/protocol/clock.ts'
import { ConversationRowSchema } from '../../../../../daemon/src/protocol/hub_rows_pb.ts'
import type { ConversationId } from '../../../../../daemon/src/protocol/ids.ts'
import { connect, Home, person, withDevice } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'

/** People with a home each; closed with the test. */
async function people(...names: string[]): Promise<RoomPerson[]> {
  const homes = await Promise.all(names.map(name => Home.open(person(name))))
  open.push(...homes)
  return homes.map(home => new RoomPerson(home))
}

const open: Home[] = []

/** Ann founds a room and everybody else joins it, all linked to her. */
async function roomOf(ann: RoomPerson, ...others: RoomPerson[]): Promise<ConversationId> {
  const room = await ann.found('Tea')
  for (const other of others) await ann.invite(room, other.person)
  for (const other of others) {
    connect(ann.home, other.home)
    await other.stands(room, other.person, 'invited')
    await other.join(room)
    await ann.stands(room, other.person, 'member')
  }
  return room
}

describe('a room', () => {
  afterEach(async () => {
    for (const home of open.splice(0)) await home.stop()
  })

  it('is there for whoever founds it, with a line that says so', async () => {
    const [ann] = await people('ann')
    assert.ok(ann)
    const room = await ann.found('Tea')
    await ann.send(room, 'anybody?')
    assert.deepEqual(await ann.shown(room), ['[founded]', 'anybody?'])
    assert.deepEqual(
      ann.home.conversations.rooms().map(({ conversation }) => conversation),
      [room],
    )
    await ann.home.restart()
    assert.equal(ann.standing(room, ann.person), 'owner')
    assert.deepEqual(await ann.shown(room), ['[founded]', 'anybody?'])
  })

  it('tells somebody of their invitation, and nothing that is said, until they join', async () => {
    const [ann, bob] = await people('ann', 'bob')
    assert.ok(ann && bob)
    const room = await ann.found('Tea')
    await ann.send(room, 'secret')
    await ann.invite(room, bob.person)
    const wire = connect(ann.home, bob.home)
    await bob.stands(room, bob.person, 'invited')
    assert.equal(bob.membership(room)?.name, 'Tea')
    await ann.send(room, 'more')
    await ann.act(room, { is: 'change', name: 'Coffee' })
    await bob.home.until('the new name', () => bob.membership(room)?.name === 'Coffee')
    assert.deepEqual(
      wire.frames.filter(({ from, is }) => from === 'ann' && is.case === 'entries'),
      [],
    )
    await bob.join(room)
    await bob.showsTexts(room, ['secret', 'more'])
    await ann.stands(room, bob.person, 'member')
  })

  it('shows that somebody joined behind their invitation, though their clock is slow, and after a restart', async () => {
    const [ann] = await people('ann')
    assert.ok(ann)
    const clocks = { now: () => Date.now() - 60_000, monotonic: () => performance.now() }
    const home = await Home.open(person('bob'), undefined, new HybridClock(clocks))
    open.push(home)
    const bob = new RoomPerson(home)
    const room = await ann.found('Tea')
    await ann.invite(room, bob.person)
    const wire = connect(ann.home, bob.home)
    await bob.stands(room, bob.person, 'invited')
    wire.cut()
    await home.stop()
    home.clock = new HybridClock(clocks)
    await home.start()
    await bob.join(room)
    connect(ann.home, bob.home)
    await ann.stands(room, bob.person, 'member')
    assert.deepEqual(await ann.shown(room), ['[founded]', '[invited]', '[joined]'])
  })

  it('carries what members say to all, also where the founder is gone', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob, cas)
    await ann.send(room, 'hello')
    await bob.showsTexts(room, ['hello'])
    await cas.showsTexts(room, ['hello'])
    await ann.home.stop()
    connect(bob.home, cas.home)
    await bob.send(room, 'from bob')
    await cas.showsTexts(room, ['hello', 'from bob'])
    await cas.send(room, 'from cas')
    await bob.showsTexts(room, ['hello', 'from bob', 'from cas'])
  })

  it('brings whoever was away what they missed, from any other member', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob)
    await ann.invite(room, cas.person)
    await bob.stands(room, cas.person, 'invited')
    await ann.send(room, 'before')
    await bob.showsTexts(room, ['before'])
    await ann.home.stop()
    connect(bob.home, cas.home)
    await cas.stands(room, cas.person, 'invited')
    await cas.join(room)
    await cas.showsTexts(room, ['before'])
    await ann.home.start()
    connect(ann.home, cas.home)
    await ann.stands(room, cas.person, 'member')
  })

  it('shows nothing that somebody removed writes beyond the cut, and takes back what was shown', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob, cas)
    await bob.send(room, 'fine')
    await ann.showsTexts(room, ['fine'])
    await cas.showsTexts(room, ['fine'])
    // Bob and cas talk on while ann is away, who removes bob meanwhile.
    const [annAlone] = [ann]
    await annAlone.home.stop()
    connect(bob.home, cas.home)
    await bob.send(room, 'beyond')
    await cas.showsTexts(room, ['fine', 'beyond'])
    assert.equal(cas.home.conversations.room(room)?.unread, 2)
    await ann.home.start()
    await ann.remove(room, bob.person)
    connect(ann.home, cas.home)
    await cas.stands(room, bob.person, 'out')
    await cas.showsTexts(room, ['fine'])
    assert.equal(cas.home.conversations.room(room)?.unread, 1)
    assert.equal((await cas.shown(room)).at(-1), '[removed]')
    await ann.showsTexts(room, ['fine'])
  })

  it('goes on with taking back what was shown where it was stopped amid it', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob, cas)
    await bob.send(room, 'fine')
    for (const each of [ann, cas]) await each.showsTexts(room, ['fine'])
    await ann.home.stop()
    connect(bob.home, cas.home)
    const beyond = Array.from({ length: 3 * limits.recounted }, (_, number) => `beyond ${number}`)
    await Promise.all(beyond.map(text => bob.send(room, text)))
    await cas.showsTexts(room, ['fine', ...beyond])
    await bob.home.stop()
    await ann.home.start()
    await ann.remove(room, bob.person)
    connect(ann.home, cas.home)
    // The first batch that knows of the removal is stored, and the rest is yet to do.
    await cas.stands(room, bob.person, 'out')
    await cas.home.stop()
    const [row] = await cas.home.storage.get([keys.conversation(room)])
    assert.ok(row && fromBinary(ConversationRowSchema, row).recounts.length > 0)
    await cas.home.start()
    await cas.showsTexts(room, ['fine'])
    assert.equal(cas.home.conversations.room(room)?.unread, 1)
    await ann.showsTexts(room, ['fine'])
    assert.equal(cas.home.conversations.room(room)?.lastLine, ann.home.conversations.room(room)?.lastLine)
  })

  it('tells whoever is removed so, and nothing of what comes after', async () => {
    const [ann, bob] = await people('ann', 'bob')
    assert.ok(ann && bob)
    const room = await roomOf(ann, bob)
    await ann.remove(room, bob.person)
    await bob.stands(room, bob.person, 'out')
    await ann.act(room, { is: 'change', name: 'Secret plans' })
    await ann.send(room, 'without bob')
    await ann.home.restart()
    const wire = connect(ann.home, bob.home)
    await ann.invite(room, bob.person)
    await bob.stands(room, bob.person, 'invited')
    assert.equal(bob.membership(room)?.name, 'Secret plans')
    assert.deepEqual(await bob.shown(room).then(all => all.filter(text => !text.startsWith('['))), [])
    assert.ok(wire.frames.every(({ from, is }) => from !== 'ann' || is.case !== 'entries'))
  })

  it('counts again what somebody writes who was removed and has come back', async () => {
    const [ann, bob] = await people('ann', 'bob')
    assert.ok(ann && bob)
    const room = await roomOf(ann, bob)
    await bob.send(room, 'one')
    await ann.showsTexts(room, ['one'])
    await ann.remove(room, bob.person)
    await bob.stands(room, bob.person, 'out')
    await ann.invite(room, bob.person)
    await bob.stands(room, bob.person, 'invited')
    await bob.join(room)
    await ann.stands(room, bob.person, 'member')
    await bob.send(room, 'two')
    await ann.showsTexts(room, ['one', 'two'])
  })

  it('has nothing of theirs waiting that is only who belongs to it', async () => {
    const [ann] = await people('ann')
    assert.ok(ann)
    const queued = () => ann.home.conversations.room(room)?.queued
    const room = await ann.found('Tea')
    await ann.invite(room, person('bob'))
    assert.equal(queued(), 0)
    await ann.send(room, 'anybody there?')
    assert.equal(queued(), 1)
  })

  it('shows to whoever is invited from now on only what comes from there', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await ann.found('Tea', 'from-invitation')
    // What waits in the outbox has no place in the log yet, so somebody has to be there to hear it.
    await ann.invite(room, cas.person)
    connect(ann.home, cas.home)
    await cas.stands(room, cas.person, 'invited')
    await cas.join(room)
    await ann.stands(room, cas.person, 'member')
    await ann.send(room, 'old')
    await cas.showsTexts(room, ['old'])
    await ann.invite(room, bob.person, ann.heads(room))
    connect(ann.home, bob.home)
    await bob.stands(room, bob.person, 'invited')
    await bob.join(room)
    await ann.stands(room, bob.person, 'member')
    await ann.send(room, 'new')
    await bob.showsTexts(room, ['new'])
    const happened = async (who: RoomPerson) => (await who.shown(room)).filter(text => text.startsWith('['))
    assert.deepEqual(await happened(bob), ['[invited]', '[joined]'])
    assert.deepEqual(await happened(ann), ['[founded]', '[invited]', '[joined]', '[invited]', '[joined]'])
  })

  it('goes on for whoever joined where another invitation says, once that counts in place of the first', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await ann.found('Tea', 'from-invitation')
    await ann.invite(room, cas.person)
    const first = connect(ann.home, cas.home)
    await cas.stands(room, cas.person, 'invited')
    first.cut()
    await cas.join(room)
    await cas.invite(room, bob.person, cas.heads(room))
    await ann.invite(room, bob.person)
    const second = connect(ann.home, bob.home)
    await bob.stands(room, bob.person, 'invited')
    await bob.join(room)
    await ann.stands(room, bob.person, 'member')
    second.cut()
    connect(ann.home, cas.home)
    await cas.stands(room, bob.person, 'member')
    await ann.stands(room, cas.person, 'member')
    await cas.send(room, 'welcome')
    connect(bob.home, cas.home)
    await bob.showsTexts(room, ['welcome'])
  })

  it('holds the same everywhere, and shows nothing, of somebody who joined while their invitation was taken back', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob)
    await ann.invite(room, cas.person)
    await bob.stands(room, cas.person, 'invited')
    await bob.home.restart()
    const early = connect(bob.home, cas.home)
    await cas.stands(room, cas.person, 'invited')
    await cas.join(room)
    await bob.stands(room, cas.person, 'member')
    await cas.send(room, 'in time?')
    await bob.showsTexts(room, ['in time?'])
    early.cut()
    await ann.remove(room, cas.person)
    connect(ann.home, bob.home)
    await bob.stands(room, cas.person, 'out')
    await bob.showsTexts(room, [])
    await ann.send(room, 'too late')
    await bob.showsTexts(room, ['too late'])
    const { device } = cas.person.account
    await ann.home.until('holds what cas wrote', () => ann.home.conversations.headsOf(room).has(device))
    await ann.showsTexts(room, ['too late'])
  })

  it('carries what members say who were linked from the start, once they have joined', async () => {
    for (const order of ['together', 'one by one']) {
      const [ann, bob, cas] = await people('ann', 'bob', 'cas')
      assert.ok(ann && bob && cas)
      connect(ann.home, bob.home)
      connect(ann.home, cas.home)
      connect(bob.home, cas.home)
      const room = await ann.found('Tea')
      await ann.invite(room, bob.person)
      await ann.invite(room, cas.person)
      for (const each of [bob, cas]) await each.stands(room, each.person, 'invited')
      if (order === 'together') await Promise.all([bob.join(room), cas.join(room)])
      else {
        await bob.join(room)
        await cas.stands(room, bob.person, 'member')
        await cas.join(room)
      }
      await ann.stands(room, bob.person, 'member')
      await ann.stands(room, cas.person, 'member')
      await bob.stands(room, cas.person, 'member')
      await cas.stands(room, bob.person, 'member')
      await ann.home.stop()
      await bob.send(room, 'from bob')
      await cas.showsTexts(room, ['from bob'])
      await cas.send(room, 'from cas')
      await bob.showsTexts(room, ['from bob', 'from cas'])
    }
  })

  it('falls silent once all know the same', async () => {
    const [ann, bob, cas] = await people('ann', 'bob', 'cas')
    assert.ok(ann && bob && cas)
    const room = await roomOf(ann, bob, cas)
    await bob.send(room, 'hello')
    await ann.showsTexts(room, ['hello'])
    await cas.showsTexts(room, ['hello'])
    for (const each of [ann, bob, cas]) await each.home.restart()
    const wire = connect(ann.home, bob.home)
    await ann.home.until('linked', () => ann.home.conversations.room(room)?.linked === true)
    await ann.send(room, 'last')
    await bob.showsTexts(room, ['hello', 'last'])
    assert.ok(wire.frames.length < 40, `${wire.frames.length} frames`)
  })

  it('knows the devices of its members, and what each has said', async () => {
    const [ann, bob] = await people('ann', 'bob')
    assert.ok(ann && bob)
    const room = await roomOf(ann, bob)
    const phone = new RoomPerson(await Home.open(withDevice(bob.person)))
    open.push(phone.home)
    connect(bob.home, phone.home)
    await phone.stands(room, bob.person, 'member')
    await phone.send(room, 'from my phone')
    await bob.showsTexts(room, ['from my phone'])
    await ann.showsTexts(room, ['from my phone'])
  })

  it('that one has left gives what was said there to one’s own new device', async () => {
    const [ann, bob] = await people('ann', 'bob')
    assert.ok(ann && bob)
    const room = await roomOf(ann, bob)
    await ann.send(room, 'welcome')
    await bob.send(room, 'bye')
    await ann.showsTexts(room, ['welcome', 'bye'])
    await bob.showsTexts(room, ['welcome', 'bye'])
    await bob.act(room, { is: 'leaving', cut: bob.heads(room, bob.person) })
    const phone = new RoomPerson(await Home.open(withDevice(bob.person)))
    open.push(phone.home)
    connect(bob.home, phone.home)
    await phone.showsTexts(room, ['welcome', 'bye'])
    assert.equal(phone.standing(room, bob.person), 'out')
  })
})
