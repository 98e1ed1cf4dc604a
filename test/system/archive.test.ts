import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { locations } from '../../daemon/src/locations.ts'
import type { MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { cli } from '../support/terminal.ts'
import { until } from '../support/wait.ts'

const newId = () => toText(randomBytes(16))

const kept: readonly (readonly [words: readonly string[], said: RegExp])[] = [
  [['archive', 'bob'], /bob is archived/],
  [['unarchive', 'bob'], /bob is not archived/],
  [['pin', 'bob'], /bob is pinned/],
  [['unpin', 'bob'], /bob is not pinned/],
  [['mute', 'bob'], /bob is muted/],
  [['unmute', 'bob'], /bob is not muted/],
  [['unread', 'bob'], /bob is marked as unread/],
  [['read', 'bob'], /bob is read/],
  [['receipts', 'off'], /Others do not see/],
  [['receipts'], /Others do not see/],
  [['receipts', 'on'], /Others see what you have read/],
  [['receipts'], /Others see what you have read/],
]

const missing = (folder: string): readonly (readonly [words: readonly string[], said: RegExp])[] => [
  [['import', join(folder, 'none.jsonl')], /none\.jsonl does not exist\./],
  [['import', folder], / is a folder\./],
  [['export', join(folder, 'none', 'all.jsonl')], /The folder .*none does not exist\./],
  [['export', folder], /is there already/],
  [['send', 'bob', '--file', join(folder, 'none.pdf')], /none\.pdf does not exist\./],
]

describe('what was said, with two real hubs', () => {
  let folder: string
  let alice: Person
  let bob: Person
  const built: AsyncDisposable[] = []

  beforeEach(async function () {
    this.timeout(60_000)
    const temporary = await temporaryFolder()
    folder = temporary.path
    built.push(temporary)
    const registry = await startRegistry(join(folder, 'registry'))
    built.push(registry)
    alice = await new Person('alice', join(folder, 'alice')).start()
    built.push(alice)
    bob = await new Person('bob', join(folder, 'bob')).start()
    built.push(bob)
    for (const each of [alice, bob]) await each.signUp(registry.ready.address, 'correct horse battery')
  })

  afterEach(async function () {
    this.timeout(60_000)
    for (const each of built.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })

  const say = (by: Person, to: string, text: string): Promise<MessageInfo> =>
    by.client.request('send', { to, text, message: newId() })
  const texts = async (by: Person, other: string) => {
    const { messages } = await by.client.request('history', { with: other, limit: 500 })
    return messages.map(({ text }) => text)
  }
  const found = async (by: Person, query: string, more: object = {}) => {
    const { hits } = await by.client.request('search', { query, limit: 100, ...more })
    return hits.map(({ message }) => message.text)
  }
  /** The index takes in what was written a moment later. */
  const finds = (expected: readonly string[], ...asked: Parameters<typeof found>) =>
    until(
      `“${asked[1]}” finds ${expected.length}`,
      async () => isDeepStrictEqual(await found(...asked), expected),
      30_000,
    )

  it('is found as it is now, through edits, deletions, a SIGKILL and a lost index', async function () {
    this.timeout(120_000)
    const first = await say(alice, 'bob', 'the blue door')
    const second = await say(alice, 'bob', 'the green door')
    const { conversation, user } = first
    await alice.client.request('waitDelivered', { conversation, message: second.message, timeout: 30_000 })
    await finds(['the green door', 'the blue door'], bob, 'door')
    await alice.client.request('editMessage', {
      ...{ conversation, message: first.message, text: 'the red door', act: newId() },
    })
    await alice.client.request('deleteMessage', { conversation, user, message: second.message, act: newId() })
    await until('bob has the edit', async () => (await texts(bob, 'alice'))[0] === 'the red door', 30_000)
    await until('bob has the deletion', async () => (await texts(bob, 'alice'))[1] === '', 30_000)
    for (const each of [alice, bob]) {
      await finds(['the red door'], each, 'red')
      for (const gone of ['blue', 'green']) await finds([], each, gone)
    }
    // Killed with what has just been said not in the index yet.
    await Promise.all(Array.from({ length: 200 }, (_, count) => say(alice, 'bob', `knock ${count}`)))
    await alice.kill()
    await alice.start()
    await until('all of it is found', async () => (await found(alice, 'knock')).length === 100, 30_000)
    await finds(['knock 199'], alice, 'knock 199')
    await alice.kill()
    const index = join(locations(alice.home).pluginDir('storage-sqlite'), 'search.db')
    for (const ending of ['', '-wal', '-shm']) await rm(`${index}${ending}`, { force: true })
    await alice.start()
    await until('the index is filled anew', async () => (await found(alice, 'knock 0')).length === 1, 30_000)
    await finds(['the red door'], alice, 'red')
  })

  it('of a room is found by those who are in it', async function () {
    this.timeout(60_000)
    await say(alice, 'bob', 'hello')
    await until('they know each other', async () => (await texts(bob, 'alice')).length === 1, 30_000)
    const room = await alice.client.request('createRoom', { name: 'tea', invite: ['bob'] })
    const { conversation } = room.conversation
    await say(alice, conversation, 'earl grey at five')
    await until(
      'bob is invited',
      async () => {
        const { conversations } = await bob.client.request('subscribe', {})
        return conversations.some(info => info.conversation === conversation)
      },
      30_000,
    )
    await finds([], bob, 'earl')
    await bob.client.request('joinRoom', { conversation })
    await until('it is found', async () => (await found(bob, 'earl')).length === 1, 30_000)
    await finds(['earl grey at five'], bob, 'earl', { with: conversation })
    await finds(['earl grey at five'], bob, 'earl', { from: 'alice' })
    await finds([], bob, 'earl', { with: 'alice' })
  })

  it('is searched, kept in order, exported, imported and dropped from a terminal', async function () {
    this.timeout(60_000)
    const run = (...args: string[]) => cli([...args, '--home', alice.home])
    for (const text of ['release on Friday', 'release on Monday', 'lunch?']) await say(alice, 'bob', text)
    await until('bob has them', async () => (await texts(bob, 'alice')).length === 3, 30_000)
    // The index takes in what was written a moment later.
    const search = await until(
      'it is found',
      async () => {
        const { out } = await run('search', 'rel*', 'friday')
        return out.includes('Friday') && out
      },
      30_000,
    )
    assert.match(search, /bob {2}alice: release on Friday/)
    await until('all is found', async () => (await found(alice, 'release')).length === 2, 30_000)
    const page = JSON.parse((await run('search', 'release', '--limit', '1', '--json')).out)
    assert.equal(page.hits[0].message.text, 'release on Monday')
    const more = await run('search', 'release', '--limit', '1', '--next', page.next)
    assert.match(more.out, /release on Friday/)
    assert.match((await run('search', 'release', '--before', '1d')).out, /Nothing found/)
    assert.equal((await run('search')).code, 2)
    assert.equal((await run('search', 'x', '--after', 'tomorrow')).code, 2)

    const file = join(folder, 'all.jsonl')
    assert.match((await run('export', file)).out, /3 messages/)
    assert.equal((await run('export', file)).code, 2)
    const readable = join(folder, 'bob.md')
    assert.equal((await run('export', readable, 'bob')).code, 0)
    assert.match(await readFile(readable, 'utf8'), /release on Friday/)

    assert.match((await run('import', file)).out, /0 messages are new here, 3 were here already/)
    assert.equal((await run('import', readable)).code, 1)
    const theirs = await cli(['import', file, '--home', bob.home])
    assert.match(theirs.err, /another account/)

    for (const [words, said] of kept) {
      const { code, out, err } = await run(...words)
      assert.deepEqual([code, err], [0, ''])
      assert.match(out, said)
    }
    assert.match((await run('retention', 'bob')).out, /are kept/)
    assert.match((await run('retention', 'bob', '90')).out, /dropped after 90 days/)
    assert.match((await run('retention', 'bob')).out, /dropped after 90 days/)
    assert.equal((await run('retention', 'bob', 'never')).code, 2)
    assert.match((await run('retention', 'bob', 'off')).out, /are kept/)
    const refused = await cli(['clear', 'bob', '--home', alice.home], { stdin: 'no\n' })
    assert.equal(refused.code, 1)
    assert.equal((await texts(alice, 'bob')).length, 3)
    assert.equal((await run('clear', 'bob', '--before', '1d', '--yes')).code, 0)
    assert.equal((await texts(alice, 'bob')).length, 3)
    assert.equal((await run('clear', 'bob', '--yes')).code, 0)
    assert.deepEqual(await texts(alice, 'bob'), [])
    await finds([], alice, 'release')
    const dropped = await run('import', file)
    assert.match(
      dropped.out,
      /^0 messages are new here, 0 were here already\.\n3 were dropped here before, and stay so\.\n$/,
    )
    for (const [words, said] of missing(folder)) {
      const { code, err } = await run(...words)
      assert.equal(code, 2, err)
      assert.match(err, said)
    }
    assert.equal((await texts(bob, 'alice')).length, 3)
  })
})
