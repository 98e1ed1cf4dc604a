import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { ensureHome } from '../../../../../daemon/src/locations.ts'
import { loadIdentity } from '../../../../../daemon/src/net/identity.ts'
import { personOf } from '../../../../../daemon/src/protocol/conversation-infos.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { type RunningRegistry, registryMemory, startTestRegistry } from '../../../../support/registry.ts'
import { until } from '../../../../support/wait.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

async function signedUp(registry: RunningRegistry, home: HubHome, name: string): Promise<RunningHub> {
  const hub = await startTestHub(home, { reconnect: quick })
  await hub.hub.signUp({ registry: registry.registry.address, name, password })
  return hub
}

/** Another home that has signed in to the account by password. */
async function waiting(registry: RunningRegistry, home: HubHome, name = 'alice'): Promise<RunningHub> {
  const hub = await startTestHub(home, { reconnect: quick })
  const account = await hub.hub.signIn({ registry: registry.registry.address, name, password })
  assert.equal(account.state, 'pending')
  return hub
}

/** `by` approves `other`, whose digits somebody has compared. */
async function approve(by: RunningHub, other: RunningHub): Promise<void> {
  const { digits = '' } = other.account()
  const pending = await by.seen('the pending device', () =>
    by.hub.snapshot().pendingDevices.find(({ device }) => device === other.hub.device),
  )
  assert.equal(pending.digits, digits)
  await by.hub.devices.approveDevice({ device: pending.device, digits })
  await other.seen('the approval', () => other.account().state === 'online')
}

const holdsKey = async ({ hub }: RunningHub) => (await hub.devices.devices()).hasAccountKey
const keyOf = async (home: HubHome, registry: RunningRegistry) =>
  loadIdentity(ensureHome(home.path).accountKey(registry.registry.id))

describe('a second device', () => {
  it('waits with its digits, gets nothing, is approved live, gets the account key and can approve a third', async () => {
    await using registry = await startTestRegistry()
    await using homes = await hubHomes(4)
    const [aliceHome, otherHome, thirdHome, bobHome] = homes.all
    await using alice = await signedUp(registry, aliceHome, 'alice')
    await using bob = await signedUp(registry, bobHome, 'bob')
    await using other = await waiting(registry, otherHome)
    assert.match(other.account().digits ?? '', /^\d{5}( \d{5}){5}$/)
    assert.equal(await keyOf(otherHome, registry), undefined)
    await assert.rejects(other.hub.send({ to: 'bob', text: 'hi', message: 'a'.repeat(26) }), { name: 'ParleyError' })
    await assert.rejects(other.hub.who({}), { code: 'second-device' })
    const sent = await bob.say('alice', 'for the first device')
    await bob.hub.waitDelivered({ ...sent, timeout: 10_000 })
    assert.deepEqual(other.hub.snapshot().conversations, [])

    await approve(alice, other)
    assert.equal(other.account().digits, undefined)
    assert.deepEqual(alice.hub.snapshot().pendingDevices, [])
    await until('the account key', () => holdsKey(other))
    const [held, made] = [await keyOf(otherHome, registry), await keyOf(aliceHome, registry)]
    assert.deepEqual(held?.id, made?.id)
    const file = ensureHome(otherHome.path).accountKey(registry.registry.id)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.deepEqual(
      (await other.hub.devices.devices()).devices.map(({ isThis, isOnline, isPending }) => [
        isThis,
        isOnline,
        isPending,
      ]),
      [
        [false, true, false],
        [true, true, false],
      ],
    )
    const hello = await other.say('bob', 'from the second device')
    await other.hub.waitDelivered({ ...hello, timeout: 10_000 })
    await alice.hub.close()
    await using third = await waiting(registry, thirdHome)
    await approve(other, third)
    await until('the account key on the third', () => holdsKey(third))
  })

  it('is not approved by other digits, and declined by a no', async () => {
    await using registry = await startTestRegistry()
    await using homes = await hubHomes(2)
    await using alice = await signedUp(registry, homes.all[0], 'alice')
    await using other = await waiting(registry, homes.all[1])
    const { device } = other.hub
    const wrong = { device, digits: '00000 00000 00000 00000 00000 00000' }
    await assert.rejects(alice.hub.devices.approveDevice(wrong), { code: 'wrong-key' })
    await assert.rejects(alice.hub.devices.approveDevice({ ...wrong, device: 'a'.repeat(52) }), {
      code: 'usage',
    })
    assert.equal(other.account().state, 'pending')
    await alice.hub.devices.revokeDevice({ device })
    await other.seen('the no', () => other.account().state === 'signed-out')
    assert.match(other.account().why ?? '', /declined/)
    assert.equal((await other.hub.signIn({ password })).state, 'pending')
  })

  it('waits on after a restart, and learns of an approval that came meanwhile', async () => {
    await using registry = await startTestRegistry()
    await using homes = await hubHomes(2)
    const [aliceHome, otherHome] = homes.all
    await using alice = await signedUp(registry, aliceHome, 'alice')
    let digits = ''
    {
      await using other = await waiting(registry, otherHome)
      digits = other.account().digits ?? ''
    }
    {
      await using other = await startTestHub(otherHome, { reconnect: quick })
      await other.seen('pending again', () => other.account().state === 'pending')
      assert.equal(other.account().digits, digits)
    }
    const { devices } = await alice.hub.devices.devices()
    const pending = devices.find(({ isPending }) => isPending)
    await alice.hub.devices.approveDevice({ device: pending?.device ?? '', digits })
    await using other = await startTestHub(otherHome, { reconnect: quick })
    await other.seen('online', () => other.account().state === 'online')
    await until('the account key', () => holdsKey(other))
  })

  it('that was revoked is cut off by everybody at once, says so, and keeps its history', async () => {
    await using registry = await startTestRegistry()
    await using homes = await hubHomes(3)
    const [aliceHome, stolenHome, bobHome] = homes.all
    await using alice = await signedUp(registry, aliceHome, 'alice')
    await using bob = await signedUp(registry, bobHome, 'bob')
    await using stolen = await waiting(registry, stolenHome)
    await approve(alice, stolen)
    const sent = await stolen.say('bob', 'I have a link to you')
    await stolen.hub.waitDelivered({ ...sent, timeout: 10_000 })
    const before = bob.hub.status().links
    assert.ok(before > 0)

    const began = performance.now()
    await alice.hub.devices.revokeDevice({ device: stolen.hub.device })
    await bob.seen('the cut', () => bob.hub.status().links < before, 2_000)
    assert.ok(performance.now() - began < 2_000)
    await stolen.seen('its end', () => stolen.account().state === 'signed-out')
    assert.match(stolen.account().why ?? '', /removed from the account/)
    assert.deepEqual(await stolen.texts('bob'), ['I have a link to you'])
    await assert.rejects(stolen.hub.signIn({ password }), { code: 'device-denied' })
    await assert.rejects(stolen.say('bob', 'still here?'), { name: 'ParleyError' })
    assert.equal((await alice.hub.devices.devices()).devices.length, 1)
    await assert.rejects(alice.hub.devices.revokeDevice({ device: alice.hub.device }), { code: 'usage' })
  })

  it('lets a registry that was restored from a backup know it again', async () => {
    const memory = registryMemory()
    await using homes = await hubHomes(2)
    const [aliceHome, otherHome] = homes.all
    const backup = new Map<string, Uint8Array>()
    let port = 0
    {
      await using registry = await startTestRegistry({ memory })
      port = registry.port
      await using alice = await signedUp(registry, aliceHome, 'alice')
      const { rows } = await memory.storage.list('', { limit: 1_000 })
      for (const [key, value] of rows) backup.set(key, value)
      await using other = await waiting(registry, otherHome)
      await approve(alice, other)
    }
    const { rows } = await memory.storage.list('', { limit: 1_000 })
    await memory.storage.write(rows.map(([key]) => ({ remove: key })))
    await memory.storage.write([...backup].map(([put, value]) => ({ put, value })))
    await using _again = await startTestRegistry({ memory, options: { listen: [`127.0.0.1:${port}`] } })
    await using other = await startTestHub(otherHome, { reconnect: quick })
    await other.seen('not known', () => other.account().state === 'refused')
    await using alice = await startTestHub(aliceHome, { reconnect: quick })
    await alice.seen('online', () => alice.account().state === 'online')
    assert.equal((await other.hub.signIn({})).state, 'online')
  })
})

describe('a new account key', () => {
  it('is for a pending device after the password; friends decide before anything passes', async () => {
    await using registry = await startTestRegistry()
    await using homes = await hubHomes(4)
    const [aliceHome, freshHome, bobHome, carolHome] = homes.all
    await using alice = await signedUp(registry, aliceHome, 'alice')
    await using bob = await signedUp(registry, bobHome, 'bob')
    await using carol = await signedUp(registry, carolHome, 'carol')
    for (const friend of [bob, carol]) {
      const sent = await friend.say('alice', 'hello')
      await friend.hub.waitDelivered({ ...sent, timeout: 10_000 })
    }
    const { digits } = await carol.hub.trust.safetyNumber({ with: 'alice' })
    assert.equal((await alice.hub.trust.safetyNumber({ with: 'carol' })).digits, digits)
    await assert.rejects(
      carol.hub.trust.setVerified({ with: 'alice', digits: digits.replaceAll('1', '2'), verified: true }),
      { code: 'wrong-key' },
    )
    const verified = await carol.hub.trust.setVerified({ with: 'alice', digits, verified: true })
    assert.equal(verified.trust, 'verified')
    await assert.rejects(alice.hub.devices.newAccountKey(), { code: 'usage' })
    await alice.hub.close()

    await using fresh = await waiting(registry, freshHome)
    assert.equal((await fresh.hub.devices.newAccountKey()).state, 'online')
    assert.ok(await holdsKey(fresh))
    const trustOf = (hub: RunningHub) =>
      hub.hub
        .snapshot()
        .conversations.map(personOf)
        .find(person => person?.name === 'alice')?.trust
    await carol.seen('the change', () => trustOf(carol) === 'changed')
    // Bob has never compared anything: what he wrote to the old key is as much worth keeping.
    await bob.seen('the change', () => trustOf(bob) === 'changed')
    assert.ok(bob.hub.status().warnings.some(words => /new account key/.test(words)))
    await bob.hub.trust.acceptKey({ with: 'alice' })
    assert.equal(trustOf(bob), undefined)

    // Nothing passes between carol and alice, either way; bob goes on.
    const held = await carol.say('alice', 'is that you?')
    const fromAlice = await fresh.say('carol', 'it is me')
    const toBob = await fresh.say('bob', 'a new laptop')
    await fresh.hub.waitDelivered({ ...toBob, timeout: 10_000 })
    await fresh.seen('a link to carol', () => fresh.hub.status().links === 2)
    assert.equal(held.state, 'queued')
    assert.deepEqual(await carol.texts('alice'), ['hello', 'is that you?'])
    assert.deepEqual(await fresh.texts('carol'), ['it is me'])

    const news = await carol.hub.trust.safetyNumber({ with: 'alice' })
    assert.notEqual(news.digits, digits)
    await assert.rejects(carol.hub.trust.setVerified({ with: 'alice', digits, verified: true }), { code: 'wrong-key' })
    const accepted = await carol.hub.trust.acceptKey({ with: 'alice' })
    assert.equal(accepted.trust, undefined)
    await carol.hub.waitDelivered({ ...held, timeout: 10_000 })
    await fresh.hub.waitDelivered({ ...fromAlice, timeout: 10_000 })

    // The old home is denied, and says so.
    await using old = await startTestHub(aliceHome, { reconnect: quick })
    await old.seen('the end', () => old.account().state === 'signed-out')
  })

  it('asks for the password anew where it was not shown since the start', async () => {
    await using registry = await startTestRegistry()
    await using homes = await hubHomes(2)
    await using _alice = await signedUp(registry, homes.all[0], 'alice')
    {
      await using _fresh = await waiting(registry, homes.all[1])
    }
    await using fresh = await startTestHub(homes.all[1], { reconnect: quick })
    await fresh.seen('pending', () => fresh.account().state === 'pending')
    await assert.rejects(fresh.hub.devices.newAccountKey(), { code: 'password-needed' })
    const tried = await keyOf(homes.all[1], registry)
    await fresh.hub.signIn({ password })
    assert.equal((await fresh.hub.devices.newAccountKey()).state, 'online')
    // The registry may have taken the first one, and only its answer been lost.
    assert.deepEqual((await keyOf(homes.all[1], registry))?.spki, tried?.spki)
  })
})

/** So many homes, all removed in the end. */
async function hubHomes(count: number) {
  const all: HubHome[] = []
  for (let made = 0; made < count; made++) all.push(await hubHome())
  return {
    all: all as [HubHome, HubHome, HubHome, HubHome],
    async [Symbol.asyncDispose]() {
      for (const home of all) await home[Symbol.asyncDispose]()
    },
  }
}
