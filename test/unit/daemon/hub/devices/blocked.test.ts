import assert from 'node:assert/strict'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }
const start = (home: HubHome) => startTestHub(home, { reconnect: quick })
const blockedOn = async ({ hub }: RunningHub) => (await hub.strangers.blocked()).people.map(({ name }) => name)
const bobIsBlocked = (on: RunningHub, isBlocked: boolean) =>
  until('it has heard of the block', async () => (await blockedOn(on)).includes('bob') === isBlocked)

describe('who is blocked', () => {
  it('is so on all devices of whoever blocks: nothing of theirs comes, on no way, until they are unblocked', async () => {
    await using team = await twoDevices()
    const [laptop, desk, bob] = await Promise.all([start(team.laptop), start(team.desk), start(team.bob)])
    team.uses(laptop, desk, bob)
    await bob.say('alice', 'before')
    await until('both have it', async () => (await laptop.texts('bob')).length + (await desk.texts('bob')).length === 2)
    await laptop.hub.strangers.block({ with: 'bob', blocked: true })
    await bobIsBlocked(desk, true)
    await assert.rejects(desk.say('bob', 'hi'), { code: 'blocked' })
    await until('bob has no link', () => bob.hub.status().links === 0)
    const meant = await bob.say('alice', 'while blocked')
    await assert.rejects(bob.hub.waitDelivered({ ...meant, timeout: 200 }), { code: 'timeout' })
    for (const device of [laptop, desk]) assert.deepEqual(await device.texts('bob'), ['before'])
    await desk.hub.strangers.block({ with: 'bob', blocked: false })
    await bobIsBlocked(laptop, false)
    for (const device of [laptop, desk]) {
      await until('it has come', async () => (await device.texts('bob')).join() === 'before,while blocked')
    }
  })

  it('is not heard by way of a device that had not heard of it', async () => {
    await using team = await twoDevices()
    const [laptop, desk, bob] = await Promise.all([start(team.laptop), start(team.desk), start(team.bob)])
    team.uses(bob)
    await bob.say('alice', 'before')
    await until('both have it', async () => (await laptop.texts('bob')).length + (await desk.texts('bob')).length === 2)
    await desk.hub.close()
    await laptop.hub.strangers.block({ with: 'bob', blocked: true })
    await laptop.hub.close()
    const unknowing = await start(team.desk)
    const meant = await bob.say('alice', 'while blocked')
    await bob.hub.waitDelivered({ ...meant, timeout: 10_000 })
    const again = await start(team.laptop)
    team.uses(unknowing, again)
    await bobIsBlocked(unknowing, true)
    await unknowing.say('carol', 'from the desk')
    await until('the devices are in step', async () => (await again.texts('carol')).length === 1)
    assert.deepEqual(await again.texts('bob'), ['before'])
    await again.hub.strangers.block({ with: 'bob', blocked: false })
    await until('it has come', async () => (await again.texts('bob')).length === 2)
    assert.deepEqual(await again.texts('bob'), ['before', 'while blocked'])
  })
})

/** Alice with two devices that know each other, and bob and carol, all closed. */
async function twoDevices() {
  const stack = new AsyncDisposableStack()
  const registry = stack.use(await startTestRegistry())
  const made = async () => stack.use(await hubHome())
  const [laptop, desk, bob, carol] = [await made(), await made(), await made(), await made()]
  const address = registry.registry.address
  for (const [name, home] of Object.entries({ bob, carol })) {
    await using running = await start(home)
    await running.hub.signUp({ registry: address, name, password })
  }
  await using first = await start(laptop)
  await first.hub.signUp({ registry: address, name: 'alice', password })
  await using second = await start(desk)
  const { digits = '' } = await second.hub.signIn({ registry: address, name: 'alice', password })
  const { device } = await first.seen('the device that waits', () => first.hub.snapshot().pendingDevices[0])
  await first.hub.devices.approveDevice({ device, digits })
  await second.seen('the approval', () => second.account().state === 'online')
  await until('the account key', async () => (await second.hub.devices.devices()).hasAccountKey)
  const uses = (...hubs: RunningHub[]) => hubs.forEach(hub => void stack.use(hub))
  return { laptop, desk, bob, uses, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
