import assert from 'node:assert/strict'
import { openMemoryStorage } from '@parley/storage-memory'
import { People } from '../../../../daemon/src/hub/people.ts'
import { makePerson, makeRegistry, type TestPerson } from '../../../support/statements.ts'

describe('a list of devices that names one of somebody else', () => {
  const now = Date.now()

  /** People of one registry; mallory lists a device of her own and bob's. */
  async function scene() {
    const registry = makeRegistry()
    const [bob, mallory] = [makePerson(registry, 'bob', now), makePerson(registry, 'mallory', now)]
    const storage = openMemoryStorage()
    const open = () => People.open(storage, { registry: registry.id, registryKey: registry.publicKey, now: () => now })
    let people = await open()
    const list = (person: TestPerson) => {
      const devices = [...mallory.roster.devices, ...bob.roster.devices].map(device => ({
        ...device,
        id: bob.device.id,
      }))
      return person === mallory ? mallory.listDevices({ version: 2, devices }) : bob.listDevices()
    }
    const take = (person: TestPerson, told: Parameters<People['judge']>[2] = {}) =>
      people.keep(people.judge(person.attest(), list(person), told))
    return {
      bob,
      mallory,
      /** Passed on by whoever is linked. */
      told: (person: TestPerson) => take(person),
      lookedUp: (person: TestPerson) => take(person, { registry: {} }),
      linked: (person: TestPerson) => take(person, { device: person.device.id }),
      owner: () => people.ofDevice(bob.device.id)?.name,
      keys: (person: TestPerson) => [...(people.get(person.user)?.keys.keys() ?? [])],
      restart: async () => {
        people = await open()
      },
    }
  }

  it('does not take it from whom it is known to be, over a restart, either', async () => {
    const { bob, mallory, told, owner, keys, restart } = await scene()
    await told(bob)
    await told(mallory)
    assert.equal(owner(), 'bob')
    assert.deepEqual(keys(mallory), [mallory.device.id])
    await restart()
    assert.deepEqual([owner(), keys(mallory)], ['bob', [mallory.device.id]])
  })

  it('though it came first, yields to its owner once that one is linked, and never gets it again', async () => {
    const { bob, mallory, told, linked, lookedUp, owner, keys, restart } = await scene()
    await linked(mallory)
    await told(bob)
    assert.equal(owner(), 'mallory')
    await linked(bob)
    assert.deepEqual([owner(), keys(bob), keys(mallory)], ['bob', [bob.device.id], [mallory.device.id]])
    await restart()
    for (const take of [told, linked, lookedUp]) await take(mallory)
    assert.deepEqual([owner(), keys(bob), keys(mallory)], ['bob', [bob.device.id], [mallory.device.id]])
  })

  it('though it came first, yields to what the registry says, which takes no device into two lists', async () => {
    const { bob, mallory, told, lookedUp, owner } = await scene()
    await told(mallory)
    await lookedUp(bob)
    assert.equal(owner(), 'bob')
    await told(mallory)
    assert.equal(owner(), 'bob')
  })

  it('does not get what that one wrote before it was revoked', async () => {
    const registry = makeRegistry()
    const trust = { registry: registry.id, registryKey: registry.publicKey, now: () => now }
    const people = await People.open(openMemoryStorage(), trust)
    const [ann, eve] = [makePerson(registry, 'ann', now), makePerson(registry, 'eve', now)]
    const revoked = makePerson(registry, 'laptop', now)
    await people.keep(people.judge(ann.attest({ denied: new Set([revoked.device.id]) }), ann.listDevices()))
    const devices = revoked.roster.devices.map(device => ({ ...device, id: revoked.device.id }))
    const claimed = await people.keep(people.judge(eve.attest(), eve.listDevices({ version: 2, devices })))
    assert.equal(claimed.keys.size, 0)
    assert.equal(people.ofDevice(revoked.device.id), undefined)
  })
})
