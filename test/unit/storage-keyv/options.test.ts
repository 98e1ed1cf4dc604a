import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openKeyvStorage } from '@parley/storage-keyv'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import type { Planted } from '../../support/planted-adapter.ts'
import { until } from '../../support/wait.ts'

const planted = new URL('../../support/planted-adapter.ts', import.meta.url).pathname

describe('storage-keyv says in a sentence that', () => {
  const modules: readonly (readonly [what: string, source: string, sentence: RegExp])[] = [
    ['a module exports no class', 'export const a = 1', /exports no class as its default$/],
    ['a class is no adapter', 'export default class {}', /is no keyv adapter: it has no get, set, delete$/],
    [
      'an adapter has no iterator',
      'export default class { get() {} set() {} delete() {} }',
      /has no iterator, so its keys cannot be found again; use one that has, such as @keyv\/redis$/,
    ],
    [
      'an adapter refuses its options',
      'export default class { constructor() { throw new Error("no port") } }',
      /refuses its options: no port$/,
    ],
    ['a module throws', 'throw new Error("broken")', /cannot be loaded: broken$/],
    [
      'an iterator forgets what was set',
      `export default class {
        values = new Map()
        async get(key) { return this.values.get(key) }
        async set(key, value) { this.values.set(key, value) }
        async delete(key) { return this.values.delete(key) }
        async *iterator() {}
      }`,
      /the adapter's iterator does not give what was set/,
    ],
  ]
  for (const [what, source, sentence] of modules) {
    it(what, async () => {
      await using folder = await temporaryFolder()
      const adapter = join(folder.path, 'adapter.mjs')
      await writeFile(adapter, source)
      await assert.rejects(openKeyvStorage({ adapter }, { dir: folder.path, log: silentLog }), { message: sentence })
    })
  }

  it('a package is not installed, or a path is relative', async () => {
    await using folder = await temporaryFolder()
    const open = (adapter: string) => openKeyvStorage({ adapter }, { dir: folder.path, log: silentLog })
    await assert.rejects(
      open('@keyv/none'),
      /is not installed beside it; install it with: parley plugins add @keyv\/none$/,
    )
    await assert.rejects(open('./adapter.js'), /not the relative path "\.\/adapter\.js"$/)
  })

  it('what is stored is of a newer program, or is not what was written', async () => {
    await using folder = await temporaryFolder()
    const open = (entries: [string, string][]) => {
      const values = new Map(entries)
      return openKeyvStorage(
        { adapter: planted, options: [{ values, calls: 0 }] },
        { dir: folder.path, log: silentLog },
      )
    }
    await assert.rejects(open([['parley:about', '{"layout":2}']]), { code: 'newer-data' })
    await assert.rejects(open([['parley:about', 'what?']]), { code: 'damaged-data' })
    await assert.rejects(open([['parley:row:a', 'what?']]), { code: 'damaged-data' })
  })
})

describe('storage-keyv', () => {
  it('is durable only where that is known or declared', async () => {
    await using folder = await temporaryFolder()
    for (const [declared, durable] of [
      [undefined, false],
      [true, true],
    ] as const) {
      const options = { adapter: planted, options: [{ values: new Map(), calls: 0 }] }
      const storage = await openKeyvStorage(declared === undefined ? options : { ...options, durable: declared }, {
        dir: folder.path,
        log: silentLog,
      })
      assert.equal(storage.durable, durable)
      await storage.close()
    }
  })

  it('reads all again after a fault that the adapter tells by itself', async () => {
    await using folder = await temporaryFolder()
    const store: Planted = { values: new Map(), calls: 0 }
    const storage = await openKeyvStorage({ adapter: planted, options: [store] }, { dir: folder.path, log: silentLog })
    await storage.write([{ put: 'a', value: new Uint8Array(1) }])
    store.fault?.(new Error('the line was cut'))
    await assert.rejects(storage.get(['a']), /the line was cut/)
    const found = await until('it is back', () => storage.get(['a']).catch(() => undefined))
    assert.equal(found[0]?.length, 1)
    await storage.close()
  })

  it('refuses a write when too many wait', async () => {
    await using folder = await temporaryFolder()
    const options = { adapter: planted, options: [{ values: new Map(), calls: 0 }] }
    const storage = await openKeyvStorage(options, { dir: folder.path, log: silentLog })
    const value = new Uint8Array(256 * 1024)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => storage.write([{ put: `a/${index}`, value }])),
    )
    const refused = outcomes.filter(outcome => outcome.status === 'rejected')
    assert.match(String(refused[0]?.reason), /Too many writes wait/)
    assert.equal((await storage.list('', { limit: 1000 })).rows.length, outcomes.length - refused.length)
    await storage.close()
  })
})
