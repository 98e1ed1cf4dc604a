import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { locations } from '../../daemon/src/locations.ts'
import { readHostPort } from '../../daemon/src/protocol/addresses.ts'
import { registryId } from '../../daemon/src/protocol/ids.ts'
import type { RegistryPlace } from './member.ts'
import type { Process } from './processes.ts'
import { Person, type RegistryReady, startRegistry } from './team.ts'
import { until } from './wait.ts'

export const password = 'correct horse battery'

/** A named point: which write ends the process, counted from its start; see killer-storage.ts. */
export interface KillPoint {
  readonly at: 'before' | 'in' | 'after'
  readonly write: number
  readonly match: string
}

export type Who = 'registry' | 'alice' | 'bob'

/** How long a process may take to start while the machine is busy, in ms. */
const starting = { deadline: 60_000 }

/** A registry with alice and bob, who have met: each a process that can be killed, and started again as it was. */
export class Trio implements AsyncDisposable {
  readonly folder: string
  readonly alice: Person
  readonly bob: Person
  #registry: Process<RegistryReady> | undefined

  private constructor(folder: string) {
    this.folder = folder
    this.alice = new Person('alice', join(folder, 'alice'), starting)
    this.bob = new Person('bob', join(folder, 'bob'), starting)
  }

  static async start(folder: string): Promise<Trio> {
    const trio = new Trio(folder)
    try {
      await Promise.all([trio.start('registry'), trio.start('alice'), trio.start('bob')])
      for (const person of [trio.alice, trio.bob]) await person.signUp(trio.registry.ready.address, password)
      await trio.meet()
      return trio
    } catch (error) {
      await trio[Symbol.asyncDispose]()
      throw error
    }
  }

  get registry(): Process<RegistryReady> {
    if (!this.#registry) throw new Error('the registry is not running')
    return this.#registry
  }

  get registryPlace(): RegistryPlace {
    const { listen, registryId: id } = this.registry.ready
    return { ...readHostPort(listen, 0), registry: { id: registryId(id) } }
  }

  /** Starts one of the three, to be killed at `point` if there is one. Ports of a registry stay what they were. */
  async start(who: Who, point?: KillPoint): Promise<void> {
    configure(join(this.folder, who), point)
    if (who !== 'registry') return void (await this[who].start())
    const { listen, heartbeat } = this.#registry?.ready ?? { listen: '127.0.0.1:0', heartbeat: '127.0.0.1:0' }
    const args = ['--listen', listen, '--heartbeat', heartbeat]
    this.#registry = await startRegistry(join(this.folder, 'registry'), { ...starting, args })
  }

  async kill(who: Who): Promise<void> {
    await (who === 'registry' ? this.registry : this[who]).kill()
  }

  async restart(who: Who, point?: KillPoint): Promise<void> {
    await this.kill(who)
    await this.start(who, point)
  }

  /** Waits until one of them has been killed at its point, and tidies up. */
  async killed(who: Who): Promise<void> {
    const { ended } = who === 'registry' ? this.registry : this[who].hub
    let end: number | NodeJS.Signals | undefined
    void ended.then(how => {
      end = how
    })
    await until(`${who} is killed at its point`, () => end !== undefined, 30_000)
    if (end !== 'SIGKILL') throw new Error(`${who} ended with ${end} instead of being killed`)
    await this.kill(who)
  }

  /** Waits until alice's hub has read the last that bob's said, and knows that he is gone. */
  async unlinked(): Promise<void> {
    const isLinked = async () => {
      const { conversations } = await this.alice.client.request('subscribe', {})
      return conversations.some(({ linked }) => linked)
    }
    await until('alice knows that bob is gone', async () => !(await isLinked()), 30_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.alice.stop(), this.bob.stop(), this.#registry?.stop()])
  }

  /** A message each way: from then on they know each other without the registry. */
  private async meet(): Promise<void> {
    for (const [from, to] of [
      [this.alice, this.bob],
      [this.bob, this.alice],
    ] as const) {
      const message = Buffer.from(from.name)
        .toString('hex')
        .replace(/[^a-z2-7]/g, 'a')
        .padEnd(26, 'a')
      const { conversation } = await from.client.request('send', { to: to.name, text: 'hello', message })
      await from.client.request('waitDelivered', { conversation, message, timeout: 30_000 })
    }
  }
}

/** The home's parley.json: real storage, wrapped where a point is given, on a free port of loopback. */
export function configure(home: string, point?: KillPoint): void {
  const killer = { use: join(import.meta.dirname, 'killer-storage.ts'), as: 'storage-sqlite', options: point }
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const config = {
    plugins: [point === undefined ? '@parley/storage-sqlite' : killer, '@parley/auth-password'],
    hub: { listen: ['127.0.0.1:0'] },
  }
  writeFileSync(locations(home).config, JSON.stringify(config), { mode: 0o600 })
}
