import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import type { Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { backUpBeforeUpgrade } from '../../../../daemon/src/backup/before-upgrade.ts'
import { restoreRows } from '../../../../daemon/src/backup/restore.ts'
import { ensureHome } from '../../../../daemon/src/locations.ts'
import { bringToFormat, type DataFormat, formatOf, migratingRow } from '../../../../daemon/src/plugins/format.ts'
import { FaultyStorage } from '../../../support/faulty-storage.ts'
import { temporaryFolder } from '../../../support/folder.ts'

const bytes = (text: string) => new Uint8Array(Buffer.from(text))
const textOf = async (storage: Storage, key: string) => {
  const [value] = await storage.get([key])
  return value && Buffer.from(value).toString()
}

/** Numbers become numbers of cents, then get a name: the first must not be done twice. */
const third: DataFormat = {
  number: 3,
  migrations: [
    {
      from: 1,
      async run(storage) {
        for (const key of ['price/a', 'price/b']) {
          const old = await textOf(storage, key)
          if (old === undefined) continue
          const value = bytes(`${old}00`)
          await storage.write([
            { check: `cents/${key}`, is: undefined },
            { put: `cents/${key}`, value },
            { remove: key },
          ])
        }
      },
    },
    { from: 2, run: async storage => void (await storage.write([{ put: 'currency', value: bytes('EUR') }])) },
  ],
}

const migrated = { 'cents/price/a': '500', 'cents/price/b': '700', currency: 'EUR', format: '3' }

describe('the format of what is stored', () => {
  it('is brought up to this program, after a backup in the home', async () => {
    await using folder = await temporaryFolder()
    const storage = await oldStorage()
    await bringToFormat(storage, third, backUpInto(storage, folder.path))
    assert.deepEqual(await all(storage), migrated)
    const [name = '', ...more] = await readdir(`${folder.path}/backups`)
    assert.match(name, /^format-1-\d{8}-\d{6}\.backup$/)
    assert.deepEqual(more, [])
    const before = openMemoryStorage()
    await restoreRows(`${folder.path}/backups/${name}`, before)
    assert.deepEqual(await all(before), { 'price/a': '5', 'price/b': '7' })
  })

  it('comes out the same wherever it is killed, and keeps the backup of before', async () => {
    let writes = Number.POSITIVE_INFINITY
    for (let cut = 1; cut <= writes; cut++) {
      for (const fate of ['fail', 'unknown'] as const) {
        await using folder = await temporaryFolder()
        const memory = await oldStorage()
        const storage = new FaultyStorage(memory)
        storage.fate = (_, number) => (number === cut ? fate : 'commit')
        const cutShort = bringToFormat(storage, third, backUpInto(storage, folder.path))
        if (cut === writes) await cutShort
        else {
          const ended = await cutShort.then(
            () => 'whole',
            () => 'cut',
          )
          if (ended === 'whole') writes = storage.writes
        }
        await bringToFormat(memory, third, backUpInto(memory, folder.path))
        assert.deepEqual(await all(memory), migrated, `${fate} at write ${cut}`)
        for (const name of await readdir(`${folder.path}/backups`)) {
          const before = openMemoryStorage()
          await restoreRows(`${folder.path}/backups/${name}`, before)
          assert.deepEqual(await all(before), { 'price/a': '5', 'price/b': '7' }, `${fate} at write ${cut}`)
        }
      }
    }
    assert.ok(writes >= 6, `only ${writes} writes`)
  })

  it('keeps the last three backups', async () => {
    await using folder = await temporaryFolder()
    for (let turn = 0; turn < 5; turn++) {
      const now = () => Date.UTC(2026, 0, 1, 0, 0, turn)
      const storage = await oldStorage()
      await bringToFormat(storage, third, backUpInto(storage, folder.path, now))
    }
    assert.equal((await readdir(`${folder.path}/backups`)).length, 3)
  })

  it('changes nothing when the backup cannot be written', async () => {
    const storage = await oldStorage()
    const before = await all(storage)
    const failing = async () => {
      throw new Error('the disk is full')
    }
    await assert.rejects(bringToFormat(storage, third, failing), /disk is full/)
    assert.deepEqual(await all(storage), before)
  })

  it('is marked in an empty storage, and never brought down', async () => {
    const storage = openMemoryStorage()
    const never = async () => assert.fail('nothing to back up')
    await bringToFormat(storage, third, never)
    assert.equal(await formatOf(storage), 3)
    await bringToFormat(storage, third, never)
    await assert.rejects(bringToFormat(storage, { number: 2, migrations: [] }, never), {
      code: 'newer-data',
      message: /newer Parley \(format 3, this one knows 2\); update Parley/,
    })
    await storage.write([{ put: 'format', value: bytes('restoring') }])
    await assert.rejects(bringToFormat(storage, third, never), { code: 'damaged-data', message: /restore.*again/ })
  })
})

async function oldStorage(): Promise<Storage> {
  const storage = openMemoryStorage()
  await storage.write([
    { put: 'format', value: bytes('1') },
    { put: 'price/a', value: bytes('5') },
    { put: 'price/b', value: bytes('7') },
  ])
  return storage
}

function backUpInto(storage: Storage, home: string, now = Date.now) {
  const skips = (key: string) => key === 'format' || key === migratingRow
  return (found: number) => backUpBeforeUpgrade(storage, found, { where: ensureHome(home), skips, now })
}

async function all(storage: Storage): Promise<Record<string, string>> {
  const { rows } = await storage.list('', { limit: 100 })
  return Object.fromEntries(rows.map(([key, value]) => [key, Buffer.from(value).toString()]))
}
