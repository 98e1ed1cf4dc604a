import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connect } from '../../../../daemon/src/client/connect.ts'
import { daemonEnvironment } from '../../../../daemon/src/client/environment.ts'
import { isLocked } from '../../../../daemon/src/client/lock.ts'
import { findNode, isNewEnough } from '../../../../daemon/src/client/node.ts'
import { readDaemonFile } from '../../../../daemon/src/client/published.ts'
import { connectOrStart } from '../../../../daemon/src/client/start.ts'
import { locations } from '../../../../daemon/src/locations.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { cli } from '../../../support/terminal.ts'
import { until } from '../../../support/wait.ts'

/** A home whose hub, if one starts, listens on loopback only, and is stopped at the end. */
async function newHome(config: object = {}) {
  const folder = await temporaryFolder()
  const home = path.join(folder.path, 'home')
  await mkdir(home, { mode: 0o700 })
  await writeFile(path.join(home, 'parley.json'), JSON.stringify({ hub: { listen: ['127.0.0.1:0'] }, ...config }))
  return {
    home,
    start: (options: object = {}) => connectOrStart({ home, client: 'test', ...options }),
    async [Symbol.asyncDispose]() {
      await cli(['stop', '--home', home])
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe('starting a hub', () => {
  it('gives 50 starters at once one daemon, and all are connected', async function () {
    this.timeout(90_000)
    await using owner = await newHome()
    const clients = await Promise.all(Array.from({ length: 50 }, () => owner.start({ timeout: 60_000 })))
    const statuses = await Promise.all(clients.map(client => client.request('status', {})))
    assert.equal(new Set(statuses.map(status => status.pid)).size, 1)
    assert.deepEqual(statuses[0]?.roles, ['hub'])
    for (const client of clients) client.close()
  })

  it('starts it detached, in its home, with nothing of the starter’s secrets', async () => {
    await using owner = await newHome()
    const env = { ...process.env, PARLEY_PASSWORD: 'hunter22', SECRET_OF_MINE: 'x' }
    const client = await owner.start({ env })
    const { pid } = await client.request('status', {})
    client.close()
    if (process.platform !== 'linux') return
    const seen = await readFile(`/proc/${pid}/environ`, 'utf8')
    assert.doesNotMatch(seen, /hunter22|SECRET_OF_MINE/)
    assert.match(seen, /PATH=/)
    const { readlink } = await import('node:fs/promises')
    assert.equal(await readlink(`/proc/${pid}/cwd`), owner.home)
  })

  it('starts a new one after the old one was killed', async () => {
    await using owner = await newHome()
    const first = await owner.start()
    process.kill(first.daemon.pid, 'SIGKILL')
    await first.closed
    const second = await owner.start()
    assert.notEqual(second.daemon.pid, first.daemon.pid)
    second.close()
  })

  it('hands on the sentence of a daemon that cannot start', async () => {
    await using owner = await newHome({ plugins: ['./nothing-here.js'] })
    await assert.rejects(owner.start(), { name: 'ParleyError', code: 'plugin', message: /nothing-here/ })
  })

  it('hands on the last words of a program that is no daemon', async () => {
    await using owner = await newHome()
    const program = path.join(owner.home, 'broken.mjs')
    await writeFile(program, 'process.stderr.write("the disk is on fire\\n"); process.exitCode = 3')
    await assert.rejects(owner.start({ program }), { code: 'not-running', message: /the disk is on fire/ })
  })

  it('gives up on one that never gets ready', async () => {
    await using owner = await newHome()
    const program = path.join(owner.home, 'slow.mjs')
    await writeFile(program, 'setTimeout(() => {}, 3000)')
    await assert.rejects(owner.start({ program, timeout: 500 }), { code: 'timeout', message: /did not start within/ })
  })

  it('leaves no process behind once it is stopped', async () => {
    await using owner = await newHome()
    const client = await owner.start()
    const { pid } = client.daemon
    assert.equal((await cli(['stop', '--home', owner.home])).code, 0)
    await client.closed
    await until('the end of the process', () => !isAlive(pid), 5_000)
  })

  it('ends some time after its last front end', async () => {
    await using owner = await newHome({ hub: { listen: ['127.0.0.1:0'], linger: '200ms' } })
    const client = await owner.start()
    client.close()
    await until('the end of the hub', () => !isLocked(locations(owner.home).lock))
    assert.equal(await readDaemonFile(locations(owner.home).daemonFile), undefined)
  })

  it('replaces a daemon whose control API is older', async () => {
    await using owner = await newHome()
    const old = await owner.start()
    const newer = owner.start({ versions: { lowest: 2, highest: 2 }, timeout: 5_000 })
    // The program that starts is this one, which is as old: what counts is that the old one made way.
    await old.closed
    await newer.catch(() => {})
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('connecting', () => {
  it('says when nothing runs', async () => {
    await using owner = await newHome()
    await assert.rejects(connect({ home: owner.home, client: 'test' }), { code: 'not-running' })
  })

  it('does not trust a daemon.json that others could have written', async () => {
    await using owner = await newHome()
    const { daemonFile } = locations(owner.home)
    await writeFile(daemonFile, '{}')
    await chmod(daemonFile, 0o644)
    await assert.rejects(connect({ home: owner.home, client: 'test' }), { code: 'home', message: /open to others/ })
  })

  it('refuses a daemon.json that makes no sense', async () => {
    await using owner = await newHome()
    const { daemonFile } = locations(owner.home)
    for (const text of ['', '[]', '{"pid":1}', '{"pid":-1,"socket":"x","version":"1","protocol":{},"token":""}']) {
      await writeFile(daemonFile, text, { mode: 0o600 })
      await assert.rejects(connect({ home: owner.home, client: 'test' }), { code: 'damaged-data' })
    }
  })
})

describe('the environment of a started daemon', () => {
  it('is a list of what it needs', () => {
    const env = daemonEnvironment({
      PATH: '/bin',
      LC_ALL: 'C',
      PARLEY_PASSWORD: 'x',
      PARLEY_INVITE: 'y',
      NODE_OPTIONS: 'z',
      ELECTRON_RUN_AS_NODE: '1',
      VSCODE_IPC_HOOK: 'v',
    })
    assert.deepEqual(env, { PATH: '/bin', LC_ALL: 'C' })
  })
})

describe('finding Node', () => {
  const electron = { execPath: '/opt/code', node: '22.20.0', isElectron: true }

  async function fakeNode(version: string) {
    const folder = await temporaryFolder()
    const command = path.join(folder.path, 'node')
    await writeFile(command, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
    return { ...folder, command, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
  }

  it('takes the front end’s own when that is Node', async () => {
    assert.deepEqual(await findNode(), { command: process.execPath, env: {} })
  })

  it('takes the first on the PATH that is new enough, then VS Code’s runtime', async () => {
    await using old = await fakeNode('v20.1.0')
    await using fit = await fakeNode('v22.19.0')
    const PATH = [path.dirname(old.command), path.dirname(fit.command)].join(path.delimiter)
    assert.deepEqual(await findNode({ own: electron, env: { PATH } }), { command: fit.command, env: {} })
    const without = await findNode({ own: electron, env: { PATH: path.dirname(old.command) } })
    assert.deepEqual(without, { command: '/opt/code', env: { ELECTRON_RUN_AS_NODE: '1' } })
  })

  it('leaves the runtime of an editor for browsers for last, though that is Node: it goes with an update', async () => {
    await using fit = await fakeNode('v22.19.0')
    const own = { execPath: '/opt/server/node', node: '24.1.0', isElectron: false }
    const PATH = path.dirname(fit.command)
    assert.equal((await findNode({ own, env: { PATH }, isEditor: true })).command, fit.command)
    assert.deepEqual(await findNode({ own, env: { PATH: '' }, isEditor: true }), { command: own.execPath, env: {} })
  })

  it('asks a Node for its version without what is meant for the editor’s own', async () => {
    await using fit = await fakeNode('v24.0.0; [ -z "$NODE_OPTIONS$ELECTRON_RUN_AS_NODE$VSCODE_PID" ] || exit 1')
    const env = { PATH: '', NODE_OPTIONS: '--nope', ELECTRON_RUN_AS_NODE: '1', VSCODE_PID: '7' }
    assert.equal((await findNode({ nodePath: fit.command, env })).command, fit.command)
  })

  it('takes the one that the settings name, or says what is wrong with it', async () => {
    await using old = await fakeNode('v20.1.0')
    await using fit = await fakeNode('v24.0.0')
    assert.equal((await findNode({ nodePath: fit.command })).command, fit.command)
    await assert.rejects(findNode({ nodePath: old.command }), { code: 'not-running', message: /is Node v20\.1\.0/ })
    await assert.rejects(findNode({ nodePath: '/nowhere/node' }), {
      message: /does not run; name another one there, or none/,
    })
  })

  it('says what is needed when there is none', async () => {
    const own = { ...electron, node: '20.0.0' }
    await assert.rejects(findNode({ own, env: { PATH: '' } }), { message: /needs Node 22\.19 or newer/ })
  })

  it('compares versions by number', () => {
    assert.deepEqual(['v22.19.0', '22.18.9', '24.0.0', '9.99.0', undefined].map(isNewEnough), [
      true,
      false,
      true,
      false,
      false,
    ])
  })
})
