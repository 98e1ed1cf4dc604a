import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Checker } from '../support/checker.ts'
import { temporaryFolder } from '../support/folder.ts'
import { TestNetwork, whyNoNetworks } from '../support/network.ts'
import type { Process } from '../support/processes.ts'
import { skip } from '../support/skip.ts'
import { Person, type RegistryReady, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

describe('two people whose networks do not lead to each other, and take no UDP', () => {
  it('chat through everything: relay, a registry that restarts, another address, a cable that comes and goes', async function () {
    this.timeout(180_000)
    const why = await whyNoNetworks()
    if (why) skip(this, why)
    await using folder = await temporaryFolder()
    await using network = await TestNetwork.make()
    const home = join(folder.path, 'registry')
    // Heartbeats arrive on loopback alone: from elsewhere UDP leads nowhere.
    const args = ['--listen', '0.0.0.0:3131', '--heartbeat', '127.0.0.1:5151', '--sign-up', 'open']
    const start = () => startRegistry(home, { args, within: network.registry.within })
    let registry: Process<RegistryReady> = await start()
    const hub = (within: readonly string[]) => ({ args: ['--listen', '0.0.0.0:0'], within })
    await using alice = await new Person('alice', join(folder.path, 'alice'), hub(network.alice.within)).start()
    await using bob = await new Person('bob', join(folder.path, 'bob'), hub(network.bob.within)).start()
    const id = registry.ready.registryId
    await alice.signUp(`parley://10.77.1.1:3131/${id}?v=1`, password)
    await bob.signUp(`parley://10.77.2.1:3131/${id}?v=1`, password)

    const stands = async ({ client }: Person) => {
      const { hub } = await client.request('status', {})
      return { links: hub?.links, relayed: hub?.relayed, state: hub?.accounts[0]?.state }
    }
    // Nobody dials who has nothing to say.
    const linked = (what: string, isRelayed: 0 | 1) =>
      until(
        what,
        async () => {
          const { links, relayed } = await stands(alice)
          if (links === 0) await checker.say(alice)
          return links === 1 && relayed === isRelayed
        },
        60_000,
      )
    const checker = await Checker.begin(alice, bob)
    const chat = async (turns: number) => {
      for (let turn = 0; turn < turns; turn++) {
        await checker.say(alice)
        await checker.say(bob)
      }
    }
    const settled = () => checker.settle(60_000)

    // Only the relay leads there.
    await chat(20)
    await settled()
    assert.deepEqual(await stands(alice), { links: 1, relayed: 1, state: 'online' })

    // The registry, and with it the relay, is killed and comes back.
    await registry.kill()
    await chat(10)
    registry = await start()
    await chat(10)
    await settled()

    // Alice's address is another one all of a sudden.
    await network.renumber()
    await chat(10)
    await settled()

    // A cable leads from one to the other: they talk directly.
    await network.plug()
    await chat(10)
    await linked('a direct link', 0)
    await settled()

    // It swallows what is put into it, and tells nobody.
    await network.clog()
    await chat(10)
    await settled()
    await linked('a link through the relay', 1)
    await registry.stop()
  })
})
