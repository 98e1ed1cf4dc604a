import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { defaultHome, ensureFolder, ensureHome, locations } from '../../../daemon/src/locations.ts'
import { skip } from '../../support/skip.ts'

const locationsModule = import.meta.resolve('../../../daemon/src/locations.ts')

describe('the home', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-home-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('is where PARLEY_HOME says, else where the platform keeps programs’ data', () => {
    const user = homedir()
    assert.equal(defaultHome({ PARLEY_HOME: '/a/b' }, 'linux'), '/a/b')
    assert.equal(defaultHome({}, 'linux'), join(user, '.local', 'share', 'parley'))
    assert.equal(defaultHome({ XDG_DATA_HOME: '/data' }, 'linux'), join('/data', 'parley'))
    assert.equal(defaultHome({ PARLEY_HOME: '' }, 'darwin'), join(user, 'Library', 'Application Support', 'Parley'))
    assert.equal(defaultHome({ LOCALAPPDATA: '/local' }, 'win32'), join('/local', 'Parley'))
  })

  it('holds every path, and no name leads out of it', () => {
    const where = locations(dir)
    const paths = [
      where.config,
      where.lock,
      where.daemonFile,
      where.hubLog,
      where.auditLog,
      where.deviceKey,
      where.hubKey,
      where.registryKey,
    ]
    for (const path of [...paths, where.pluginImport, where.versions, where.pluginDir('x'), where.accountKey('abc')]) {
      assert.doesNotMatch(relative(dir, path), /^\.\.|^$/)
    }
    for (const name of ['..', '.', '', 'a/b', '../x', 'A', 'a\0', 'x'.repeat(65)]) {
      assert.throws(() => where.pluginDir(name), { code: 'home' })
      assert.throws(() => where.accountKey(name), { code: 'home' })
    }
  })

  it('is made with the folders above it, for its owner alone', () => {
    const home = join(dir, 'a', 'b')
    assert.equal(ensureHome(home).home, home)
    assert.equal(statSync(home).mode & 0o777, 0o700)
    assert.equal(ensureHome(home).home, home)
  })

  if (process.platform === 'linux') {
    it('cannot be where no folder can be made, and says so at once', () => {
      const program = `import { ensureHome } from ${JSON.stringify(locationsModule)}; ensureHome('/proc/nothing/home')`
      const { stderr, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        timeout: 10_000,
      })
      assert.equal(signal, null, 'it must not try for ever')
      assert.match(stderr.toString(), /The home \/proc\/nothing\/home cannot be made \(ENOENT\)/)
    })
  }

  it('is closed to others when it was open, if it is empty or Parley’s', () => {
    chmodSync(dir, 0o755)
    ensureHome(dir)
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    chmodSync(dir, 0o755)
    writeFileSync(join(dir, 'parley.json'), '{}')
    ensureHome(dir)
    assert.equal(statSync(dir).mode & 0o777, 0o700)
  })

  it('is not a folder of other things', () => {
    writeFileSync(join(dir, 'thesis.tex'), '')
    chmodSync(dir, 0o755)
    assert.throws(() => ensureHome(dir), {
      code: 'home',
      message: /open to other users and holds files that are not of Parley/,
    })
    assert.equal(statSync(dir).mode & 0o777, 0o755)
  })

  it('is no symbolic link', () => {
    mkdirSync(join(dir, 'real'))
    symlinkSync(join(dir, 'real'), join(dir, 'link'))
    assert.throws(() => ensureHome(join(dir, 'link')), { code: 'home', message: /is a symbolic link.*--home/ })
    symlinkSync(join(dir, 'none'), join(dir, 'broken'))
    assert.throws(() => ensureHome(join(dir, 'broken')), { code: 'home' })
    assert.equal(existsSync(join(dir, 'none')), false)
  })

  it('is no file, and not under one', () => {
    writeFileSync(join(dir, 'file'), '')
    assert.throws(() => ensureHome(join(dir, 'file')), { code: 'home', message: /is not a folder/ })
    assert.throws(() => ensureHome(join(dir, 'file', 'home')), { code: 'home', message: /cannot be made \(ENOTDIR\)/ })
  })

  it('belongs to whoever uses it, and can be written', function () {
    // Only root may act as somebody else: without it the kernel lets nobody set this up.
    if (process.geteuid?.() !== 0) skip(this, 'only root may act as somebody else')
    const nobody = 65534
    const asNobody = (home: string) => {
      const module = new URL('../../../daemon/src/locations.ts', import.meta.url).href
      const code = `
        const { ensureHome } = await import(${JSON.stringify(module)})
        process.setuid(${nobody})
        try { ensureHome(${JSON.stringify(home)}) } catch ({ code, message }) { console.log(code + ': ' + message) }`
      return String(spawnSync(process.execPath, ['--input-type=module', '-e', code]).stdout)
    }
    chmodSync(dir, 0o755)
    assert.match(asNobody(dir), /^home: .* belongs to another user/)
    assert.match(asNobody(join(dir, 'new')), /^home: .* cannot be made \(EACCES\)/)
    const readOnly = join(dir, 'read-only')
    mkdirSync(readOnly, { mode: 0o500 })
    spawnSync('chown', [String(nobody), readOnly])
    assert.match(asNobody(readOnly), /^home: .* cannot be written/)
  })

  it('keeps the folders within it closed, whoever made them', () => {
    const folder = join(dir, 'plugins')
    mkdirSync(folder, { mode: 0o755 })
    writeFileSync(join(folder, 'package.json'), '{}')
    ensureFolder(folder, 'plugin folder')
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })
})
