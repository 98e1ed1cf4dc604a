import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '@parley/kit'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'
import { skip } from '../../support/skip.ts'

const block = Buffer.alloc(64 * 1024, 7)

describe('storage-sqlite without room', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-full-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('refuses what does not fit, keeps what it has, and goes on when there is room again', async () => {
    const storage = await openSqliteStorage({ dir, log: silentLog, maxSize: 1024 * 1024 })
    const kept = await fillUp(storage)
    assert.ok(kept.length > 5)
    assert.equal((await storage.list('block/', { limit: 100 })).rows.length, kept.length)
    await storage.write(kept.map(key => ({ remove: key })))
    assert.ok((await fillUp(storage)).length > 5)
    await storage.close()
  })

  it('does not let a batch that is too large take those along that fit', async () => {
    const storage = await openSqliteStorage({ dir, log: silentLog, maxSize: 1024 * 1024 })
    const large = Array.from({ length: 32 }, (_, index) => ({ put: `block/${index}`, value: block }))
    const [first, second, third] = await Promise.allSettled([
      storage.write([{ put: 'a', value: Buffer.from('a') }]),
      storage.write(large),
      storage.write([
        { put: 'b', value: Buffer.from('b') },
        { check: 'a', is: Buffer.from('a') },
      ]),
    ])
    assert.deepEqual([first?.status, second?.status, third?.status], ['fulfilled', 'rejected', 'fulfilled'])
    const { rows } = await storage.list('', { limit: 9 })
    assert.deepEqual(
      rows.map(([key]) => key),
      ['a', 'b'],
    )
    await storage.close()
  })

  it('survives a disk that is really full: what was acknowledged is there afterwards', async function () {
    if (process.platform === 'win32') skip(this, 'Windows has no ulimit')
    // The kernel refuses every file beyond 2,000 blocks of 512 bytes, the write-ahead log included.
    const script = join(import.meta.dirname, 'full-disk-child.ts')
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', 'ulimit -f 2000; exec "$0" "$@"', process.execPath, script, dir],
      {
        encoding: 'utf8',
        timeout: 15_000,
      },
    )
    assert.match(stdout, /^\{/, stderr)
    const { kept, refused }: { kept: string[]; refused: string } = JSON.parse(stdout)
    assert.match(refused, /^storage: /)
    const storage = await openSqliteStorage({ dir, log: silentLog })
    const { rows } = await storage.list('block/', { limit: 1_000 })
    assert.deepEqual(rows.map(([key]) => key).toSorted(), kept.toSorted())
    await storage.write([{ put: 'after', value: block }])
    await storage.close()
  })
})

async function fillUp(storage: Storage): Promise<string[]> {
  const kept: string[] = []
  for (;;) {
    try {
      const key = `block/${kept.length}`
      await storage.write([{ put: key, value: block }])
      kept.push(key)
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error)
      assert.equal(error.code, 'storage')
      assert.match(error.message, /no room left.*free some space/)
      return kept
    }
  }
}
