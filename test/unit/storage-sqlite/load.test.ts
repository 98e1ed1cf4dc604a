import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStorage } from '@parley/storage-sqlite'
import fc from 'fast-check'
import { silentLog } from '../../../daemon/src/log.ts'
import { GroupEncoder, readGroup } from '../../../plugins/storage-sqlite/src/group.ts'

describe('storage-sqlite under load', () => {
  let dir: string

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'parley-load-'))
  })

  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('shares flushes: many waiting writers are far faster than one after the other', async () => {
    const storage = await openSqliteStorage({ dir, log: silentLog })
    const value = Buffer.alloc(200)
    const alone = await rate(1, 50, index => storage.write([{ put: `one/${index}`, value }]))
    const together = await rate(256, 20, index => storage.write([{ put: `many/${index}`, value }]))
    await storage.close()
    assert.ok(together > 2 * alone, `${together} writes/s together, ${alone} alone`)
  })

  it('keeps no process alive when it is idle, and finishes what was begun', () => {
    const module = import.meta.resolve('@parley/storage-sqlite')
    const code = `
      const { openSqliteStorage } = await import(${JSON.stringify(module)})
      const log = { debug() {}, info() {}, warn() {}, error() {} }
      const storage = await openSqliteStorage({ dir: ${JSON.stringify(dir)}, log })
      storage.write([{ put: 'a', value: Buffer.from('a') }]).then(console.log)`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { timeout: 10_000 })
    assert.equal(String(stdout), 'committed\n')
    assert.equal(status, 0)
  })

  it('hands every batch to the writer as it was', () => {
    const key = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 256,
    })
    const value = fc.uint8Array({ maxLength: 600 })
    const change = fc.oneof(
      fc.record({ put: key, value }),
      fc.record({ put: key, value, expires: fc.maxSafeNat() }),
      fc.record({ remove: key }),
      fc.record({ check: key, is: fc.option(value, { nil: undefined }) }),
    )
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 40 }), batches => {
        const encoder = new GroupEncoder()
        for (const batch of batches) encoder.append(batch)
        const read = [...readGroup(encoder.take())].map(batch => batch.map(plain))
        assert.deepEqual(
          read,
          batches.map(batch => batch.map(plain)),
        )
      }),
    )
  })
})

/** With values of one class, so that they can be compared. */
function plain(change: object): object {
  const entries = Object.entries(change).map(([key, value]) => [key, value instanceof Uint8Array ? [...value] : value])
  return Object.fromEntries(entries)
}

/** Operations a second of `writers` that each do `times` in turn. */
async function rate(writers: number, times: number, act: (index: number) => Promise<unknown>): Promise<number> {
  let index = 0
  const begin = performance.now()
  const writing = Array.from({ length: writers }, async () => {
    for (let done = 0; done < times; done++) await act(index++)
  })
  await Promise.all(writing)
  return Math.round((writers * times * 1_000) / (performance.now() - begin))
}
