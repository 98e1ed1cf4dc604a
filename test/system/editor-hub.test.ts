import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connectOrStart, endRunning, type StartOptions } from '../../daemon/src/client/index.ts'
import { isLocked } from '../../daemon/src/client/lock.ts'
import { locations } from '../../daemon/src/locations.ts'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { realClock } from '../../extension/src/hub/clock.ts'
import type { HubState } from '../../extension/src/hub/hub.ts'
import { HubConnection } from '../../extension/src/hub/hub-connection.ts'
import { buildBundles } from '../support/daemon-bundle.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Process } from '../support/processes.ts'
import { type RegistryReady, startRegistry } from '../support/team.ts'
import { cli } from '../support/terminal.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

/** A window of an editor: its connection to the hub, and what it heard. */
class Window {
  readonly hub: HubConnection
  readonly states: HubState[] = []
  readonly log: string[] = []

  constructor(home: string, bundle: string, options: Partial<StartOptions> = {}) {
    const note = (text: string) => void this.log.push(text)
    this.hub = new HubConnection({
      connect: signal => connectOrStart({ home, client: 'test', attached: true, bundle, signal, ...options }),
      end: () => endRunning({ home, client: 'test' }),
      clock: realClock,
      log: { debug: note, info: note, warn: note, error: note },
      words: { away: 'It is away.', keepsEnding: 'It keeps ending.', noHub: 'It is no hub.' },
    })
    this.hub.onState(state => this.states.push(state))
    this.hub.start()
  }

  async up(): Promise<this> {
    await until('a hub that is up', () => this.hub.state.is === 'up', 20_000)
    return this
  }

  async pid(): Promise<number> {
    return (await this.hub.request('status', {})).pid
  }
}

describe('a window and its hub', function () {
  this.timeout(90_000)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let registry: Process<RegistryReady>
  let bundle: string

  before(async () => {
    folder = await temporaryFolder()
    const bundles = await buildBundles(folder.path)
    bundle = await bundles.as('1.0.0')
    registry = await startRegistry(path.join(folder.path, 'registry'))
  })
  after(async () => {
    await registry.stop()
    await folder[Symbol.asyncDispose]()
  })

  let homes = 0
  async function newPerson() {
    const home = path.join(folder.path, `home-${++homes}`)
    await mkdir(home, { mode: 0o700 })
    await writeFile(path.join(home, 'parley.json'), '{ "hub": { "listen": ["127.0.0.1:0"] } }')
    const windows: Window[] = []
    return {
      home,
      open(options: Partial<StartOptions> = {}) {
        const window = new Window(home, bundle, options)
        windows.push(window)
        return window
      },
      async [Symbol.asyncDispose]() {
        for (const { hub } of windows) hub.dispose()
        await cli(['stop', '--home', home])
        await until('the end of the hub', () => !isLocked(locations(home).lock))
      },
    }
  }

  it('is one hub for ten windows that open at once', async () => {
    await using person = await newPerson()
    const windows = Array.from({ length: 10 }, () => person.open())
    await Promise.all(windows.map(window => window.up()))
    const pids = await Promise.all(windows.map(window => window.pid()))
    assert.equal(new Set(pids).size, 1)
    assert.ok(
      windows.every(window => window.states.length === 1),
      JSON.stringify(windows.map(({ states }) => states)),
    )
  })

  it('finds each other again after the hub was killed: the feed goes on, and what is typed meanwhile is sent once', async () => {
    await using alice = await newPerson()
    await using bob = await newPerson()
    const [one, other, bobs] = await Promise.all([alice.open().up(), alice.open().up(), bob.open().up()])
    const { address } = registry.ready
    await one.hub.request('signUp', { registry: address, name: 'alice', password })
    await bobs.hub.request('signUp', { registry: address, name: 'bob', password })
    await until('the other window’s account', () => other.hub.accounts?.[0]?.name === 'alice')
    const first = await one.hub.request('send', { to: 'bob', text: 'before', message: messageId() })
    const heard: string[] = []
    other.hub.watchChat(first.conversation, {
      messages: messages => heard.push(...messages.map(each => each.text)),
      saved: () => {},
      stale: () => heard.push('stale'),
    })

    const killed = await one.pid()
    process.kill(killed, 'SIGKILL')
    const since = performance.now()
    const typed = messageId()
    const sent = await one.hub.request('send', { to: 'bob', text: 'typed at that moment', message: typed })
    assert.ok(performance.now() - since < 10_000, `took ${performance.now() - since} ms`)
    assert.equal(sent.message, typed)
    await other.up()
    assert.notEqual(await other.pid(), killed)
    assert.equal(await one.pid(), await other.pid())
    assert.deepEqual(
      other.states.map(state => state.is),
      ['up', 'connecting', 'up'],
    )

    await until(
      'the message at the other window',
      () => heard.includes('typed at that moment') || heard.includes('stale'),
    )
    await one.hub.request('send', { to: 'bob', text: 'after', message: messageId() })
    await until('what comes after', () => heard.includes('after'))
    const texts = async (window: Window, who: string) =>
      (await window.hub.request('history', { with: who, limit: 10 })).messages.map(each => each.text)
    assert.deepEqual(await texts(other, 'bob'), ['before', 'typed at that moment', 'after'])
    await until('all of it at bob', async () => (await texts(bobs, 'alice')).length === 3)
    assert.equal(other.hub.conversations.get(first.conversation)?.lastLine, 'after')
  })

  it('gives up in words when no Node runs the hub, and comes up once that is mended', async () => {
    await using person = await newPerson()
    const nodePath = path.join(person.home, 'no-node')
    const window = person.open({ nodePath })
    const failed = await until('the end of trying', () => window.hub.state.is === 'failed' && window.hub.state, 30_000)
    assert.equal(failed.code, 'not-running')
    assert.match(failed.why, /no-node, which the setting parley\.nodePath names, does not run; name another/)
    await assert.rejects(window.hub.request('status', {}), { code: 'not-running', message: failed.why })
    if (process.platform === 'win32') return
    await writeFile(nodePath, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 })
    await window.hub.restart()
    assert.equal(window.hub.state.is, 'up')
  })

  it('says so when what the extension ships is not there', async () => {
    await using person = await newPerson()
    const nowhere = path.join(folder.path, 'nowhere')
    const window = person.open({ bundle: nowhere })
    const failed = await until('the end of trying', () => window.hub.state.is === 'failed' && window.hub.state, 30_000)
    assert.match(failed.why, /is not whole .*install the extension again/)
  })

  it('restarts for all windows at once', async () => {
    await using person = await newPerson()
    const [one, other] = await Promise.all([person.open().up(), person.open().up()])
    const before = await one.pid()
    await one.hub.restart()
    await until('another hub', async () => (await other.up()) && (await other.pid()) !== before)
    assert.equal(await one.pid(), await other.pid())
  })

  it('ends one that hangs, when it is told to restart', async function () {
    if (process.platform === 'win32') this.skip()
    await using person = await newPerson()
    const window = await person.open().up()
    const hung = await window.pid()
    process.kill(hung, 'SIGSTOP')
    try {
      await window.hub.restart()
      assert.notEqual(await window.pid(), hung)
      assert.throws(() => process.kill(hung, 0), { code: 'ESRCH' })
    } catch (error) {
      // Nobody else would end it.
      process.kill(hung, 'SIGKILL')
      throw error
    }
  })

  it('outlives the folder that the extension was in', async () => {
    await using person = await newPerson()
    const own = await (await buildBundles(path.join(folder.path, 'extension-1'))).as('1.0.0')
    const window = await person.open({ bundle: own }).up()
    await rm(own, { recursive: true })
    // Signing up starts a worker, which is a file of its own.
    const { address } = registry.ready
    const account = await window.hub.request('signUp', { registry: address, name: 'carol', password })
    assert.equal(account.name, 'carol')
  })
})

function messageId(): string {
  return toText(randomBytes(16))
}
