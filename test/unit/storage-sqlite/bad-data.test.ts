import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'
import { skip } from '../../support/skip.ts'

describe('storage-sqlite and data that it cannot use', () => {
  let dir: string
  let file: string

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'parley-sqlite-'))
    file = join(dir, 'data.db')
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('makes its files for their owner alone', async () => {
    const storage = await open()
    await storage.write([{ put: 'a', value: Buffer.from('a') }])
    for (const name of ['data.db', 'data.db-wal', 'data.db-shm'])
      assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600)
    await storage.close()
  })

  it('refuses the data of a newer program and leaves it as it is', async () => {
    await fill()
    change(database => database.exec('PRAGMA user_version = 2'))
    await assertRefused('newer-data', /written by a newer Parley.*update Parley/)
  })

  it('refuses a file that is no database', async () => {
    writeFileSync(file, 'All work and no play makes Jack a dull boy.\n'.repeat(200))
    await assertRefused('damaged-data', /is damaged.*left as it is/)
  })

  it('refuses an empty file, where data must have been', async () => {
    writeFileSync(file, '')
    await assertRefused('damaged-data', /it is empty/)
  })

  it('refuses a database of something else', async () => {
    change(database => database.exec('CREATE TABLE other (a)'))
    await assertRefused('damaged-data', /not a database of Parley/)
  })

  it('refuses a database without its table', async () => {
    await fill()
    change(database => database.exec('DROP TABLE rows'))
    await assertRefused('damaged-data', /table is missing/)
  })

  it('refuses a file that was cut', async () => {
    await fill()
    truncateSync(file, Math.floor(statSync(file).size / 2))
    await assertRefused('damaged-data', /is damaged/)
  })

  it('refuses a file with garbage in the middle', async () => {
    await fill()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 4096 * 10, 4096 * 12)
    writeFileSync(file, bytes)
    await assertRefused('damaged-data', /is damaged/)
  })

  it('refuses a folder in the place of the file', async () => {
    mkdirSync(file)
    await assert.rejects(open(), { name: 'StorageError', code: 'storage', message: /is not a file of its own/ })
  })

  it('names a folder that is not there', async () => {
    const missing = openSqliteStorage({ dir: join(dir, 'none'), log: silentLog })
    await assert.rejects(missing, {
      name: 'StorageError',
      code: 'storage',
      message: /No database can be made in .*none/,
    })
  })

  it('names a file that it may not write', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has other file modes')
    await fill()
    chmodSync(dir, 0o555)
    chmodSync(file, 0o444)
    // Root may write everything, so the child becomes nobody first.
    const code = `
      const { openSqliteStorage } = await import(${JSON.stringify(import.meta.resolve('@parley/storage-sqlite'))})
      const log = { debug() {}, info() {}, warn() {}, error() {} }
      if (process.getuid() === 0) process.setuid(65534)
      const opening = openSqliteStorage({ dir: ${JSON.stringify(dir)}, log })
      await opening.catch(({ code, message }) => console.log(code + ': ' + message))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
    chmodSync(dir, 0o700)
    assert.match(
      stdout,
      /^storage: .*data\.db cannot be opened for writing .*check that its folder exists and is yours/,
    )
  })

  it('opens what a crash left half-made', async () => {
    writeFileSync(join(dir, 'data.db.new'), 'half')
    await fill()
    const storage = await open()
    assert.equal((await storage.list('', { limit: 10 })).rows.length, 10)
    await storage.close()
  })

  it('is not opened once the daemon stops', async () => {
    await assert.rejects(openSqliteStorage({ dir, log: silentLog, signal: AbortSignal.abort() }))
  })

  function open() {
    return openSqliteStorage({ dir, log: silentLog })
  }

  async function fill(): Promise<void> {
    const storage = await open()
    const changes = Array.from({ length: 500 }, (_, index) => ({
      put: `row/${index}`,
      value: Buffer.alloc(500, index),
    }))
    await storage.write(changes)
    await storage.close()
  }

  function change(act: (database: DatabaseSync) => void): void {
    const database = new DatabaseSync(file)
    act(database)
    database.close()
  }

  async function assertRefused(code: string, message: RegExp): Promise<void> {
    const before = readFileSync(file)
    await assert.rejects(open(), { name: 'StorageError', code, message })
    assert.ok(readFileSync(file).equals(before), 'the file was changed')
  }
})
