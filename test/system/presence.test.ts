import assert from 'node:assert/strict'
import { join } from 'node:path'
import { connect } from '../../daemon/src/client/index.ts'
import { limits } from '../../daemon/src/limits.ts'
import type { PeopleChange, PeopleSnapshot, PersonInfo } from '../../daemon/src/protocol/control.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Process } from '../support/processes.ts'
import { Person, type RegistryReady, startRegistry } from '../support/team.ts'
import { password } from '../support/trio.ts'
import { until } from '../support/wait.ts'

/** How soon others must see a change. */
const soon = 2_000

describe('presence, between processes', function () {
  this.timeout(120_000)

  it('is seen by others within 2 s: who signs up, is busy, is away, is gone, and since when', async () => {
    await using folder = await temporaryFolder()
    const home = join(folder.path, 'registry')
    const registry = await startRegistry(home)
    const [alice, bob] = [new Person('alice', join(folder.path, 'alice')), new Person('bob', join(folder.path, 'bob'))]
    try {
      await Promise.all([alice.start(), bob.start()])
      await alice.signUp(registry.ready.address, password)
      const people = await watchPeople(alice)

      await bob.signUp(registry.ready.address, password)
      await until('alice sees bob', () => people.status('bob') === 'online', soon)
      const others = await watchPeople(bob)
      await until('bob sees alice', () => others.status('alice') === 'online', soon)
      assert.deepEqual([people.last.online, people.last.total], [1, 1])

      await bob.client.request('setAvailability', { availability: 'busy' })
      await until('bob is busy', () => people.status('bob') === 'busy', soon)
      await bob.client.request('setAvailability', { availability: 'available' })
      await until('bob is available', () => people.status('bob') === 'online', soon)

      const second = await connect({ home: bob.home, client: 'test', attached: true })
      bob.client.close()
      await bob.client.closed
      const { hub } = await second.request('status', {})
      assert.equal(hub?.accounts[0]?.status, 'online', 'another front end is there')
      second.close()
      await until('bob is away', () => people.status('bob') === 'away', limits.attendGrace + soon)

      const back = await connect({ home: bob.home, client: 'test', attached: true })
      await until('bob is back', () => people.status('bob') === 'online', soon)
      back.close()

      const left = Date.now()
      await bob.kill()
      await until('bob is offline', () => people.status('bob') === 'offline', limits.presenceGrace + soon)
      assert.ok(Math.abs((people.row('bob')?.since ?? 0) - left) < limits.presenceGrace + soon)

      const before = people.row('bob')?.since
      await registryRestarted(registry, home, alice, async () => {
        await until('alice still knows', () => people.row('bob')?.since === before, 10_000)
        const { people: found } = await alice.client.request('who', { query: 'bob' })
        assert.deepEqual([found[0]?.status, found[0]?.since], ['offline', before])
      })
    } finally {
      await Promise.all([alice.stop(), bob.stop(), registry.stop()])
    }
  })
})

/** Stops the registry, starts it again at the same place, and runs `then` once alice is back. */
async function registryRestarted(
  registry: Process<RegistryReady>,
  home: string,
  alice: Person,
  then: () => Promise<void>,
): Promise<void> {
  await registry.stop()
  const stateOf = async () => (await alice.client.request('status', {})).hub?.accounts[0]?.state
  await until('alice knows', async () => (await stateOf()) !== 'online')
  const { listen, heartbeat } = registry.ready
  const again = await startRegistry(home, { args: ['--listen', listen, '--heartbeat', heartbeat] })
  try {
    await until('alice is back', async () => (await stateOf()) === 'online', 20_000)
    await then()
  } finally {
    await again.stop()
  }
}

/** The people as a front end of somebody has them: the snapshot and what changed since. */
async function watchPeople({ client }: Person) {
  const rows = new Map<string, PersonInfo>()
  let last: PeopleSnapshot = { people: [], online: 0, total: 0 }
  const take = ({ people, gone, ...counts }: PeopleChange) => {
    for (const person of people) rows.set(person.user, person)
    for (const user of gone) rows.delete(user)
    last = { people, ...counts }
  }
  client.on('people', take)
  take({ ...(await client.request('subscribePeople', {})), gone: [] })
  const row = (name: string) => [...rows.values()].find(person => person.name === name)
  return {
    row,
    status: (name: string) => row(name)?.status,
    get last() {
      return last
    },
  }
}
