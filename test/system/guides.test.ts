import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { shippedManifest } from '../../scripts/build/packages.ts'
import { temporaryFolder } from '../support/folder.ts'
import { writeFilesOf } from '../support/guides.ts'
import { Person, startRegistry } from '../support/team.ts'
import { cli } from '../support/terminal.ts'

const root = join(import.meta.dirname, '..', '..')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const run = promisify(execFile)

/** What `npm install` would bring: the kit as it ships, and the types of Node. */
async function install(folder: string): Promise<void> {
  const kit = join(folder, 'node_modules', '@parley', 'kit')
  await mkdir(kit, { recursive: true })
  const manifest = (await import('../../plugins/kit/package.json', { with: { type: 'json' } })).default
  await writeFile(join(kit, 'package.json'), JSON.stringify(shippedManifest(manifest)))
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rootDir: join(root, 'plugins/kit/src'),
      outDir: join(kit, 'dist'),
    },
    include: [join(root, 'plugins/kit/src')],
    exclude: [],
  }
  await writeFile(join(kit, 'tsconfig.json'), JSON.stringify(config))
  await mkdir(join(folder, 'node_modules', '@types'))
  for (const name of ['node', 'mocha']) {
    await symlink(join(root, 'node_modules', '@types', name), join(folder, 'node_modules', '@types', name))
  }
  await run(process.execPath, [tsc, '-p', join(kit, 'tsconfig.json')], { timeout: 30_000 })
}

describe('the guide to a sign-in plugin', () => {
  it('has a package that passes its tests, builds, and lets people into a registry', async function () {
    this.timeout(90_000)
    await using folder = await temporaryFolder()
    const at = (...parts: string[]) => join(folder.path, ...parts)
    const files = await writeFilesOf('write-a-sign-in-plugin.md', folder.path)
    assert.equal(files.length, 7, files.join(', '))
    await install(folder.path)
    const node = (...args: string[]) =>
      run(process.execPath, args, {
        cwd: folder.path,
        env: { ...process.env, PASSWORD: 'open sesame' },
        timeout: 60_000,
      })

    const tests = await node('--test', 'test/auth.test.ts')
    assert.match(tests.stdout, /conforms to the sign-in contract/)
    await node(tsc)
    const built = await node('-e', "import('./dist/index.js').then(built => console.log(built.default.name))")
    assert.equal(built.stdout, 'auth-file\n')

    await node('add.ts', 'alice')
    await chmod(at('registry'), 0o700)
    await using registry = await startRegistry(at('registry'), { env: { PEOPLE: at('people.txt') } })
    await using alice = await new Person('alice', at('alice')).start()
    const signUp = (answer: string) => {
      const args = ['sign-up', 'alice', '--home', alice.home, '--registry', registry.ready.address]
      return cli(args, { env: { PARLEY_PASSWORD: answer } })
    }
    const wrong = await signUp('open barley')
    assert.equal(wrong.code, 1, wrong.err)
    const right = await signUp('open sesame')
    assert.equal(right.code, 0, right.err)
  })
})
