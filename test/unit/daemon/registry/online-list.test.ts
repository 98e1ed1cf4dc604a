import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { limits } from '../../../../daemon/src/limits.ts'
import { FrameReader } from '../../../../daemon/src/protocol/frames.ts'
import { fromText, type UserId, userId } from '../../../../daemon/src/protocol/ids.ts'
import { type Event, type Person, PersonSchema } from '../../../../daemon/src/protocol/parley_pb.ts'
import { OnlineList, type Subscriber } from '../../../../daemon/src/registry/online-list.ts'
import { until } from '../../../support/wait.ts'

describe('online list', () => {
  it('gives a long list in pages with the number of the snapshot', async () => {
    const users = people(3 * limits.peoplePerPage + 3)
    const { list } = listOf(users)
    const reader = subscriber()
    const first = await list.watch(reader)
    assert.deepEqual([first.people, first.more], [[], true], 'a long list comes in events alone')
    await until('all pages', () => reader.events.length === 4)
    const pages = reader.events.map(({ people }) => people)
    assert.deepEqual(
      pages.map(page => page.length),
      [...Array(3).fill(limits.peoplePerPage), 3],
    )
    assert.deepEqual(new Set(pages.flat().map(({ user }) => userId(user))), new Set(users))
    assert.ok(reader.events.every(({ number }) => number === first.number))
    list.close()
  })

  it('has who was asked for too, each once, and how many there are', async () => {
    const [here, gone] = people(2)
    assert.ok(here && gone)
    const { list, status } = listOf([here])
    status.set(gone, 'offline')
    const reader = subscriber()
    const first = await list.watch(reader, [gone, here])
    assert.deepEqual(
      first.people.map(({ user, status }) => [userId(user), status]),
      [
        [here, 'online'],
        [gone, 'offline'],
      ],
    )
    list.changed(here)
    await until('a change', () => reader.events.length === 1)
    assert.deepEqual([first.total, reader.events[0]?.total], [7, 7])
    list.close()
  })

  it('makes one change of what happens while a subscriber is slow', async () => {
    const users = people(3)
    const { list, status } = listOf(users)
    const reader = subscriber()
    const { number } = await list.watch(reader)
    const [one, two] = users
    assert.ok(one && two)
    reader.hold()
    list.changed(one)
    await until('the first event is under way', () => reader.events.length === 1)
    for (let time = 0; time < 1000; time++) {
      status.set(two, time % 2 === 0 ? 'offline' : 'online')
      list.changed(two)
    }
    reader.release()
    await until('the second event', () => reader.events.length === 2)
    assert.deepEqual(
      reader.events.map(event => event.number),
      [number + 1n, number + 2n],
    )
    assert.deepEqual(
      reader.events[1]?.people.map(person => person.status),
      ['online'],
    )
    list.close()
  })

  it('sends the same bytes to all who were told the same', async () => {
    const users = people(3)
    const { list } = listOf(users)
    const readers = Array.from({ length: 3 }, () => subscriber())
    for (const reader of readers) await list.watch(reader)
    for (const user of users) list.changed(user)
    await until('all heard', () => readers.every(({ frames }) => frames.length === 1))
    assert.equal(new Set(readers.map(({ frames }) => frames[0])).size, 1, 'encoded once')
    list.close()
  })

  it('lets whoever reads go on while others do not take their pages, and those afterwards', async () => {
    const users = people(2 * limits.peoplePerFrame)
    const { list } = listOf(users)
    const idle = Array.from({ length: limits.snapshotsAtOnce }, () => subscriber())
    for (const reader of idle) {
      reader.hold()
      await list.watch(reader)
    }
    const reader = subscriber()
    await list.watch(reader)
    const pages = Math.ceil(users.length / limits.peoplePerPage)
    await until('the whole list', () => reader.frames.length === pages)
    assert.ok(
      idle.every(({ frames }) => frames.length === 1),
      'each of the others has one page to take',
    )
    for (const other of idle) other.release()
    await until('the others too', () => idle.every(({ frames }) => frames.length === pages))
    list.close()
  })

  it('is not asked for again and again: one waits, another is refused', async () => {
    const { list } = listOf(people(1))
    const reader = subscriber()
    await list.watch(reader)
    const began = performance.now()
    const again = list.watch(reader)
    await assert.rejects(list.watch(reader), { code: 'busy' })
    await again
    assert.ok(performance.now() - began > limits.watchAgain / 2)
    const last = list.watch(reader)
    list.unwatch(reader)
    await assert.rejects(last, { code: 'closed' })
    list.close()
  })

  it('cuts a subscriber that takes nothing, and forgets it', async () => {
    const users = people(2)
    const { list } = listOf(users, { slow: 10 })
    const reader = subscriber()
    await list.watch(reader)
    reader.hold()
    for (const user of users) list.changed(user)
    await until('it is cut', () => reader.closed() === 'busy')
    for (const user of users) list.changed(user)
    const other = subscriber()
    await list.watch(other)
    for (const user of users) list.changed(user)
    await until('others hear on', () => other.events.length > 0)
    assert.equal(reader.events.length, 1)
    list.close()
  })
})

function people(count: number): UserId[] {
  return Array.from({ length: count }, () => userId(randomBytes(16)))
}

function listOf(users: readonly UserId[], { slow = 10_000 } = {}) {
  const status = new Map<UserId, string>()
  const person = (user: UserId): Person =>
    create(PersonSchema, { user: fromText(user), status: status.get(user) ?? 'online' })
  return { status, list: new OnlineList({ online: () => users, person, total: () => 7, flush: 1, slow }) }
}

/** A subscriber that can stop reading. */
function subscriber() {
  const frames: Uint8Array[] = []
  const events: Extract<Event['is'], { case: 'onlineChange' }>['value'][] = []
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  let closed: string | undefined
  const reader: Subscriber = {
    sendFrame(frame) {
      const [read] = new FrameReader({ limit: limits.frame }).push(frame)
      assert.ok(read?.is.case === 'event' && read.is.value.is.case === 'onlineChange')
      frames.push(frame)
      events.push(read.is.value.is.value)
      return gate.promise
    },
    close(code) {
      closed = code
      gate.reject(new Error(code))
    },
  }
  return Object.assign(reader, {
    events,
    frames,
    hold() {
      gate = Promise.withResolvers()
      gate.promise.catch(() => {})
    },
    release: () => gate.resolve(),
    closed: () => closed,
  })
}
