import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteSearch, openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'
import { until } from '../../support/wait.ts'

describe('what was removed', () => {
  it('is in no file once the storage is closed, small or large, removed or replaced', async () => {
    await using folder = await temporaryFolder()
    const storage = await openSqliteStorage({ dir: folder.path, log: silentLog })
    const secret = (size: number) => new TextEncoder().encode('a secret '.repeat(Math.ceil(size / 9)))
    const keys = Array.from({ length: 40 }, (_, index) => `row/${index}`)
    await storage.write(keys.map((put, index) => ({ put, value: secret(index % 2 === 0 ? 100 : 50_000) })))
    await storage.write([{ put: 'row/other', value: new TextEncoder().encode('kept') }])
    const value = new TextEncoder().encode('nothing')
    await storage.write(keys.map((key, index) => (index % 3 === 0 ? { put: key, value } : { remove: key })))
    await storage.close()
    const all = bytesIn(folder.path)
    assert.match(all, /kept/)
    assert.doesNotMatch(all, /a secret/)
  })

  it('is in no file soon afterwards, while the storage is used', async () => {
    await using folder = await temporaryFolder()
    const storage = await openSqliteStorage({ dir: folder.path, log: silentLog, sweepEvery: 20 })
    try {
      const value = (text: string) => new TextEncoder().encode(text)
      await storage.write([
        { put: 'one', value: value('a secret that is removed') },
        { put: 'two', value: value('a secret that is replaced') },
      ])
      assert.match(bytesIn(folder.path), /a secret/)
      await storage.write([{ remove: 'one' }, { put: 'two', value: value('kept') }])
      await until('it is gone', () => !bytesIn(folder.path).includes('a secret'))
      assert.match(bytesIn(folder.path), /kept/)
    } finally {
      await storage.close()
    }
  })

  it('is in no file of the search index soon afterwards, nor after a restart in between', async () => {
    await using folder = await temporaryFolder()
    const open = (tidyPause: number) => openSqliteSearch({ dir: folder.path, log: silentLog, tidyPause })
    const about = { conversation: 'c', user: 'u', hasFile: false }
    const documents = Array.from({ length: 400 }, (_, time) => ({
      ...about,
      id: `m${time}`,
      time,
      text: `other ${time}`,
    }))
    const first = open(60_000)
    await first.put([...documents, { ...about, id: 'x', time: 500, text: 'plughxyzzy' }])
    await first.put([{ ...about, id: 'y', time: 501, text: 'xyzzyplugh' }])
    await first.remove(['x'])
    await first.close()
    assert.match(bytesIn(folder.path), /lughxyzzy/)
    const second = open(5)
    try {
      await second.put([{ ...about, id: 'y', time: 501, text: 'edited' }])
      await until('they are gone', () => !/lughxyzzy|yzzyplugh/.test(bytesIn(folder.path)))
      const terms = [{ words: ['edited'], isPrefix: false }]
      assert.deepEqual((await second.search({ terms, limit: 10 })).ids, ['y'])
      assert.equal((await second.search({ terms: [{ words: ['other'], isPrefix: true }], limit: 500 })).ids.length, 400)
    } finally {
      await second.close()
    }
  })
})

/** All that is in the files of a folder. */
function bytesIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(file => file.isFile())
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1')).join('')
}
