import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, connect } from '../../daemon/src/client/index.ts'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { readMetrics } from '../support/open-metrics.ts'
import { startTap } from '../support/tap.ts'
import { Person, portOf, startRegistry } from '../support/team.ts'
import { Trio } from '../support/trio.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
/** The courier waits 5 s first, and machines that run tests are slow. */
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

/** Waits until that many mailbox keys were published since the start of the registry. */
async function published(registry: Client, count: number): Promise<void> {
  const name = 'parley_requests_total{request="publishMailboxKey"}'
  await until(
    `${count} mailbox keys are published`,
    async () => (readMetrics((await registry.request('metrics', {})).text).get(name) ?? 0) >= count,
    patience,
  )
}

const waiting = async (registry: Client) => (await registry.request('status', {})).registry?.mail?.items

/** Everything in the files below a folder. */
function bytesBelow(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => join(folder, name))
  return Buffer.concat(files.filter(file => statSync(file).isFile()).map(file => readFileSync(file)))
}

describe('two people who are never here together', () => {
  it('reach each other by mail, whatever is restarted, each message once, and the registry cannot read it', async function () {
    this.timeout(240_000)
    await using folder = await temporaryFolder()
    const home = join(folder.path, 'registry')
    let registry = await startRegistry(home)
    await using tap = await startTap(portOf(registry.ready.listen))
    const link = `parley://127.0.0.1:${tap.port}/${registry.ready.registryId}?v=1`
    let control = await connect({ home, client: 'test', attached: false })
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await alice.signUp(link, password)
    await bob.signUp(link, password)
    await published(control, 2)
    await bob.stop()

    const words = ['the zebra has landed', 'it brought two giraffes', 'please come']
    for (const text of words) assert.equal((await say(alice, 'bob', text)).state, 'queued')
    await reached(alice, 'bob', 'sent')
    await alice.stop()
    assert.ok(((await waiting(control)) ?? 0) > 0)
    const seen = Buffer.concat([bytesBelow(home), tap.bytes(), Buffer.from(registry.errors())])
    assert.ok(seen.length > 10_000)
    for (const word of ['zebra', 'giraffes', 'please come'])
      assert.ok(!seen.includes(word), `the registry knows "${word}"`)

    control.close()
    const { listen, heartbeat } = registry.ready
    await registry.kill()
    registry = await startRegistry(home, { args: ['--listen', listen, '--heartbeat', heartbeat] })
    await using _registry = registry
    control = await connect({ home, client: 'test', attached: false })

    await bob.start()
    await got(bob, 'alice', words)
    await until('the registry has forgotten it', async () => (await waiting(control)) === 0, patience)
    assert.equal((await say(bob, 'alice', 'on my way')).state, 'queued')
    await reached(bob, 'alice', 'sent')
    await bob.stop()

    await alice.start()
    await got(alice, 'bob', [...words, 'on my way'])
    assert.ok((await messages(alice, 'bob')).every(({ mine, state }) => !mine || state !== 'queued'))
    await bob.start()
    await reached(alice, 'bob', 'delivered')
    await reached(bob, 'alice', 'delivered')
    await got(alice, 'bob', [...words, 'on my way'])
    await got(bob, 'alice', [...words, 'on my way'])
    control.close()
  })
})

describe('a registry that dies', function () {
  this.timeout(240_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let trio: Trio

  before(async () => {
    folder = await temporaryFolder()
    trio = await Trio.start(folder.path)
  })

  afterEach(async function () {
    if (this.currentTest?.isFailed()) for (const who of ['registry', 'alice', 'bob'] as const) await trio.restart(who)
  })

  after(async () => {
    await trio?.[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  for (const at of ['before', 'in', 'after'] as const) {
    it(`${at} the commit of a deposit has it again, or still, and it is delivered once`, async () => {
      const { alice, bob } = trio
      const before = await texts(bob, 'alice')
      await bob.stop()
      await trio.restart('registry', { at, match: 'mail/', write: 1 })
      const words = [`one ${at}`, `two ${at}`]
      for (const text of words) await say(alice, 'bob', text)
      await trio.killed('registry')
      assert.ok((await messages(alice, 'bob')).slice(-2).every(({ state }) => state === 'queued'))
      await trio.start('registry')
      await reached(alice, 'bob', 'sent')
      await alice.stop()
      await bob.start()
      await got(bob, 'alice', [...before, ...words])
      await alice.start()
      await reached(alice, 'bob', 'delivered')
      await got(bob, 'alice', [...before, ...words])
    })
  }
})

describe('a room of three who are never here together', () => {
  it('has what each has written, in one order, and its name is nothing that the registry knows', async function () {
    this.timeout(240_000)
    await using folder = await temporaryFolder()
    const home = join(folder.path, 'registry')
    await using registry = await startRegistry(home)
    await using tap = await startTap(portOf(registry.ready.listen))
    const link = `parley://127.0.0.1:${tap.port}/${registry.ready.registryId}?v=1`
    await using alice = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    await using carol = await new Person('carol', join(folder.path, 'carol')).start()
    const all = [alice, bob, carol]
    for (const person of all) await person.signUp(link, password)
    const control = await connect({ home, client: 'test', attached: false })
    await published(control, 3)
    const room = await alice.client.request('createRoom', { name: 'Wildebeest', invite: ['bob', 'carol'] })
    const { conversation } = room.conversation
    for (const person of [bob, carol]) {
      await until(
        `${person.name} is invited`,
        async () =>
          (await person.client.request('subscribe', {})).conversations.some(one => one.conversation === conversation),
        patience,
      )
      await person.client.request('joinRoom', { conversation })
    }
    await until(
      'all know all',
      async () => {
        const rooms = await Promise.all(all.map(({ client }) => client.request('room', { conversation })))
        return rooms.every(({ members }) => members.filter(({ role }) => role !== 'invited').length === 3)
      },
      patience,
    )
    await bob.stop()
    await carol.stop()
    await say(alice, conversation, 'who is here?')
    await reached(alice, conversation, 'sent')
    await until('it waits for both', async () => (await waiting(control)) === 2, patience)
    await alice.stop()
    await bob.start()
    await got(bob, conversation, ['who is here?'])
    await say(bob, conversation, 'bob is')
    await reached(bob, conversation, 'sent')
    await until('it waits for both others', async () => (await waiting(control)) === 3, patience)
    await bob.stop()
    await carol.start()
    await got(carol, conversation, ['who is here?', 'bob is'])
    const seen = Buffer.concat([bytesBelow(home), tap.bytes(), Buffer.from(registry.errors())])
    for (const word of ['Wildebeest', 'who is here']) assert.ok(!seen.includes(word), `the registry knows "${word}"`)
    await alice.start()
    await bob.start()
    for (const person of all) await got(person, conversation, ['who is here?', 'bob is'])
    control.close()
  })
})
