import assert from 'node:assert/strict'
import { create, toBinary } from '@bufbuild/protobuf'
import { openMemoryStorage } from '@parley/storage-memory'
import { EventSchema } from '../../../../../../daemon/src/protocol/parley_pb.ts'
import { connect, Home, type Person, person, type Wire, withDevice } from '../../../../../support/conversations.ts'
import { until } from '../../../../../support/wait.ts'

const quick = { offerPause: 20 }

/** Bytes that each side has sent. */
function bytesOf(wire: Wire): Map<string, number> {
  const bytes = new Map<string, number>()
  for (const { from, is } of wire.frames) {
    bytes.set(from, (bytes.get(from) ?? 0) + toBinary(EventSchema, create(EventSchema, { is })).length)
  }
  return bytes
}

/** Two devices of one person who has written to many. */
async function pair(count: number) {
  const alice = person('alice')
  const first = await Home.open(alice, undefined, undefined, quick)
  const second = await Home.open({ ...withDevice(alice), name: 'second' }, undefined, undefined, quick)
  const friends: Person[] = []
  for (let index = 0; index < count; index++) friends.push(person(`friend ${index}`))
  await Promise.all(friends.map(friend => first.send(friend, `hello ${friend.name}`)))
  return { first, second, friends }
}

describe('a thousand conversations', () => {
  it('reach another device of one’s own, and the next link of the same two is nearly silent', async () => {
    const { first, second, friends } = await pair(1000)
    const begun = connect(first, second)
    await until('all there', () => second.conversations.list().length === 1000, 30_000)
    await until('all sealed', () => first.conversations.list().every(({ queued }) => queued <= 1), 30_000)
    await until('the same', async () => (await second.texts(friends[999] ?? first.person)).length === 1, 30_000)
    let before = -1
    const isSilent = () => {
      const isSame = before === begun.frames.length
      before = begun.frames.length
      return isSame
    }
    await until('silence', isSilent, 30_000)
    begun.cut()
    const again = connect(first, second)
    const last = friends[7]
    assert.ok(last)
    await first.send(last, 'one more')
    await second.until('it is there', async () => (await second.texts(last)).length === 2)
    for (const [name, bytes] of bytesOf(again)) assert.ok(bytes < 64 * 1024, `${name} has sent ${bytes} bytes`)
    again.cut()
    await first.send(last, 'while apart')
    const third = connect(first, second)
    await second.until('it is there as well', async () => (await second.texts(last)).length === 3)
    for (const [name, bytes] of bytesOf(third)) assert.ok(bytes < 128 * 1024, `${name} has sent ${bytes} bytes`)
    await first.stop()
    await second.stop()
  })
})

describe('what was taken of a peer', () => {
  it('is told at the next link, so that only the logs are named that have changed since', async () => {
    const { first, second, friends } = await pair(1)
    const [friend] = friends
    assert.ok(friend)
    await using carol = await Home.open(withDevice(first.person), undefined, undefined, quick)
    for (const home of [second, carol]) {
      const wire = connect(first, home)
      await home.until('there', async () => (await home.texts(friend)).length >= 1)
      await home.send(friend, `from ${home.person.account.device}`)
      await first.until('back', async () =>
        (await first.texts(friend)).some(text => text.endsWith(home.person.account.device)),
      )
      wire.cut()
    }
    const caught = connect(first, second)
    await second.until('all three', async () => (await second.texts(friend)).length === 3)
    await until('the cursor', async () => (await second.storage.list('cursor/', { limit: 9 })).rows.length > 0)
    caught.cut()
    const elsewhere = connect(first, carol)
    await first.send(friend, 'news')
    await carol.until('the news', async () => (await carol.texts(friend)).includes('news'))
    elsewhere.cut()
    const wire = connect(first, second)
    await second.until('the news', async () => (await second.texts(friend)).length === 4)
    const told = wire.frames.flatMap(({ from, is }) =>
      from === first.person.name && is.case === 'have' ? [is.value] : [],
    )
    assert.deepEqual(
      told.map(({ full, heads }) => [full, heads.length]),
      [[false, 1]],
    )
    assert.notEqual(told[0]?.epoch, 0n)
    await first.stop()
    await second.stop()
  })

  it('counts for nothing at a home that was put back: it tells all it has', async () => {
    const { first, second, friends } = await pair(1)
    const [friend] = friends
    assert.ok(friend)
    const backup = openMemoryStorage()
    const { rows } = await first.storage.list('', { limit: 1000 })
    await backup.write(rows.map(([put, value]) => ({ put, value })))
    const wire = connect(first, second)
    await second.until('there', async () => (await second.texts(friend)).length === 1)
    wire.cut()
    await first.restart(backup)
    await first.send(friend, 'another history')
    const again = connect(first, second)
    await second.until('both', async () => (await second.texts(friend)).length === 2)
    const told = again.frames.flatMap(({ from, is }) =>
      from === first.person.name && is.case === 'have' ? [is.value] : [],
    )
    assert.ok(told.every(({ full }) => full))
    await first.stop()
    await second.stop()
  })
})
