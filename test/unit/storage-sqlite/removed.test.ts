import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSqliteStorage } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'
import { temporaryFolder } from '../../support/folder.ts'

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
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter(file => file.isFile())
    const all = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)).toString('latin1')).join('')
    assert.match(all, /kept/)
    assert.doesNotMatch(all, /a secret/)
  })
})
