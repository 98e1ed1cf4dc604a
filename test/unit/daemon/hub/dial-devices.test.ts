import assert from 'node:assert/strict'
import { hubHome, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }
const waits = { reconnect: quick, upgrade: quick }

describe('hub: the devices of a person', () => {
  it('are each reached by a link of their own, also one that comes when the other is linked', async () => {
    await using stack = new AsyncDisposableStack()
    const registry = stack.use(await startTestRegistry())
    const { address } = registry.registry
    const homes = {
      alice: stack.use(await hubHome()),
      bob: stack.use(await hubHome()),
      second: stack.use(await hubHome()),
    }
    const alice = stack.use(await startTestHub(homes.alice, waits))
    const bob = stack.use(await startTestHub(homes.bob, waits))
    await alice.hub.signUp({ registry: address, name: 'alice', password })
    await bob.hub.signUp({ registry: address, name: 'bob', password })
    await alice.say('bob', 'to one device')
    await hasCome(bob, ['to one device'])

    // Bob's second device: approved, then away, while the first stays linked.
    const second = stack.use(await startTestHub(homes.second, waits))
    await second.hub.signIn({ registry: address, name: 'bob', password })
    await approve(bob, second)
    await hasCome(second, ['to one device'])
    await until('both links', () => alice.hub.status().links === 2)
    await second.hub.close()
    await until('one link to be left', () => alice.hub.status().links === 1)
    await alice.say('bob', 'while the second was away')
    await hasCome(bob, ['to one device', 'while the second was away'])

    const again = stack.use(await startTestHub(homes.second, waits))
    await hasCome(again, ['to one device', 'while the second was away'])
    await until('both links', () => alice.hub.status().links === 2)
  })
})

async function approve(by: RunningHub, other: RunningHub): Promise<void> {
  const isIt = ({ device }: { device: string }) => device === other.hub.device
  const pending = await by.seen('the pending device', () => by.hub.snapshot().pendingDevices.find(isIt))
  await by.hub.devices.approveDevice({ device: pending.device, digits: other.account().digits ?? '' })
  await other.seen('the approval', () => other.account().state === 'online')
}

async function hasCome(hub: RunningHub, texts: readonly string[]): Promise<void> {
  await until('every message', async () => (await hub.texts('alice')).length >= texts.length, 20_000)
  assert.deepEqual(await hub.texts('alice'), texts)
}
