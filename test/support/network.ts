import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A network of a test's own, apart from the machine's: a process is put into it by `within`. */
export interface Net {
  readonly name: string
  readonly within: readonly string[]
  /** Runs `ip` there. */
  ip(words: string): Promise<void>
}

/** Why this machine lets no test make networks, in a sentence; undefined: it does. */
export async function whyNoNetworks(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'networks of their own are made on Linux alone'
  const name = nameOf('try')
  try {
    await run('ip', ['netns', 'add', name])
    await run('ip', ['-n', name, 'link', 'add', 'name', 'near', 'type', 'veth', 'peer', 'name', 'far'])
    return undefined
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return 'there is no `ip` here; iproute2 has it'
    return `this user may not make networks (${stderr.trim().split('\n')[0]}); root may`
  } finally {
    await run('ip', ['netns', 'del', name]).catch(() => {})
  }
}

/**
 * Three networks: a registry's, and those of two people, who each reach the registry (10.77.1.1 and 10.77.2.1) and
 * nobody else. Between the two people lies a cable that is unplugged at first.
 */
export class TestNetwork implements AsyncDisposable {
  readonly registry: Net
  readonly alice: Net
  readonly bob: Net

  private constructor(registry: Net, alice: Net, bob: Net) {
    this.registry = registry
    this.alice = alice
    this.bob = bob
  }

  static async make(): Promise<TestNetwork> {
    const network = new TestNetwork(netOf('registry'), netOf('alice'), netOf('bob'))
    try {
      await network.#build()
      return network
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Joins the two people's networks: from now on each has an address that the other reaches. */
  async plug(): Promise<void> {
    await this.alice.ip(`link add name cable type veth peer name cable netns ${this.bob.name}`)
    await this.alice.ip('addr add 10.77.3.1/24 dev cable')
    await this.bob.ip('addr add 10.77.3.2/24 dev cable')
    for (const net of [this.alice, this.bob]) await net.ip('link set cable up')
  }

  /** From now on nothing passes the cable, and nobody is told. */
  async clog(): Promise<void> {
    await this.alice.ip('route add blackhole 10.77.3.2/32')
    await this.bob.ip('route add blackhole 10.77.3.1/32')
  }

  /** Alice's network gives her another address. */
  async renumber(): Promise<void> {
    await this.alice.ip('addr add 10.77.1.9/24 dev uplink')
    await this.alice.ip('addr del 10.77.1.2/24 dev uplink')
    // The address that came second went with the first.
    await this.alice.ip('addr replace 10.77.1.9/24 dev uplink')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { name } of [this.alice, this.bob, this.registry])
      await run('ip', ['netns', 'del', name]).catch(() => {})
  }

  async #build(): Promise<void> {
    for (const net of [this.registry, this.alice, this.bob]) {
      await run('ip', ['netns', 'add', net.name])
      await net.ip('link set lo up')
    }
    for (const [number, net] of [this.alice, this.bob].entries()) {
      const [link, subnet] = [`to${number}`, `10.77.${number + 1}`]
      await net.ip(`link add name uplink type veth peer name ${link} netns ${this.registry.name}`)
      await net.ip(`addr add ${subnet}.2/24 dev uplink`)
      await net.ip('link set uplink up')
      await this.registry.ip(`addr add ${subnet}.1/24 dev ${link}`)
      await this.registry.ip(`link set ${link} up`)
    }
  }
}

function netOf(what: string): Net {
  const name = nameOf(what)
  return {
    name,
    within: ['ip', 'netns', 'exec', name],
    async ip(words) {
      await run('ip', ['-n', name, ...words.split(' ')])
    },
  }
}

/** Names are the machine's, and several tests may run at once. */
function nameOf(what: string): string {
  return `parley-${process.pid}-${what}`
}
