import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { type DeviceLog, emptyLog } from '../../../../../daemon/src/hub/conversations/device-log.ts'
import type { MembershipEntry } from '../../../../../daemon/src/hub/conversations/members.ts'
import { changedLines } from '../../../../../daemon/src/hub/conversations/membership/lines.ts'
import { recountsFor } from '../../../../../daemon/src/hub/conversations/membership/recount.ts'
import { RoomMembers } from '../../../../../daemon/src/hub/conversations/membership/room-members.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { type DeviceId, fromText, messageId } from '../../../../../daemon/src/protocol/ids.ts'
import { generateKeyPair } from '../../../../../daemon/src/protocol/keys.ts'
import type { MembershipAct } from '../../../../../daemon/src/protocol/membership.ts'
import { encodeAct, kindOf } from '../../../../../daemon/src/protocol/membership-bodies.ts'
import { EntrySchema } from '../../../../../daemon/src/protocol/parley_pb.ts'
import { deviceNamed, place, Script, userNamed } from '../../../../support/acts.ts'
import { connect, Home, keyring, person, type Wire } from '../../../../support/conversations.ts'
import { RoomPerson } from '../../../../support/rooms.ts'
import { until } from '../../../../support/wait.ts'

const { spki } = generateKeyPair()

/** Somebody's act as it is held, but for its signature. */
function entryOf({ hash, user, device, rights, body }: MembershipAct, room: Script, index: number): MembershipEntry {
  const kind = kindOf(body) ?? 0
  const header = { conversation: room.room, device, seq: index + 1, prev: [], time: BigInt(index + 1) << 16n }
  const known = { rights: rights.map(fromText), kind, bodyHash: new Uint8Array(32), bodySize: 0 }
  const entry = create(EntrySchema, { body: encodeAct(body, messageId(new Uint8Array(16).fill(index % 250)), index) })
  return { header: { ...header, ...known }, hash: fromText(hash), entry, user, key: spki }
}

function membersOf(room: Script): RoomMembers {
  const parts = { room: room.room, self: userNamed('p1'), keyring }
  return RoomMembers.of(
    parts,
    room.acts.map((act, index) => entryOf(act, room, index)),
  )
}

describe('a large room', () => {
  const open: Home[] = []

  afterEach(async () => {
    for (const home of open.splice(0)) await home.stop()
  })

  it('of 20 homes brings round what is said and who comes and goes, without the founder and with two links each', async function () {
    this.timeout(60_000)
    const people: RoomPerson[] = []
    for (let number = 0; number < 20; number++) {
      const home = await Home.open(person(`p${number}`), undefined, undefined, { offerPause: 50 })
      open.push(home)
      people.push(new RoomPerson(home))
    }
    const [founder, second, third] = people
    assert.ok(founder && second && third)
    const [, ...others] = people
    const room = await founder.found('Ring')
    for (const { person: who } of others) await founder.invite(room, who)
    const link = (a: RoomPerson, b: RoomPerson): Wire => connect(a.home, b.home)
    for (const [number, each] of people.entries()) link(each, people[(number + 1) % people.length] ?? each)
    // Each hears of the room from a neighbour, who heard of it from another.
    for (const other of others) {
      await other.stands(room, other.person, 'invited')
      await other.join(room)
    }
    const count = (each: RoomPerson) => each.membership(room)?.members.length
    for (const each of people) await each.home.until('all joined', () => count(each) === 20)
    await founder.act(room, { is: 'role', user: second.person.user, role: 'admin' })
    await founder.send(room, 'over to you')
    for (const each of people) await each.showsTexts(room, ['over to you'])

    await founder.home.stop()
    await second.home.until('promoted', () => second.standing(room, second.person) === 'admin')
    const said = ['over to you']
    for (const [number, each] of others.entries()) {
      if (number % 6 !== 0) continue
      await each.send(room, `from ${number}`)
      said.push(`from ${number}`)
    }
    const leaver = others[9]
    const removed = others[14]
    assert.ok(leaver && removed)
    await leaver.act(room, { is: 'leaving', cut: leaver.heads(room, leaver.person) })
    await second.home.until('what the removed one said', () => second.heads(room, removed.person).length > 0)
    await second.remove(room, removed.person)
    // Whoever is out passes nothing on any more: the ring is whole again without them.
    const staying = others.filter(each => each !== leaver && each !== removed)
    for (const [number, each] of staying.entries()) link(each, staying[(number + 3) % staying.length] ?? each)
    for (const each of staying) {
      await each.showsTexts(room, said)
      await each.stands(room, leaver.person, 'out')
      await each.stands(room, removed.person, 'out')
    }
    await third.send(room, 'only we')
    said.push('only we')
    for (const each of staying) await each.showsTexts(room, said)

    // The founder comes back to somebody at the other end.
    await founder.home.start()
    const far = staying[8]
    assert.ok(far)
    link(founder, far)
    await founder.showsTexts(room, said)
    await founder.home.until('who is left', () => count(founder) === 18)
    assert.ok(!(await removed.shown(room)).includes('only we'))
    assert.ok(!(await leaver.shown(room)).includes('only we'))
  })

  it('of which all but one have a link to that one alone brings everybody everything, and falls silent', async function () {
    this.timeout(60_000)
    const people: RoomPerson[] = []
    for (let number = 0; number < 12; number++) {
      const home = await Home.open(person(`p${number}`), undefined, undefined, { offerPause: 50 })
      open.push(home)
      people.push(new RoomPerson(home))
    }
    const [middle, ...others] = people
    const [writer] = others
    assert.ok(middle && writer)
    const room = await middle.found('Star')
    for (const { person: who } of others) await middle.invite(room, who)
    const wires: Wire[] = []
    for (const other of others) {
      wires.push(connect(middle.home, other.home))
      await other.stands(room, other.person, 'invited')
      await other.join(room)
    }
    for (const each of people) {
      await each.home.until('all joined', () => each.membership(room)?.members.length === people.length)
    }
    await writer.send(room, 'to all of you')
    for (const each of people) await each.showsTexts(room, ['to all of you'])
    // Who has read it, too: in the end the writer knows that all have.
    for (const each of people) {
      const { messages } = await each.home.conversations.history(room, { limit: 500 })
      const last = messages.at(-1)
      assert.ok(last)
      await each.home.conversations.markRead(room, last.position)
    }
    await writer.home.until('read by all', async () => {
      const { messages } = await writer.home.conversations.history(room, { limit: 500 })
      return messages.find(({ text }) => text === 'to all of you')?.state === 'read'
    })
    const frames = () => wires.reduce((sum, wire) => sum + wire.frames.length, 0)
    let before = -1
    await until('silence', () => {
      const isSilent = frames() === before
      before = frames()
      return isSilent
    })
  })

  it('of 200 members and thousands of acts takes another without holding anything up', () => {
    const room = new Script('p0')
    let head = room.founding
    const members: string[] = []
    for (let number = 1; number < 200; number++) members.push(`p${number}`)
    for (const who of members) head = room.add('p0', who, [head])
    for (let number = 0; room.acts.length < 4_000; number++) {
      const who = members[(number * 7) % members.length] ?? ''
      head = room.remove('p0', who, [head], [place(who, number + 1)])
      // Two come back at the same time as something else is said.
      const invited = room.invite('p0', who, [head])
      const renamed = room.rename('p0', `Room ${number}`, [head])
      head = room.join(who, [invited, renamed])
    }
    const logs = new Map<DeviceId, DeviceLog>(members.map(who => [deviceNamed(who), emptyLog]))
    let before = membersOf(room)
    assert.equal(before.users.size, 200)
    const times: number[] = []
    for (let number = 0; number < 6; number++) {
      head = room.remove('p0', `p${number + 1}`, [head], [place(`p${number + 1}`, 9_000)])
      const index = room.acts.length - 1
      const act = room.acts[index]
      assert.ok(act)
      const start = process.cpuUsage()
      const after = before.with([entryOf(act, room, index)])
      assert.equal(after.users.size, before.users.size - 1)
      assert.equal(changedLines(before, after).told.length, 1)
      recountsFor(before, after, logs)
      assert.equal(after.entriesDigest.length, 8)
      // What it takes of the processor: others may be busy on it, too.
      const { user, system } = process.cpuUsage(start)
      times.push((user + system) / 1_000)
      before = after
    }
    assert.ok(Math.min(...times) < 50, `it took ${Math.min(...times).toFixed(1)} ms`)
  })

  it('holds so many acts of one person, so that others go on', () => {
    const room = new Script('p0')
    let head = room.add('p0', 'mallory', [room.founding])
    while (room.acts.length < limits.membershipEntriesOf + 100) head = room.rename('mallory', 'Mine', [head])
    const full = membersOf(room)
    assert.equal(full.entries.size, limits.membershipEntriesOf + 2)
    const act = room.remove('p0', 'mallory', full.membership.heads)
    const removal = room.acts.at(-1)
    assert.equal(removal?.hash, act)
    const after = full.with([entryOf(removal, room, 5_000)])
    assert.deepEqual([...after.users], [userNamed('p0')])
    assert.equal(full.with([entryOf(room.acts.at(-2) ?? removal, room, 5_001)]), full)
  })
})
