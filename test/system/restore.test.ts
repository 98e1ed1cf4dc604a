import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import path from 'node:path'
import { create } from '@bufbuild/protobuf'
import { connect } from '../../daemon/src/client/connect.ts'
import { createIdentity } from '../../daemon/src/net/identity.ts'
import { registryId } from '../../daemon/src/protocol/ids.ts'
import { PublishRosterSchema } from '../../daemon/src/protocol/parley_pb.ts'
import { runParley } from '../support/command.ts'
import { enrolledHome } from '../support/enrolled.ts'
import { temporaryFolder } from '../support/folder.ts'
import { type RunningHub, startTestHub } from '../support/hub.ts'
import { deviceOf, joined, type Member, meet, type RegistryPlace, rosterOf, signInByKey } from '../support/member.ts'
import type { Process } from '../support/processes.ts'
import { portOf, type RegistryReady, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const hubs = 60

describe('a registry that is lost', () => {
  it('is back elsewhere from a backup that was made under load: everybody in it, nobody who was shut out', async function () {
    this.timeout(120_000)
    await using held = new AsyncDisposableStack()
    const folder = held.use(await temporaryFolder())
    const place = (name: string) => path.join(folder.path, name)
    const at = (running: Process<RegistryReady>): RegistryPlace => ({
      host: running.ready.listen.slice(0, running.ready.listen.lastIndexOf(':')),
      port: portOf(running.ready.listen),
      registry: { id: registryId(running.ready.registryId) },
    })
    const first = held.use(await startRegistry(place('first')))
    const people = await enrolledHubs(at(first), held)
    const thief = await joined(at(first), 'owner')
    const owner = await withTwoDevices(thief, at(first))

    // Where it will be, told before it is lost.
    const next = await freeAddress()
    await parley('registry', 'announce', '--address', next, '--yes', '--home', place('first'))

    // Sign-ups and changes of devices go on while the backup is written.
    const load = new Load(at(first))
    const loading = load.run()
    await load.reached(10)
    const backup = place('one.backup')
    await parley('registry', 'backup', backup, '--home', place('first'))
    await load.reached(load.signedUp.length + 5)
    load.stop()
    await loading
    const key = place('first/registry.key')
    const { ended, accounts } = JSON.parse(await parley('registry', 'check', backup, '--key', key, '--json'))

    // After the backup: a device is denied, somebody is disabled, another one deleted.
    await owner.revoke(deviceOf(thief))
    const operator = await connect({ home: place('first'), client: 'test' })
    await operator.request('setUser', { name: 'hub1', disabled: true })
    await operator.request('deleteUser', { name: 'hub2' })
    operator.close()
    await first.kill()

    const audit = place('first/logs/audit.log')
    const restored = await parley(
      'registry',
      'restore',
      backup,
      '--home',
      place('second'),
      '--key',
      key,
      '--audit',
      audit,
      '--json',
    )
    const { replayed } = JSON.parse(restored)
    assert.deepEqual(
      { denied: replayed.denied, disabled: replayed.disabled, deleted: replayed.deleted },
      { denied: ['owner'], disabled: ['hub1'], deleted: ['hub2'] },
    )
    const args = ['--listen', next, '--heartbeat', '127.0.0.1:0']
    const second = held.use(await startRegistry(place('second'), { args }))
    assert.equal(second.ready.registryId, first.ready.registryId)

    const before = load.signedUp.filter(one => one.at < ended)
    assert.ok(before.length >= 10 && accounts >= hubs + 1 + before.length, `${before.length} of ${accounts}`)
    const there = await connect({ home: place('second'), client: 'test' })
    for (const { name } of before) assert.equal((await there.request('user', { name })).state, 'active', name)
    assert.equal((await there.request('user', { name: 'hub1' })).state, 'disabled')
    assert.equal((await there.request('user', { name: 'hub2' })).state, 'deleted')
    await using again = await meet(at(second), thief)
    await assert.rejects(signInByKey(again), { code: 'device-denied' })
    await using other = await meet(at(second), owner.member)
    await signInByKey(other)

    const back = people.filter(({ name }) => name !== 'hub1' && name !== 'hub2')
    const online = async () => (await there.request('status', {})).registry?.online ?? 0
    // With them the owner, who was at the desk just now.
    await until('everybody is back', async () => (await online()) >= back.length, 60_000)
    for (const { name, hub } of back) await hub.seen(`${name} is back`, () => hub.account().state === 'online')
    there.close()
  })
})

async function enrolledHubs(
  at: RegistryPlace,
  held: AsyncDisposableStack,
): Promise<{ name: string; hub: RunningHub }[]> {
  const names = Array.from({ length: hubs }, (_, index) => `hub${index + 1}`)
  const people: { name: string; hub: RunningHub }[] = []
  for (const name of names) {
    const home = held.use(await enrolledHome(at, name))
    people.push({ name, hub: held.use(await startTestHub(home)) })
  }
  await Promise.all(
    people.map(({ name, hub }) => hub.seen(`${name} is in`, () => hub.account().state === 'online', 60_000)),
  )
  return people
}

/** Puts a second device into the roster of `member`, which that one may use to shut the first one out. */
async function withTwoDevices(member: Member, at: RegistryPlace) {
  const identity = await createIdentity()
  const both = [
    { key: member.identity.spki, name: 'laptop', added: Date.now() },
    { key: identity.spki, name: 'desk', added: Date.now() },
  ]
  const publish = (by: Member, changes: Parameters<typeof rosterOf>[1]) =>
    by.ask({ case: 'publishRoster', value: create(PublishRosterSchema, { roster: rosterOf(by, changes) }) }, 'done')
  await publish(member, { version: 2, devices: both })
  const second = await meet(at, { ...member, identity })
  await signInByKey(second)
  return {
    member: second,
    revoke: (device: ReturnType<typeof deviceOf>) =>
      publish(second, { version: 3, devices: both.slice(1), revoked: new Set([device]) }),
  }
}

/** People who sign up one after the other, each of whom then adds a device. */
class Load {
  readonly signedUp: { readonly name: string; readonly at: number }[] = []
  readonly #at: RegistryPlace
  readonly #waiting: { readonly count: number; readonly reached: () => void }[] = []
  #isOver = false

  constructor(at: RegistryPlace) {
    this.#at = at
  }

  async run(): Promise<void> {
    await Promise.all([0, 1, 2].map(lane => this.#lane(lane)))
  }

  reached(count: number): Promise<void> {
    return new Promise(resolve => this.#waiting.push({ count, reached: resolve }))
  }

  stop(): void {
    this.#isOver = true
  }

  async #lane(lane: number): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const name = `new${lane}x${turn}`
      await using member = await joined(this.#at, name)
      this.signedUp.push({ name, at: Date.now() })
      await withTwoDevices(member, this.#at).then(({ member: second }) => second.link.close())
      for (const { count, reached } of this.#waiting) if (this.signedUp.length >= count) reached()
    }
  }
}

/** An address that nothing else uses: all of 127/8 is this machine, and no other test takes this part of it. */
async function freeAddress(): Promise<string> {
  const host = `127.91.${Math.floor(process.pid / 250) % 250}.${(process.pid % 250) + 1}`
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('no address')
  return `${host}:${address.port}`
}

/** One command that must succeed; gives what it printed. */
async function parley(...args: string[]): Promise<string> {
  const { code, out, err } = await runParley(args)
  assert.equal(code, 0, `parley ${args.join(' ')}: ${err}`)
  return out
}
