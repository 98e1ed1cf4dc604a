import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Installed, installDaemon, pruneVersions, versionOfBundle } from '../../../../daemon/src/client/install.ts'
import { compareVersions } from '../../../../daemon/src/client/versions.ts'
import { limits } from '../../../../daemon/src/limits.ts'
import { ensureHome, locations } from '../../../../daemon/src/locations.ts'
import { makeBundle } from '../../../support/daemon-bundle.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { startProcess } from '../../../support/processes.ts'
import { until } from '../../../support/wait.ts'

async function newHome() {
  const folder = await temporaryFolder()
  const { home, versions } = ensureHome(path.join(folder.path, 'home'))
  const bundle = (version: string, extra = {}) =>
    makeBundle(path.join(folder.path, `bundle-${version}-${Object.keys(extra).length}`), version, extra)
  return { home, versions, bundle, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

const child = path.join(import.meta.dirname, 'install-child.ts')

/** A process that installs once it is told to, and what it says then. */
async function startInstaller(home: string, bundle: string) {
  const process = await startProcess(child, [home, bundle])
  const installed = new Promise<Installed>(resolve => process.onLine(line => resolve(JSON.parse(line))))
  return { process, installed }
}

describe('installing the daemon that the extension ships', () => {
  it('copies it to the home, for its owner alone, and takes that copy again', async () => {
    await using owner = await newHome()
    const bundle = await owner.bundle('1.2.3', { 'dist/writer.js': 'writes' })
    const first = await installDaemon(owner.home, bundle)
    assert.match(first.name, /^1\.2\.3-[0-9a-f]{16}$/)
    assert.equal(first.program, path.join(owner.versions, first.name, 'bin', 'parley.js'))
    assert.equal(await readFile(path.join(owner.versions, first.name, 'dist', 'writer.js'), 'utf8'), 'writes')
    const { ino, mode } = await stat(first.program)
    if (process.platform !== 'win32') assert.equal(mode & 0o077, 0)
    await rm(bundle, { recursive: true })
    const again = await owner.bundle('1.2.3', { 'dist/writer.js': 'writes' })
    assert.deepEqual(await installDaemon(owner.home, again), first)
    assert.equal((await stat(first.program)).ino, ino)
  })

  it('keeps two builds of one version apart', async () => {
    await using owner = await newHome()
    const one = await installDaemon(owner.home, await owner.bundle('1.0.0'))
    const other = await installDaemon(owner.home, await owner.bundle('1.0.0', { 'dist/main.js': 'another build' }))
    assert.notEqual(other.name, one.name)
    assert.equal(await readFile(path.join(other.program, '..', '..', 'dist', 'main.js'), 'utf8'), 'another build')
  })

  it('does not use a copy that has lost or changed something', async () => {
    await using owner = await newHome()
    const bundle = await owner.bundle('1.0.0')
    const { name, program } = await installDaemon(owner.home, bundle)
    const main = path.join(owner.versions, name, 'dist', 'main.js')
    for (const spoil of [() => rm(main), () => writeFile(main, 'half'), () => writeFile(`${main}.more`, 'x')]) {
      await spoil()
      assert.equal((await installDaemon(owner.home, bundle)).program, program)
      assert.equal(await readFile(main, 'utf8'), 'export const version = "1.0.0"\n')
      assert.deepEqual(await readdir(path.dirname(main)), ['main.js'])
    }
  })

  it('runs a newer one that another editor has left: nothing downgrades', async () => {
    await using owner = await newHome()
    const newer = await installDaemon(owner.home, await owner.bundle('1.10.0'))
    const older = await owner.bundle('1.9.0')
    assert.deepEqual(await installDaemon(owner.home, older), newer)
    await rm(path.join(owner.versions, newer.name, 'dist'), { recursive: true })
    assert.equal((await installDaemon(owner.home, older)).version, '1.9.0', 'a newer one that is damaged is none')
  })

  it('says what is wrong with a bundle or a home', async () => {
    await using owner = await newHome()
    const nowhere = path.join(owner.home, 'nowhere')
    await assert.rejects(installDaemon(owner.home, nowhere), { code: 'not-running', message: /install the extension/ })
    await assert.rejects(versionOfBundle(nowhere), { code: 'not-running' })
    await writeFile(owner.versions, 'a file in its place')
    await assert.rejects(installDaemon(owner.home, await owner.bundle('1.0.0')), { code: 'home' })
  })

  it('gives ten editors at once the same copy', async function () {
    this.timeout(60_000)
    await using owner = await newHome()
    const bundle = await owner.bundle('1.0.0', many(40))
    const starting = Array.from({ length: 10 }, () => startInstaller(owner.home, bundle))
    const installers = await Promise.all(starting)
    try {
      for (const { process } of installers) process.write('go')
      const found = await Promise.all(installers.map(({ installed }) => installed))
      assert.equal(new Set(found.map(({ program }) => program)).size, 1)
      assert.deepEqual(await readdir(owner.versions), [found[0]?.name])
      assert.deepEqual(await installDaemon(owner.home, bundle), found[0])
    } finally {
      await Promise.all(installers.map(({ process }) => process.stop()))
    }
  })

  it('leaves nothing that counts when it is killed half-way', async function () {
    this.timeout(60_000)
    await using owner = await newHome()
    const bundle = await owner.bundle('1.0.0', many(400))
    const { process } = await startInstaller(owner.home, bundle)
    process.write('go')
    const drafts = (): Promise<string[]> => readdir(owner.versions).catch(() => [])
    await until('a half-made copy', async () => (await drafts()).length > 0)
    await process.kill()
    const [draft = ''] = await drafts()
    assert.match(draft, /^draft-/, 'the copy was done before it could be killed')

    const { name, program } = await installDaemon(owner.home, bundle)
    assert.equal(await readFile(program, 'utf8'), 'console.log("1.0.0")\n')
    await pruneVersions(owner.home, name)
    assert.ok((await drafts()).includes(draft), 'it could be another editor’s that is at it')
    const old = new Date(Date.now() - limits.draftLife - 1_000)
    await utimes(path.join(owner.versions, draft), old, old)
    await pruneVersions(owner.home, name)
    assert.deepEqual(await drafts(), [name])
  })
})

describe('removing old daemons', () => {
  it('keeps the two newest and the one that runs, and what is not its own', async () => {
    await using owner = await newHome()
    const names: string[] = []
    for (const version of ['0.9.0', '1.0.0', '1.2.0', '1.10.0']) {
      // Older ones first, so that each is the newest when it comes.
      names.push((await installDaemon(owner.home, await owner.bundle(version))).name)
    }
    await mkdir(path.join(owner.versions, 'notes'))
    const [oldest = '', , second = '', newest = ''] = names
    await pruneVersions(owner.home, oldest)
    assert.deepEqual((await readdir(owner.versions)).sort(), [newest, second, oldest, 'notes'].sort())
    await pruneVersions(owner.home, newest)
    assert.deepEqual((await readdir(owner.versions)).sort(), [newest, second, 'notes'].sort())
    assert.equal(locations(owner.home).versions, owner.versions)
  })
})

describe('the order of versions', () => {
  it('is that of semver.org', () => {
    const inOrder = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11']
    inOrder.push('1.0.0-rc.1', '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0')
    for (const [index, version] of inOrder.entries()) {
      for (const [other, against] of inOrder.entries()) {
        assert.equal(Math.sign(compareVersions(version, against)), Math.sign(index - other), `${version} ${against}`)
      }
    }
    assert.equal(compareVersions('1.0.0+one', '1.0.0+two'), 0)
  })

  it('takes what is no version for the oldest', () => {
    assert.ok(compareVersions('nightly', '0.0.1') < 0)
    assert.ok(compareVersions('0.0.1', '') > 0)
    assert.equal(compareVersions('nightly', 'x'), 0)
  })
})

/** Files that take their time. */
function many(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`dist/part-${index}.js`, `${index} `.repeat(1_000)]),
  )
}
