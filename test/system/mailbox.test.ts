import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, connect } from '../../daemon/src/client/index.ts'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { within } from '../support/links.ts'
import { readMetrics } from '../support/open-metrics.ts'
import type { Process } from '../support/processes.ts'
import { startTap } from '../support/tap.ts'
import { Person, portOf, type RegistryReady, startRegistry } from '../support/team.ts'
import { configure, type KillPoint } from '../support/trio.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
/** Machines that run tests are slow. */
const patience = 40_000

function say(from: Person, to: string, text: string): Promise<MessageInfo> {
  return from.client.request('send', { to, text, message: toText(randomBytes(16)) })
}

/** What people have written there: not what was done to a room. */
async function messages(of: Person, to: string): Promise<readonly MessageInfo[]> {
  return (await of.client.request('history', { with: to, limit: 500 })).messages.filter(({ event }) => !event)
}

const texts = async (of: Person, to: string) => (await messages(of, to)).map(({ text }) => text)

/** Waits until all of one's own messages there are at least `state`. */
async function reached(of: Person, to: string, state: 'sent' | 'delivered'): Promise<void> {
  const good = state === 'sent' ? ['sent', 'delivered', 'read'] : ['delivered', 'read']
  await until(
    `all that ${of.name} has written to ${to} is ${state}`,
    async () => (await messages(of, to)).every(message => !message.mine || good.includes(message.state ?? '')),
    patience,
  )
}

const got = (of: Person, to: string, expected: readonly string[]) =>
  until(
    `${of.name} has ${expected.length} messages`,
    async () => {
      const found = await texts(of, to)
      assert.ok(found.length <= expected.length, `${found.length} messages instead of ${expected.length}`)
      return found.length === expected.length
    },
    patience,
  ).then(async () => assert.deepEqual(await texts(of, to), expected))

/** Waits until something has happened that often since the start of the registry. */
async function counted(registry: Client, sample: string, count: number): Promise<void> {
  await until(
    `${sample} is ${count}`,
    async () => (readMetrics((await registry.request('metrics', {})).text).get(sample) ?? 0) >= count,
    patience,
  )
}

const published = (registry: Client, keys: number) =>
  counted(registry, 'parley_requests_total{request="publishMailboxKey"}', keys)

const deposited = (registry: Client, items: number) =>
  counted(registry, 'parley_mail_events_total{event="deposited"}', items)

const waiting = async (registry: Client) => (await registry.request('status', {})).registry?.mail?.items

/** Everything in the files below a folder. */
function bytesBelow(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
  return Buffer.concat(files.filter(file => statSync(file).isFile()).map(file => readFileSync(file)))
}

/** Whom the registry knows, and what is said between them; each is a process of its own. */
class MailTeam implements AsyncDisposable {
  readonly alice: Person
  readonly bob: Person
  readonly carol: Person
  readonly home: string
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  #registry: Process<RegistryReady> | undefined
  #tap: Awaited<ReturnType<typeof startTap>> | undefined
  #control: Client | undefined

  private constructor(folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    this.#folder = folder
    this.home = join(folder.path, 'registry')
    const person = (name: string) => new Person(name, join(folder.path, name))
    ;[this.alice, this.bob, this.carol] = [person('alice'), person('bob'), person('carol')]
  }

  static async start(): Promise<MailTeam> {
    const team = new MailTeam(await temporaryFolder())
    try {
      await Promise.all([team.startRegistry(), ...team.people.map(person => person.start())])
      const { listen, registryId } = team.registry.ready
      team.#tap = await startTap(portOf(listen))
      const link = `parley://127.0.0.1:${team.#tap.port}/${registryId}?v=1`
      await Promise.all(team.people.map(person => person.signUp(link, password)))
      await published(team.control, 3)
      return team
    } catch (error) {
      await team[Symbol.asyncDispose]()
      throw error
    }
  }

  get people(): readonly Person[] {
    return [this.alice, this.bob, this.carol]
  }

  get registry(): Process<RegistryReady> {
    if (!this.#registry) throw new Error('the registry is not running')
    return this.#registry
  }

  get control(): Client {
    if (!this.#control) throw new Error('nobody looks at the registry')
    return this.#control
  }

  /** A file of a person's own. */
  write(name: string, text: string): string {
    const path = join(this.#folder.path, name)
    writeFileSync(path, text)
    return path
  }

  /** Starts the registry, where it was before, to be killed at `point` if there is one. */
  async startRegistry(point?: KillPoint): Promise<void> {
    configure(this.home, point)
    const { listen, heartbeat } = this.#registry?.ready ?? { listen: '127.0.0.1:0', heartbeat: '127.0.0.1:0' }
    this.#registry = await startRegistry(this.home, { args: ['--listen', listen, '--heartbeat', heartbeat] })
    this.#control = await connect({ home: this.home, client: 'test', attached: false })
  }

  /** Resolves once the registry has gone, by its point or by SIGKILL now. */
  async killRegistry(how: 'now' | 'at its point'): Promise<void> {
    if (how === 'at its point') await within('the registry is killed', this.registry.ended, patience)
    this.#control?.close()
    await this.registry.kill()
  }

  /** All that the registry has stored, said and heard. */
  get knowledge(): Buffer {
    const heard = this.#tap?.bytes() ?? Buffer.alloc(0)
    return Buffer.concat([bytesBelow(this.home), heard, Buffer.from(this.registry.errors())])
  }

  /** Waits until that many items wait at the registry. */
  waits(items: number): Promise<boolean> {
    return until(`${items} items wait`, async () => (await waiting(this.control)) === items, patience)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.people.map(person => person.stop()))
    this.#control?.close()
    await this.#tap?.[Symbol.asyncDispose]()
    await this.#registry?.stop()
    await this.#folder[Symbol.asyncDispose]()
  }
}

describe('people who are never here together', function () {
  this.timeout(120_000)
  let team: MailTeam

  before(async () => {
    team = await MailTeam.start()
  })

  after(() => team?.[Symbol.asyncDispose]())

  it('reach each other by mail, alone and in a room, each message once, and the registry cannot read it', async () => {
    const { alice, bob, carol } = team
    const room = await alice.client.request('createRoom', { name: 'Wildebeest', invite: ['bob', 'carol'] })
    const { conversation } = room.conversation
    for (const { name, client } of [bob, carol]) {
      const join = () => client.request('joinRoom', { conversation }).catch(() => undefined)
      await until(`${name} is invited`, join, patience)
    }
    const isFull = async ({ client }: Person) => {
      const { members } = await client.request('room', { conversation })
      return members.filter(({ role }) => role !== 'invited').length === 3
    }
    for (const person of team.people) await until('all know all', () => isFull(person), patience)
    await Promise.all([bob.stop(), carol.stop()])

    for (const text of ['the zebra has landed', 'it brought two girafes']) {
      assert.equal((await say(alice, 'bob', text)).state, 'queued')
    }
    await reached(alice, 'bob', 'sent')
    const second = (await messages(alice, 'bob')).at(-1)
    assert.ok(second)
    const { message, conversation: direct } = second
    const edit = { conversation: direct, message, text: 'it brought two giraffes', act: toText(randomBytes(16)) }
    await alice.client.request('editMessage', edit)
    const path = team.write('antelope.txt', 'the herd sleeps')
    const { hash } = await alice.client.request('addFile', { path })
    const about = { to: 'bob', text: 'please come', message: toText(randomBytes(16)), files: [hash] }
    await alice.client.request('send', about)
    await say(alice, conversation, 'who is here?')
    for (const chat of ['bob', conversation]) await reached(alice, chat, 'sent')
    await alice.stop()
    assert.ok(((await waiting(team.control)) ?? 0) > 0)
    const secrets = [
      'zebra',
      'giraf',
      'please come',
      'Wildebeest',
      'who is here',
      'antelope',
      'herd',
      'text/plain',
      hash,
    ]
    const seen = team.knowledge
    assert.ok(seen.length > 10_000)
    for (const word of secrets) assert.ok(!seen.includes(word), `the registry knows "${word}"`)

    await team.killRegistry('now')
    await team.startRegistry()
    await bob.start()
    const words = ['the zebra has landed', 'it brought two giraffes', 'please come']
    await got(bob, 'alice', words)
    await got(bob, conversation, ['who is here?'])
    const attached = (await messages(bob, 'alice')).at(-1)?.files?.[0]
    assert.deepEqual([attached?.name, attached?.path], ['antelope.txt', undefined], 'what a file holds is not mailed')
    assert.equal((await messages(bob, 'alice'))[1]?.edited !== undefined, true)
    // Nobody else is there since the registry has started. A message to a room is sent once anybody's mailbox has it.
    await say(bob, 'alice', 'on my way')
    await deposited(team.control, 1)
    await say(bob, conversation, 'bob is')
    await deposited(team.control, 3)
    for (const chat of ['alice', conversation]) await reached(bob, chat, 'sent')
    await bob.stop()

    await carol.start()
    await got(carol, conversation, ['who is here?', 'bob is'])
    await alice.start()
    await got(alice, 'bob', [...words, 'on my way'])
    await bob.start()
    await reached(alice, 'bob', 'delivered')
    await reached(bob, 'alice', 'delivered')
    for (const person of team.people) await got(person, conversation, ['who is here?', 'bob is'])
    await got(bob, 'alice', [...words, 'on my way'])
    await team.waits(0)
    for (const word of secrets) assert.ok(!team.knowledge.includes(word), `the registry knows "${word}"`)
    const fetched = await bob.client.request('fetchFile', { conversation: direct, hash }, { timeout: patience })
    assert.equal(readFileSync(fetched.path ?? '', 'utf8'), 'the herd sleeps')
  })

  it('lose and double nothing when the registry dies before, in and after the commit of a deposit', async () => {
    const { alice, bob } = team
    const before = await texts(bob, 'alice')
    await bob.stop()
    await team.killRegistry('now')
    const stateOf = async () => (await messages(alice, 'bob')).at(-1)?.state
    const words: string[] = []
    for (const at of ['before', 'in', 'after'] as const) {
      await team.startRegistry({ at, match: 'mail/', write: 1 })
      words.push(`killed ${at} the commit`)
      await say(alice, 'bob', `killed ${at} the commit`)
      await team.killRegistry('at its point')
      assert.equal(await stateOf(), 'queued', words.at(-1))
    }
    await team.startRegistry()
    await reached(alice, 'bob', 'sent')
    await alice.stop()
    await bob.start()
    await got(bob, 'alice', [...before, ...words])
    await team.waits(0)
    await alice.start()
    await reached(alice, 'bob', 'delivered')
    await got(bob, 'alice', [...before, ...words])
  })
})
