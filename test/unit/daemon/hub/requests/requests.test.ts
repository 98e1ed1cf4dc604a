import assert from 'node:assert/strict'
import { Blocks, classicBlock, personBlock } from '../../../../../daemon/src/hub/blocks.ts'
import { type Asking, Requests } from '../../../../../daemon/src/hub/requests/requests.ts'
import { limits } from '../../../../../daemon/src/limits.ts'
import { HybridClock } from '../../../../../daemon/src/protocol/clock.ts'
import type { DirectInfo } from '../../../../../daemon/src/protocol/control.ts'
import { classicConversationId, deviceId } from '../../../../../daemon/src/protocol/ids.ts'
import { openMemoryStorage } from '../../../../../plugins/storage-memory/src/index.ts'

describe('hub: chat requests', () => {
  it('are at most so many, of one address a few, and the first ones stay', async () => {
    const { requests } = await fresh()
    for (let at = 0; at < 2 * limits.requestsPerAddress; at++) await requests.add(ask(`near-${at}`, '10.0.0.1'))
    assert.equal(requests.list().length, limits.requestsPerAddress)
    for (let at = 0; at < 2 * limits.requests; at++) await requests.add(ask('far', `10.1.${at >> 8}.${at & 255}`))
    assert.equal(requests.list().length, limits.requests)
    assert.equal(requests.list()[0]?.name, 'near-0')
  })

  it('of one IPv6 network count as of one address', async () => {
    const { requests } = await fresh()
    for (let at = 1; at < 10; at++) await requests.add(ask('six', `2001:db8::${at}`))
    assert.equal(requests.list().length, limits.requestsPerAddress)
  })

  it('go after their time, and survive a restart until then', async () => {
    const { requests, clock, again } = await fresh()
    await requests.add(ask('bob', '10.0.0.1'))
    clock.now += limits.requestAge - 1
    assert.equal((await again()).list().length, 1)
    clock.now += 1
    assert.deepEqual((await again()).list(), [])
    await requests.add(ask('carol', '10.0.0.2'))
    assert.deepEqual(
      requests.list().map(({ name }) => name),
      ['carol'],
    )
  })

  it('that were declined are shown again after a day, over a restart too, and leave no room before', async () => {
    const { requests, clock, again } = await fresh()
    for (let at = 0; at < limits.requestsPerAddress; at++) {
      await requests.add(ask(`bob-${at}`, '10.0.0.1'))
      await requests.answer(ask(`bob-${at}`, '10.0.0.1').id, 'decline')
    }
    assert.deepEqual(requests.list(), [])
    await requests.add(ask('one-more', '10.0.0.1'))
    assert.deepEqual(requests.list(), [], 'a no makes no room for the next key')
    clock.now += limits.declinedFor - 1
    const later = await again()
    await later.add(ask('bob-0', '10.0.0.1'))
    assert.deepEqual(later.list(), [])
    clock.now += 1
    await later.add(ask('bob-0', '10.0.0.1'))
    assert.equal(later.list().length, 1)
  })

  it('that come again are one, whose words are written once a minute at most', async () => {
    const { requests, clock, storage } = await fresh()
    const asked = ask('bob', '10.0.0.1')
    await requests.add(asked)
    let writes = 0
    const write = storage.write.bind(storage)
    storage.write = changes => {
      writes++
      return write(changes)
    }
    for (let time = 0; time < 50; time++) await requests.add({ ...asked, displayName: `Bob ${time}` })
    assert.equal(writes, 0)
    clock.now += limits.requestAgain
    await requests.add({ ...asked, displayName: 'Robert' })
    assert.deepEqual([writes, requests.list().map(({ displayName }) => displayName)], [1, ['Robert']])
  })

  it('are accepted by who serves their kind, once; a block names whom', async () => {
    const { requests, blocks, accepted } = await fresh()
    const bob = ask('bob', '10.0.0.1')
    const mallory = ask('mallory', '10.0.0.2')
    await requests.add(bob)
    await requests.add(mallory)
    assert.ok((await requests.answer(bob.id, 'accept')).conversation)
    assert.deepEqual(accepted, ['bob'])
    await assert.rejects(requests.answer(bob.id, 'accept'), { code: 'usage' })
    await requests.answer(mallory.id, 'block')
    assert.deepEqual(
      blocks.all().map(({ name }) => name),
      ['mallory'],
    )
    assert.ok(blocks.has(classicBlock(classicConversationId('10.0.0.2', 'mallory'))))
    assert.deepEqual(requests.list(), [])
  })
})

describe('hub: blocks', () => {
  it('are there after a restart, once each, and bounded', async () => {
    const storage = openMemoryStorage()
    const blocks = await Blocks.open(storage, stamps())
    const key = (number: number) => classicBlock(classicConversationId('10.0.0.1', `n${number}`))
    const told: string[] = []
    blocks.watch(changed => told.push(changed))
    await blocks.block(key(0), 'zero')
    await blocks.block(key(0), 'zero')
    assert.deepEqual(told, [key(0)])
    for (let number = 1; number < limits.blocked; number++) await blocks.block(key(number), 'n')
    await assert.rejects(blocks.block(key(limits.blocked), 'n'), { code: 'busy' })
    const again = await Blocks.open(storage, stamps())
    assert.equal(again.all().length, limits.blocked)
    await again.unblock(key(0))
    assert.ok(!again.has(key(0)))
    assert.notEqual(personBlock('a' as never, 'b' as never), personBlock('a' as never, 'c' as never))
  })
})

function stamps(now = Date.now) {
  return { clock: new HybridClock({ now, monotonic: () => 0 }), device: deviceId(new Uint8Array(32)) }
}

function ask(name: string, address: string): Asking {
  return { kind: 'classic', id: classicConversationId(address, name), name, displayName: name, address }
}

async function fresh() {
  const storage = openMemoryStorage()
  const clock = { now: 1_790_000_000_000 }
  const now = () => clock.now
  const blocks = await Blocks.open(storage, stamps(now))
  const accepted: string[] = []
  const again = async () => {
    const requests = await Requests.open({ storage, now, blocks, changed: () => {} })
    requests.serve('classic', {
      accept: async ({ name }) => {
        accepted.push(name)
        return {} as DirectInfo
      },
      blockKey: ({ id }) => classicBlock(id),
    })
    return requests
  }
  return { storage, clock, blocks, accepted, again, requests: await again() }
}
