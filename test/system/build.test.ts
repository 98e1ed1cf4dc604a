import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { buildDaemon, buildExtension } from '../../scripts/build/bundle.ts'
import { packPackages } from '../../scripts/build/packages.ts'
import { root } from '../../scripts/build/project.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startProcess } from '../support/processes.ts'
import type { RegistryReady } from '../support/team.ts'

const password = 'correct horse battery'
const run = promisify(execFile)

describe('the bundle of the daemon', () => {
  it('runs from a folder that was copied elsewhere, with nothing else: registry, hubs, sign-up, a message', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    const built = await buildDaemon(join(folder.path, 'built'))
    assert.deepEqual(built.map(({ path }) => path.slice(dirname(path).length + 1)).sort(), [
      'main.js',
      'opaque-worker.js',
      'search-worker.js',
      'writer.js',
    ])
    const copied = join(folder.path, 'copied')
    await cp(join(folder.path, 'built'), copied, { recursive: true })
    const program = join(copied, 'bin', 'parley.js')
    const parley = (...args: string[]) => runParley(program, folder.path, args)

    assert.equal(await parley('--version'), `${await versionOf('daemon')}\n`)
    const listen = ['--listen', '127.0.0.1:0', '--heartbeat', '127.0.0.1:0']
    const args = ['registry', '--home', join(folder.path, 'registry'), '--json', ...listen]
    await using registry = await startProcess<RegistryReady>(program, args)
    await using bob = await startProcess(program, ['hub', '--home', join(folder.path, 'bob'), '--json'])
    await parley('sign-up', 'bob', '--registry', registry.ready.address, '--home', join(folder.path, 'bob'))
    // Alice's hub is started by the command itself, out of the copied folder.
    const alice = ['--home', join(folder.path, 'alice')]
    try {
      await parley('sign-up', 'alice', '--registry', registry.ready.address, ...alice)
      const sent = await parley('send', 'bob', 'hello out of a bundle', '--wait', ...alice, '--json')
      assert.equal(JSON.parse(sent).state, 'delivered')
      const log = await parley('log', 'alice', '--home', join(folder.path, 'bob'))
      assert.match(log, /hello out of a bundle/)
    } finally {
      await parley('stop', ...alice)
    }
    assert.equal(await bob.stop(), 0)
    assert.equal(bob.errors().includes('ExperimentalWarning'), false, bob.errors())
  })

  it('carries the licence of every package in it', async () => {
    await using folder = await temporaryFolder()
    await buildDaemon(folder.path)
    const licences = await readFile(join(folder.path, 'LICENSES.txt'), 'utf8')
    for (const name of ['Parley', '@serenity-kit/opaque', 'pino', 'commander', '@bufbuild/protobuf', 'ajv']) {
      assert.match(licences, new RegExp(`^${name}( \\d|$)`, 'm'))
    }
  })
})

describe('the bundle of the extension', () => {
  it('is CommonJS that a VS Code can load', async () => {
    await using folder = await temporaryFolder()
    await buildExtension(folder.path)
    const file = join(folder.path, 'extension.cjs')
    // VS Code gives its API as a module of this name: anything can be taken from it, called and extended.
    const vscode = join(folder.path, 'node_modules', 'vscode')
    await mkdir(vscode, { recursive: true })
    await writeFile(
      join(vscode, 'index.js'),
      'const any = new Proxy(class {}, { get: (_, name) => (name === "prototype" ? {} : any) }); module.exports = any\n',
    )
    const { stdout } = await run(process.execPath, ['-p', `typeof require(${JSON.stringify(file)}).activate`])
    assert.equal(stdout, 'function\n')
  })
})

describe('the packages', () => {
  it('install as built JavaScript with types, and change no file of the work tree', async function () {
    this.timeout(60_000)
    await using folder = await temporaryFolder()
    const manifest = await readFile(join(root, 'daemon', 'package.json'))
    const tarballs = await packPackages(join(folder.path, 'packed'))
    assert.deepEqual(await readFile(join(root, 'daemon', 'package.json')), manifest)
    assert.equal(existsSync(join(root, 'daemon', 'dist')), false)
    const installed = await install(tarballs, join(folder.path, 'consumer'))
    assert.deepEqual(Object.keys(installed).sort(), [
      '@parley/auth-http',
      '@parley/auth-ldap',
      '@parley/auth-password',
      '@parley/auth-token',
      '@parley/daemon',
      '@parley/guard-secrets',
      '@parley/kit',
      '@parley/storage-keyv',
      '@parley/storage-memory',
      '@parley/storage-sqlite',
    ])
    for (const { license, engines, files } of Object.values(installed)) {
      assert.deepEqual([license, engines.node, files.includes('dist')], ['MIT', '>=22.19', true])
    }

    const daemon = join(folder.path, 'consumer', 'node_modules', '@parley', 'daemon')
    const program = join(daemon, installed['@parley/daemon']?.bin?.parley ?? '')
    assert.equal(await runParley(program, folder.path, ['--version']), `${await versionOf('daemon')}\n`)
    const args = ['hub', '--home', join(folder.path, 'home'), '--json']
    await using hub = await startProcess(program, args)
    assert.equal(await hub.stop(), 0)
    await typeCheck(join(folder.path, 'consumer'))
  })

  it('are refused by a plain `npm pack`, which would ship sources that Node does not run', async () => {
    for (const folder of [
      'plugins/kit',
      'plugins/storage-sqlite',
      'plugins/guard-secrets',
      'plugins/storage-memory',
      'plugins/storage-keyv',
      'plugins/auth-password',
      'plugins/auth-token',
      'plugins/auth-http',
      'plugins/auth-ldap',
      'daemon',
    ]) {
      const { scripts } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
      assert.match(scripts.prepack, /npm run pack.*process\.exit\(1\)/)
    }
  })
})

/** Runs a command as a person would, in `cwd`, and gives what it printed; rejects when it fails. */
async function runParley(program: string, cwd: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PARLEY_PASSWORD: password, NODE_PATH: '' }
  const { stdout, stderr } = await run(process.execPath, [program, ...args], { cwd, env, timeout: 30_000 })
  assert.equal(stderr, '')
  return stdout
}

async function versionOf(folder: string): Promise<string> {
  return JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')).version
}

interface Installed {
  readonly name: string
  readonly license: string
  readonly engines: { readonly node: string }
  readonly files: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

/**
 * Lays the tarballs out in `folder` as npm does, without a network: what they name as dependencies, and nothing else,
 * is linked from this project's node_modules.
 */
async function install(tarballs: readonly string[], folder: string): Promise<Readonly<Record<string, Installed>>> {
  const installed: Record<string, Installed> = {}
  for (const [index, tarball] of tarballs.entries()) {
    const unpacked = join(folder, 'unpacked', String(index))
    await mkdir(unpacked, { recursive: true })
    await run('tar', ['-xzf', tarball, '-C', unpacked])
    const manifest: Installed = JSON.parse(await readFile(join(unpacked, 'package', 'package.json'), 'utf8'))
    installed[manifest.name] = manifest
    await cp(join(unpacked, 'package'), join(folder, 'node_modules', manifest.name), { recursive: true })
  }
  const wanted = new Set(Object.values(installed).flatMap(({ dependencies = {} }) => Object.keys(dependencies)))
  for (const name of wanted) {
    if (installed[name]) continue
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link, 'junction')
  }
  return installed
}

/** A plugin's author: strict TypeScript against the declarations that ship, none of them skipped. */
async function typeCheck(folder: string): Promise<void> {
  await symlink(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'junction')
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { target: 'es2024', module: 'nodenext', strict: true, noEmit: true, types: ['node'] },
      files: ['consumer.ts', 'front-end.ts'],
    }),
  )
  await writeFile(join(folder, 'consumer.ts'), plugin)
  await writeFile(join(folder, 'front-end.ts'), frontEnd)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await run(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => assert.fail(stdout))
  // The declarations say something: what they forbid is found.
  await writeFile(join(folder, 'consumer.ts'), plugin.replace('api: 1', "api: 'one'"))
  await assert.rejects(run(process.execPath, [tsc, '-p', folder]), ({ stdout }) => /consumer\.ts.*TS2322/.test(stdout))
}

const plugin = `
import { definePlugin, type Storage } from '@parley/kit'
import { testStorage } from '@parley/kit/testing'
import { openSqliteStorage } from '@parley/storage-sqlite'

export const check: typeof testStorage = testStorage
export default definePlugin<{ readonly path?: string }>({
  name: 'storage-mine',
  api: 1,
  async setup({ dir, log, signal }, { path }) {
    const storage: Storage = await openSqliteStorage({ dir: path ?? dir, log, signal })
    return { storage }
  },
})
`
const frontEnd = `
import { connect } from '@parley/daemon/client'
import { toText } from '@parley/daemon/protocol/ids'

const client = await connect({ home: '/nowhere', client: 'mine' })
const sent = await client.request('send', { to: 'bob', text: 'hi', message: toText(new Uint8Array(16)) })
export const state: string | undefined = sent.state
`
