import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileInfo, FileProgress, MessageInfo } from '../../daemon/src/protocol/control.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { runParley } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { png } from '../support/images.ts'
import { Person, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'
/** How long a hub may take to copy or fetch a file here, in ms. */
const patience = { timeout: 60_000 }

describe('files in chats', () => {
  let folder: string
  let alice: Person
  let bob: Person
  let carol: Person
  const built: AsyncDisposable[] = []

  before(async function () {
    this.timeout(60_000)
    const temporary = await temporaryFolder()
    built.push(temporary)
    folder = temporary.path
    const registry = await startRegistry(join(folder, 'registry'))
    built.push(registry)
    const people = ['alice', 'bob', 'carol'].map(name => new Person(name, join(folder, name)))
    built.push(...people)
    await Promise.all(people.map(person => person.start()))
    await Promise.all(people.map(person => person.signUp(registry.ready.address, password)))
    ;[alice, bob, carol] = people as [Person, Person, Person]
  })

  after(async function () {
    this.timeout(60_000)
    for (const each of built.splice(0).reverse()) await each[Symbol.asyncDispose]()
  })

  /** Alice sends a file; gives the message as it comes to bob. */
  async function send(name: string, bytes: Uint8Array): Promise<{ message: MessageInfo; file: FileInfo }> {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const { hash } = await alice.client.request('addFile', { path }, patience)
    const said = { to: 'bob', text: `see ${name}`, message: toText(randomBytes(16)), files: [hash] }
    const sent = await alice.client.request('send', said)
    assert.equal(sent.files?.[0]?.hash, hash)
    return until('the message', async () => {
      const { messages } = await bob.client
        .request('history', { with: 'alice', limit: 10 })
        .catch(() => ({ messages: [] }))
      const message = messages.find(each => each.message === said.message)
      const file = message?.files?.[0]
      return message && file && { message, file }
    })
  }

  /** Resolves once so many bytes of it have come to bob. */
  async function come(hash: string, bytes: number): Promise<void> {
    let done = 0
    const stop = bob.client.on('file', news => {
      if (news.hash === hash) done = news.done
    })
    await until(`${bytes} bytes`, () => done >= bytes, 30_000)
    stop()
  }

  it('come whole though both hubs are killed in the middle, and go on where they were', async function () {
    this.timeout(180_000)
    const size = 50 * 1024 * 1024
    const bytes = randomBytes(size)
    const { message, file } = await send('film.mp4', bytes)
    assert.deepEqual(file, { hash: file.hash, name: 'film.mp4', size, type: 'video/mp4' })
    const asked = { conversation: message.conversation, hash: file.hash }
    bob.client.request('fetchFile', asked, patience).catch(() => {})
    await come(file.hash, size / 10)
    await bob.kill()
    await bob.start()
    // Nobody has to ask again; who does is told how far it is.
    const told: FileProgress[] = []
    bob.client.on('file', news => told.push(news))
    bob.client.request('fetchFile', asked, patience).catch(() => {})
    // What is there is looked through first, and nothing counts before that.
    const goesOn = await until('some of it', () => told.find(({ done }) => done > 0), 30_000)
    assert.equal(goesOn.done >= size / 10, true, `it began again at ${goesOn.done}`)
    await alice.kill()
    const fetched = bob.client.request('fetchFile', asked, patience)
    await alice.start()
    const { path = '' } = await fetched
    assert.equal(Buffer.compare(await readFile(path), bytes), 0)
    const { messages } = await bob.client.request('history', { with: 'alice', limit: 10 })
    assert.equal(messages.at(-1)?.files?.[0]?.path, path)
  })

  it('come by themselves when they are small images, and their message is told again', async function () {
    this.timeout(60_000)
    const { message } = await send('cat.png', png(40, 30))
    await bob.client.request('subscribeMessages', { with: message.conversation })
    const shown = await until('the image', async () => {
      const { messages } = await bob.client.request('history', { with: 'alice', limit: 10 })
      return messages.at(-1)?.files?.[0]
    })
    assert.deepEqual([shown.name, shown.type, shown.width, shown.height], ['cat.png', 'image/png', 40, 30])
    await until('its place', async () => {
      const { messages } = await bob.client.request('history', { with: 'alice', limit: 10 })
      return messages.at(-1)?.files?.[0]?.path !== undefined
    })
  })

  it('are sent, listed and got from a terminal', async function () {
    this.timeout(120_000)
    const bytes = randomBytes(1_000_000)
    const path = join(folder, 'notes.md')
    await writeFile(path, bytes)
    const sent = await runParley(['send', 'bob', 'my notes', '--file', path, '--wait', '--home', alice.home])
    assert.deepEqual([sent.code, sent.out.trim()], [0, '✓ delivered'], sent.err)
    const listed = await runParley(['file', 'list', 'alice', '--home', bob.home])
    assert.match(listed.out, /alice {2}notes\.md {2}1\.0 MB +[a-z2-7]{8}\n/)
    const downloads = join(folder, 'downloads')
    await mkdir(downloads)
    const got = await runParley(['file', 'get', 'alice', 'notes.md', '--to', downloads, '--home', bob.home])
    assert.deepEqual([got.code, got.out.trim()], [0, join(downloads, 'notes.md')], got.err)
    assert.equal(Buffer.compare(await readFile(join(downloads, 'notes.md')), bytes), 0)
    const again = await runParley(['file', 'get', 'alice', 'notes.md', '--to', downloads, '--home', bob.home])
    assert.deepEqual([again.code, /exists already/.test(again.err)], [2, true])
    const none = await runParley(['file', 'get', 'alice', 'plan.pdf', '--home', bob.home, '--json'])
    assert.deepEqual([none.code, JSON.parse(none.err).error.code], [1, 'no-file'])
  })

  it('come in a room from any member who has them, though whoever sent them is gone', async function () {
    this.timeout(120_000)
    const { conversation } = await alice.client.request('createRoom', { name: 'Plans', invite: ['bob', 'carol'] })
    const room = conversation.conversation
    for (const { client } of [bob, carol]) {
      await until(
        'the invitation',
        () => client.request('joinRoom', { conversation: room }).catch(() => undefined),
        30_000,
      )
    }
    const bytes = randomBytes(3_000_000)
    const path = join(folder, 'plan.pdf')
    await writeFile(path, bytes)
    const { hash } = await alice.client.request('addFile', { path }, patience)
    const message = toText(randomBytes(16))
    await alice.client.request('send', { to: room, text: '', message, files: [hash] })
    for (const { client } of [bob, carol]) {
      await until(
        'the file in the room',
        async () => {
          const { messages } = await client.request('history', { with: room, limit: 10 })
          return messages.some(({ files }) => files?.[0]?.hash === hash)
        },
        30_000,
      )
    }
    await bob.client.request('fetchFile', { conversation: room, hash }, patience)
    await alice.kill()
    const got = await carol.client.request('fetchFile', { conversation: room, hash }, patience)
    assert.equal(Buffer.compare(await readFile(got.path ?? ''), bytes), 0)
  })
})
