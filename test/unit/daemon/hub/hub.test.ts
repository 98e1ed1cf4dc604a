import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Dialer } from '../../../../daemon/src/net/dial.ts'
import { personOf } from '../../../../daemon/src/protocol/conversation-infos.ts'
import { startFakeRegistry } from '../../../support/fake-registry.ts'
import { type HubHome, hubHome, messageText, password, type RunningHub, startTestHub } from '../../../support/hub.ts'
import { within } from '../../../support/links.ts'
import { type RunningRegistry, startTestRegistry } from '../../../support/registry.ts'
import { until } from '../../../support/wait.ts'

describe('hub', () => {
  it('signs up two people, carries a message between them and says when it is delivered', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    const { address } = registry.registry

    const signedUp = await alice.hub.signUp({ registry: address, name: 'Alice', displayName: 'Alice A', password })
    await bob.hub.signUp({ registry: address, name: 'bob', password })
    assert.equal(signedUp.name, 'alice')
    assert.equal(signedUp.displayName, 'Alice A')
    assert.equal(signedUp.state, 'online')
    assert.equal(signedUp.registry, registry.registry.id)

    const sent = await alice.say('bob', 'hello')
    assert.equal(sent.mine, true)
    const { conversation, message } = sent
    const delivered = await alice.hub.waitDelivered({ conversation, message, timeout: 10_000 })
    assert.equal(delivered.state, 'delivered')
    const { messages } = await bob.hub.history({ with: 'alice', limit: 10 })
    assert.deepEqual(
      messages.map(({ text, mine, name }) => ({ text, mine, name })),
      [{ text: 'hello', mine: false, name: 'alice' }],
    )

    const answer = await bob.say('alice', 'hello yourself')
    await bob.hub.waitDelivered({ conversation, message: answer.message, timeout: 10_000 })
    assert.deepEqual(await alice.texts('bob'), ['hello', 'hello yourself'])
    assert.deepEqual(await bob.texts('alice'), ['hello', 'hello yourself'])
  })

  it('lets nobody wait for a delivery when it stops, or when who asked has gone', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    await bob.hub.signUp({ registry: registry.registry.address, name: 'bob', password })
    await bob.hub.close()
    const { conversation, message } = await alice.say('bob', 'hello')
    const asked = { conversation, message, timeout: 3600_000 }
    const gone = new AbortController()
    const first = alice.hub.waitDelivered(asked, gone.signal)
    const second = alice.hub.waitDelivered(asked)
    for (const waiting of [first, second]) waiting.catch(() => {})
    gone.abort()
    await assert.rejects(within('the first to end', first, 3_000), { code: 'closed' })
    await alice.hub.close()
    await assert.rejects(within('the second to end', second, 3_000), { code: 'closed' })
  })

  it('keeps its keys to itself', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    const keys = (await readdir(home.path)).filter(name => name.endsWith('.key'))
    assert.equal(keys.length, 3, 'one device key, one account key, one towards people of no team')
    for (const name of keys) assert.equal((await stat(path.join(home.path, name))).mode & 0o777, 0o600, name)
  })

  it('takes the same message id as the same message', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    await bob.hub.signUp({ registry: registry.registry.address, name: 'bob', password })
    const message = messageText()
    const { conversation } = await alice.hub.send({ to: 'bob', text: 'once', message })
    await alice.hub.send({ to: '@Bob', text: 'once', message })
    await alice.hub.waitDelivered({ conversation, message, timeout: 10_000 })
    assert.deepEqual(await bob.texts('alice'), ['once'])
  })

  it('shows names and history, and takes messages, while the registry is out of reach', async () => {
    const registry = await startTestRegistry()
    await using _registry = registry
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    {
      await using alice = await signedUp(registry, aliceHome, 'alice')
      await using bob = await signedUp(registry, bobHome, 'bob')
      const { conversation, message } = await alice.say('bob', 'before')
      await alice.hub.waitDelivered({ conversation, message, timeout: 10_000 })
      assert.deepEqual(await bob.texts('alice'), ['before'])
    }
    await registry[Symbol.asyncDispose]()

    {
      await using alice = await startTestHub(aliceHome)
      await alice.seen('unreachable', () => alice.account().state === 'unreachable')
      assert.match(alice.account().why ?? '', /Nothing listens at/)
      assert.equal((await alice.say('bob', 'while away')).state, 'queued')
      assert.deepEqual(await alice.texts('bob'), ['before', 'while away'])
      const [chat] = alice.hub.snapshot().conversations
      assert.deepEqual([personOf(chat)?.name, personOf(chat)?.status, chat?.queued], ['bob', 'offline', 1])
      await assert.rejects(alice.say('carol', 'hello'), {
        code: 'unreachable',
        message: /"carol" is not known here yet/,
      })
      await assert.rejects(alice.hub.who({}), { code: 'unreachable' })
    }

    const { memory, port } = registry
    await using _again = await startTestRegistry({ memory, options: { listen: [`127.0.0.1:${port}`] } })
    await using bob = await startTestHub(bobHome)
    await using alice = await startTestHub(aliceHome)
    await alice.seen('the delivery', () => alice.hub.status().queued === 0)
    assert.deepEqual(await bob.texts('alice'), ['before', 'while away'])
  })

  it('delivers all that was said to someone offline, in order and once, over restarts', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await (await signedUp(registry, bobHome, 'bob')).hub.close()
    const said: string[] = []
    const sayMany = async (alice: RunningHub) => {
      for (let index = 0; index < 40; index++) {
        said.push(`message ${said.length}`)
        await alice.say('bob', said.at(-1) ?? '')
      }
    }
    {
      await using alice = await signedUp(registry, aliceHome, 'alice')
      await sayMany(alice)
    }
    {
      await using alice = await startTestHub(aliceHome)
      await sayMany(alice)
    }
    await using alice = await startTestHub(aliceHome)
    await using bob = await startTestHub(bobHome)
    await sayMany(alice)
    await alice.seen('the delivery', () => alice.hub.status().queued === 0)
    assert.deepEqual(await bob.texts('alice'), said)
  })

  it('is online again without a password soon after the registry is back', async () => {
    const registry = await startTestRegistry()
    await using _registry = registry
    await using home = await hubHome()
    await using alice = await signedUp(registry, home, 'alice')
    await registry[Symbol.asyncDispose]()
    await alice.seen('unreachable', () => alice.account().state === 'unreachable')
    const { memory, port } = registry
    await using again = await startTestRegistry({ memory, options: { listen: [`127.0.0.1:${port}`] } })
    await alice.seen('online', () => alice.account().state === 'online', 5_000)
    assert.equal(again.registry.status().online, 1)
  })

  it('goes on over a live link, and dials the addresses known last, while the registry is away', async () => {
    const registry = await startTestRegistry()
    await using _registry = registry
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await signedUp(registry, aliceHome, 'alice')
    const bob = await signedUp(registry, bobHome, 'bob')
    await using _bob = bob
    const first = await alice.say('bob', 'one')
    await alice.hub.waitDelivered({ ...first, timeout: 10_000 })
    const listen = bob.hub.status().listen
    await registry[Symbol.asyncDispose]()
    await alice.seen('unreachable', () => alice.account().state === 'unreachable')
    const second = await alice.say('bob', 'two')
    await alice.hub.waitDelivered({ ...second, timeout: 10_000 })

    await bob.hub.close()
    await alice.seen('the end of the link', () => alice.hub.status().links === 0)
    await using again = await startTestHub(bobHome, { options: { listen } })
    const third = await alice.say('bob', 'three')
    await alice.hub.waitDelivered({ ...third, timeout: 10_000 })
    assert.deepEqual(await again.texts('alice'), ['one', 'two', 'three'])
  })

  it('signs out: links end, keys and history stay, and the password is asked next time', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using bob = await signedUp(registry, bobHome, 'bob')
    {
      await using alice = await signedUp(registry, aliceHome, 'alice')
      const sent = await alice.say('bob', 'hello')
      await alice.hub.waitDelivered({ ...sent, timeout: 10_000 })
      const account = await alice.hub.signOut()
      assert.equal(account.state, 'signed-out')
      assert.equal(alice.hub.status().links, 0)
      await assert.rejects(alice.say('bob', 'again'), { code: 'signed-out' })
      await assert.rejects(alice.hub.signIn({}), { code: 'password-needed' })
    }
    await using alice = await startTestHub(aliceHome)
    assert.equal(alice.account().state, 'signed-out')
    assert.deepEqual(await alice.texts('bob'), ['hello'])
    await assert.rejects(alice.hub.signIn({ password: 'not the password' }), { code: 'wrong-credentials' })
    assert.equal(alice.account().state, 'signed-out')
    await bob.say('alice', 'are you there?')
    assert.equal((await alice.hub.signIn({ password })).state, 'online')
    await until('the message', async () => (await alice.texts('bob')).length > 1)
    assert.deepEqual(await alice.texts('bob'), ['hello', 'are you there?'])
  })

  it('lets a second device wait, once the password is right', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using _alice = await signedUp(registry, home, 'alice')
    await using otherHome = await hubHome()
    await using other = await startTestHub(otherHome)
    const { address } = registry.registry
    await assert.rejects(other.hub.signIn({}), { code: 'unknown-account' })
    await assert.rejects(other.hub.signIn({ registry: address, name: 'alice', password: 'wrong one' }), {
      code: 'wrong-credentials',
    })
    await assert.rejects(other.hub.signIn({ registry: address }), { code: 'unknown-account' })
    assert.deepEqual(other.hub.snapshot().accounts, [])
    assert.equal((await other.hub.signIn({ registry: address, name: 'alice', password })).state, 'pending')
  })

  it('refuses a sign-in that somebody in the middle relays', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await signedUp(registry, home, 'alice')
    await alice.hub.signOut()
    await using middle = await startFakeRegistry()
    const dialer = new Dialer({ identity: middle.identity })
    const { host, port } = registry
    const onward = await dialer.dial({ host, port, alpn: 'parley-registry/1' })
    const said: string[] = []
    middle.answer = async is => {
      if (is.case !== 'registryHello') said.push(is.case ?? '')
      return onward.request(is)
    }
    await using victimHome = await hubHome()
    await using victim = await startTestHub(victimHome)
    const signIn = victim.hub.signIn({ registry: `127.0.0.1:${middle.port}`, name: 'alice', password })
    await assert.rejects(signIn, { code: 'forged', message: /^Somebody between this device and the registry / })
    assert.deepEqual(said, ['signIn', 'continue'], 'the exchange went through, its proof did not')
    dialer.close()
  })

  it('signs up by invite where the registry asks for one', async () => {
    await using registry = await startTestRegistry({ options: { signUp: 'invite' } })
    const { link } = await registry.registry.invites.invite({ uses: 2 })
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    const wish = { registry: registry.registry.address, name: 'alice', password }
    await assert.rejects(alice.hub.signUp(wish), { code: 'invite-needed' })
    assert.equal((await alice.hub.signUp({ ...wish, invite: link })).name, 'alice')
    await using bobHome = await hubHome()
    await using bob = await startTestHub(bobHome)
    assert.equal((await bob.hub.signUp({ ...wish, registry: link, name: 'bob' })).name, 'bob')
  })

  it('says who is online and finds people by any part of their name', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await using alice = await signedUp(registry, aliceHome, 'alice')
    const bob = await signedUp(registry, bobHome, 'bob.builder')
    await using _bob = bob
    const names = async (query?: string) => {
      const { people } = await alice.hub.who(query === undefined ? {} : { query })
      return people.map(({ name, status }) => `${name} ${status}`)
    }
    await until('bob online', async () => (await names()).length === 2)
    assert.deepEqual(await names(), ['alice online', 'bob.builder online'])
    assert.deepEqual(await names('build'), ['bob.builder online'])
    assert.deepEqual(await alice.hub.who({ limit: 1 }).then(({ people, more }) => [people.length, more]), [1, true])
    const sent = await alice.say('bob.builder', 'hi')
    await alice.hub.waitDelivered({ ...sent, timeout: 10_000 })
    const statusOfBob = () => personOf(alice.hub.snapshot().conversations[0])?.status
    await alice.seen('bob online', () => statusOfBob() === 'online')
    await bob.hub.close()
    await alice.seen('bob offline', () => statusOfBob() === 'offline')
    assert.deepEqual(await names('bob'), ['bob.builder offline'])
  })

  it('refuses what cannot be sent, each in its own words', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    await assert.rejects(alice.say('bob', 'hello'), { code: 'unknown-account', message: /parley sign-up/ })
    await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    await assert.rejects(alice.say('bob', ' \n'), { code: 'bad-message', message: /empty/ })
    await assert.rejects(alice.say('bob', 'x'.repeat(100 * 1024 + 1)), { code: 'bad-message', message: /in parts/ })
    await assert.rejects(alice.say('bob', 'a\ud800'), { code: 'bad-message', message: /broken character/ })
    await assert.rejects(alice.hub.send({ to: 'bob', text: 'hello', message: 'abc' }), { code: 'bad-message' })
    await assert.rejects(alice.say('bob', 'hello'), { code: 'unknown-user', message: /Nobody in Acme is called "bob"/ })
    await assert.rejects(alice.say('alice', 'hello'), { code: 'bad-message', message: /yourself/ })
    await assert.rejects(alice.say('no such name', 'hello'), { code: 'bad-name' })
    assert.deepEqual(alice.hub.snapshot().conversations, [])
  })

  it('goes on when one who watches it fails', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await startTestHub(home)
    alice.hub.watch(() => {
      throw new Error('a front end broke')
    })
    const account = await alice.hub.signUp({ registry: registry.registry.address, name: 'alice', password })
    assert.equal(account.state, 'online')
    assert.ok(alice.log.lines.some(({ text }) => text === 'A listener of the hub has failed.'))
  })

  it('waits for a delivery only as long as it is told', async () => {
    await using registry = await startTestRegistry()
    await using aliceHome = await hubHome()
    await using bobHome = await hubHome()
    await (await signedUp(registry, bobHome, 'bob')).hub.close()
    await using alice = await signedUp(registry, aliceHome, 'alice')
    const { conversation, message } = await alice.say('bob', 'hello')
    await assert.rejects(alice.hub.waitDelivered({ conversation, message, timeout: 10 }), { code: 'timeout' })
    const unknown = { conversation, message: messageText(), timeout: 10 }
    await assert.rejects(alice.hub.waitDelivered(unknown), { code: 'bad-message' })
  })

  it('leaves the password neither in storage, nor in files, nor in its log', async () => {
    await using registry = await startTestRegistry()
    await using home = await hubHome()
    await using alice = await signedUp(registry, home, 'alice')
    await alice.hub.signOut()
    await alice.hub.signIn({ password })
    const { rows } = await home.storage.list('', { limit: 1000 })
    const found = await readdir(home.path, { recursive: true, withFileTypes: true })
    const isFile = found.filter(each => each.isFile())
    const files = await Promise.all(isFile.map(({ parentPath, name }) => readFile(path.join(parentPath, name))))
    assert.ok(files.length > 0)
    const all = [...rows.map(([, value]) => Buffer.from(value)), ...files, Buffer.from(JSON.stringify(alice.log.lines))]
    assert.ok(rows.length > 0 && alice.log.lines.length > 0)
    for (const bytes of all) assert.equal(bytes.includes(password), false)
  })

  it('comes up on the first free port from 5858 on, and says when another is taken', async () => {
    await using firstHome = await hubHome()
    await using secondHome = await hubHome()
    await using first = await startTestHub(firstHome, { options: { listen: ['127.0.0.1:5858'] } })
    await using second = await startTestHub(secondHome, { options: { listen: ['127.0.0.1:5858'] } })
    const [one, two] = [first, second].map(({ hub }) => Number(hub.status().listen[0]?.split(':')[1]))
    assert.ok(one !== undefined && two !== undefined && one >= 5858 && two > one && two < 5958)
    await using thirdHome = await hubHome()
    const taken = first.hub.status().listen[0] === '127.0.0.1:5858' ? second : first
    const listen = taken.hub.status().listen
    await assert.rejects(startTestHub(thirdHome, { options: { listen } }), { code: 'port-taken' })
  })
})

async function signedUp(registry: RunningRegistry, home: HubHome, name: string): Promise<RunningHub> {
  const hub = await startTestHub(home)
  await hub.hub.signUp({ registry: registry.registry.address, name, password })
  return hub
}
