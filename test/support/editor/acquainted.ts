import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Client, connect } from '../../../daemon/src/client/index.ts'
import type { MessageInfo } from '../../../daemon/src/protocol/control.ts'
import { toText } from '../../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../folder.ts'
import type { Process } from '../processes.ts'
import { Person, type RegistryReady, startRegistry } from '../team.ts'
import { until } from '../wait.ts'
import type { Desk, DeskOptions } from './desk.ts'
import { useEditors } from './editors.ts'
import { signUpAt } from './signed-up.ts'

/** What all of them sign up with. */
const password = 'correct horse battery'

/** Alice at her desk, Bob, who has a hub and no editor, and the team of both, in a process of its own. */
export interface Acquainted {
  readonly desk: Desk
  readonly bob: Person
  /** Bob says something, once his hub knows Alice. */
  say(text: string): Promise<MessageInfo>
  /** Resolves when that has come to Bob. */
  heard(text: string | RegExp): Promise<MessageInfo>
  /** Asks Alice's hub, as another front end of hers would. */
  ask<T>(ask: (client: Client) => Promise<T>): Promise<T>
  /** Ends the team's server, with all that it knows only in memory. */
  endTeam(): Promise<void>
  /** Starts it again, at the same address. */
  restartTeam(): Promise<void>
}

/** Two people of a team, one of them in an editor, for the tests of the `describe` that calls this. */
export function useAcquainted(options: DeskOptions = {}): Acquainted {
  const editors = useEditors()
  const built: AsyncDisposable[] = []
  const parts: { desk?: Desk; bob?: Person; registry?: Process<RegistryReady>; home?: string } = {}
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('they meet before the first test')
    return part
  }

  before(async function () {
    this.timeout(240_000)
    const folder = await temporaryFolder()
    built.push(folder)
    parts.home = join(folder.path, 'registry')
    parts.registry = await startRegistry(parts.home)
    built.push({ [Symbol.asyncDispose]: () => there(parts.registry)[Symbol.asyncDispose]() })
    parts.bob = new Person('bob', join(folder.path, 'bob'))
    built.push(parts.bob)
    const [desk] = await Promise.all([editors.open('alice', options), parts.bob.start()])
    parts.desk = desk
    const { address } = parts.registry.ready
    await signUpAt(desk, address, 'alice', 'Alice')
    await parts.bob.client.request('signUp', { registry: address, name: 'bob', displayName: 'Bob', password })
    await all.say('Hello Alice')
    await desk.window.showContainer('Parley')
    await desk.window.row(/^Bob\b.*Hello Alice/).waitFor()
  })
  after(async function () {
    this.timeout(60_000)
    for (const each of built.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })

  const all: Acquainted = {
    get desk() {
      return there(parts.desk)
    },
    get bob() {
      return there(parts.bob)
    },
    say: text => all.bob.client.request('send', { to: 'alice', text, message: toText(randomBytes(16)) }),
    heard: text =>
      until(`Bob hears ${text}`, async () => {
        const { messages } = await all.bob.client.request('history', { with: 'alice', limit: 200 })
        return messages.find(
          each => !each.mine && (typeof text === 'string' ? each.text === text : text.test(each.text)),
        )
      }),
    async ask(ask) {
      const client = await connect({ home: all.desk.home, client: 'test' })
      try {
        return await ask(client)
      } finally {
        client.close()
      }
    },
    async endTeam() {
      await there(parts.registry).kill()
    },
    async restartTeam() {
      const { listen, heartbeat } = there(parts.registry).ready
      parts.registry = await startRegistry(there(parts.home), {
        args: ['--listen', listen, '--heartbeat', heartbeat],
      })
    },
  }
  return all
}
