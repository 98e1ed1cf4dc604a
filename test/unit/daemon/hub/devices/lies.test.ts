import assert from 'node:assert/strict'
import { create } from '@bufbuild/protobuf'
import { ensureHome } from '../../../../../daemon/src/locations.ts'
import { loadOrCreateIdentity } from '../../../../../daemon/src/net/identity.ts'
import { userId } from '../../../../../daemon/src/protocol/ids.ts'
import {
  DeviceListSchema,
  OwnChangedSchema,
  PeopleChangedSchema,
  RegisteredDeviceSchema,
  type Signed,
  SignedInSchema,
} from '../../../../../daemon/src/protocol/parley_pb.ts'
import { signRoster } from '../../../../../daemon/src/protocol/statements.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../../support/fake-registry.ts'
import { type HubHome, hubHome, password, type RunningHub, startTestHub } from '../../../../support/hub.ts'
import { makeKey } from '../../../../support/statements.ts'

const quick = { first: 20, fast: 50, fastFor: 60_000, slow: 50 }

/** Alice, who has signed up at a registry that lies as it is told. */
async function alice(registry: FakeRegistry, home: HubHome): Promise<RunningHub> {
  const hub = await startTestHub(home, { reconnect: quick })
  await hub.hub.signUp({ registry: registry.address, name: 'alice', password })
  return hub
}

/** The roster of the account with other fields, signed by its key or by another. */
async function roster(
  registry: FakeRegistry,
  home: HubHome,
  changes: Partial<Parameters<typeof signRoster>[0]>,
  by?: ReturnType<typeof makeKey>,
): Promise<Signed> {
  const key = await loadOrCreateIdentity(ensureHome(home.path).accountKey(registry.id))
  const user = userId(registry.signUp?.user ?? new Uint8Array())
  const device = { key: (await loadOrCreateIdentity(ensureHome(home.path).deviceKey)).spki, name: 'laptop', added: 1 }
  const fields = {
    registry: registry.id,
    user,
    generation: 1,
    version: 2,
    devices: [device],
    revoked: new Set<never>(),
  }
  return signRoster({ ...fields, ...changes }, by?.privateKey ?? key.privateKey)
}

const send = (registry: FakeRegistry, said: { attestation: Signed; roster: Signed }) => {
  for (const link of registry.links) {
    void link.send({ case: 'ownChanged', value: create(OwnChangedSchema, said) }).catch(() => {})
  }
}

describe('a registry that lies about devices', () => {
  it('cannot have its own device approved in the place of the one that waits: the digits differ', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using waitingHome = await hubHome()
    await using hub = await alice(registry, home)
    const waiting = await loadOrCreateIdentity(ensureHome(waitingHome.path).deviceKey)
    const ghost = makeKey()
    const listing = (key: Uint8Array) => {
      const device = create(RegisteredDeviceSchema, { key, name: 'phone', pending: true, address: '10.0.0.9' })
      registry.answer = is => {
        if (is.case !== 'devices') return undefined
        return { case: 'deviceList', value: create(DeviceListSchema, { devices: [device] }) }
      }
    }
    const digitsShown = async () => (await hub.hub.devices.devices()).devices.find(one => one.isPending)?.digits
    listing(waiting.spki)
    const honest = await digitsShown()
    listing(ghost.spki)
    const [pending] = (await hub.hub.devices.devices()).devices.filter(one => one.isPending)
    assert.notEqual(pending?.digits, honest)
    // The person gives what the waiting device shows: it is not what this device has for the ghost.
    const given = { device: pending?.device ?? '', digits: honest ?? '' }
    await assert.rejects(hub.hub.devices.approveDevice(given), { code: 'wrong-key' })
    assert.ok(!registry.asked.includes('publishRoster'))
  })

  it('cannot slip a device in: a roster that the account key has not signed is refused', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using hub = await alice(registry, home)
    const ghost = { key: makeKey().spki, name: 'ghost', added: 1 }
    const own = { key: (await loadOrCreateIdentity(ensureHome(home.path).deviceKey)).spki, name: 'laptop', added: 1 }
    const forged = await roster(registry, home, { devices: [own, ghost] }, makeKey())
    send(registry, { attestation: registry.attest(), roster: forged })
    await hub.seen('the refusal', () => hub.account().state === 'refused')
    assert.match(hub.account().why ?? '', /not signed by the key/)
    assert.equal((await hub.hub.devices.devices()).devices.length, 1)
  })

  it('cannot swap the account key of an account, nor number it anew', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using hub = await alice(registry, home)
    const other = makeKey()
    registry.attested = { accountKey: other.spki, generation: 2 }
    registry.roster = await roster(registry, home, { generation: 2, version: 1 }, other)
    send(registry, { attestation: registry.attest(), roster: registry.roster })
    await hub.seen('the refusal', () => hub.account().state === 'refused')
    assert.match(hub.account().why ?? '', /another account key/)
  })

  it('cannot make two lists of one version', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using hub = await alice(registry, home)
    send(registry, { attestation: registry.attest(), roster: await roster(registry, home, { version: 1 }) })
    await hub.seen('the refusal', () => hub.account().state === 'refused')
    assert.match(hub.account().why ?? '', /same version/)
  })

  describe('to a device that signs in for the first time', () => {
    /** What the registry says of the account while the home of `name` shows the password, which it cannot judge. */
    const entering = async (lie: (registry: FakeRegistry, home: HubHome) => Promise<{ pending: boolean }>) => {
      await using registry = await startFakeRegistry()
      await using firstHome = await hubHome()
      await using home = await hubHome()
      await using _first = await alice(registry, firstHome)
      const { pending } = await lie(registry, home)
      registry.answer = is => {
        if (is.case !== 'signIn') return undefined
        const { roster: listed } = registry
        const said = { session: new Uint8Array(8), attestation: registry.attest(), pending }
        return { case: 'signedIn', value: create(SignedInSchema, { ...said, ...(listed && { roster: listed }) }) }
      }
      await using hub = await startTestHub(home, { reconnect: quick })
      const signIn = hub.hub.signIn({ registry: registry.address, name: 'alice' })
      const outcome = await signIn.then(
        () => 'in',
        error => error.code,
      )
      assert.deepEqual(hub.hub.snapshot().accounts, [], 'nothing half-done')
      return outcome
    }

    it('cannot claim that it is approved: nobody has compared its digits', async () => {
      const outcome = await entering(async (registry, home) => {
        const fake = makeKey()
        registry.attested = { accountKey: fake.spki }
        const { spki } = await loadOrCreateIdentity(ensureHome(home.path).deviceKey)
        const devices = [{ key: spki, name: 'mine', added: 1 }]
        registry.roster = await roster(registry, home, { version: 1, devices }, fake)
        return { pending: false }
      })
      assert.equal(outcome, 'wrong-key')
    })
  })

  it('gets nothing by telling of changes that are none, or of people whom nobody knows', async () => {
    await using registry = await startFakeRegistry()
    await using home = await hubHome()
    await using hub = await alice(registry, home)
    const users = Array.from({ length: 1_000 }, (_, at) => new Uint8Array(16).fill(at))
    for (const link of registry.links) {
      await link.send({ case: 'peopleChanged', value: create(PeopleChangedSchema, { users }) })
    }
    send(registry, { attestation: registry.attest(), roster: await roster(registry, home, { version: 2 }) })
    await hub.seen('the second list', () => hub.hub.status().accounts[0]?.state === 'online')
    assert.ok(!registry.asked.includes('lookUp'), 'nobody is looked up whom this hub does not know')
  })
})
