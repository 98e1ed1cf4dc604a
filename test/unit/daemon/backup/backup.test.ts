import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Change, ListRange, Storage } from '@parley/kit'
import { openMemoryStorage } from '@parley/storage-memory'
import { writeBackup } from '../../../../daemon/src/backup/backup.ts'
import { Journal } from '../../../../daemon/src/backup/journal.ts'
import { readBackup } from '../../../../daemon/src/backup/reader.ts'
import { restoreRows } from '../../../../daemon/src/backup/restore.ts'
import { eachStorage } from '../../../support/each-storage.ts'
import { FaultyStorage } from '../../../support/faulty-storage.ts'
import { temporaryFolder } from '../../../support/folder.ts'
import { Random } from '../../../support/random.ts'

const hour = 3600_000
const header = { format: 1, program: '0.0.0' }
const bytes = (text: string) => new Uint8Array(Buffer.from(text))

describe('a backup', () => {
  eachStorage(open => {
    it('comes back as it was: values, times of expiry, nothing that was removed', async () => {
      await using folder = await temporaryFolder()
      const storage = await open()
      const journal = new Journal(storage)
      const expires = Date.now() + hour
      await journal.write([
        { put: 'a', value: bytes('') },
        { put: 'b', value: bytes('gone') },
        { put: 'c', value: new Uint8Array(256 * 1024).fill(7), expires },
        { put: 'd', value: bytes('expired'), expires: 1 },
        { put: 'own', value: bytes('of this storage') },
      ])
      await journal.write([{ remove: 'b' }])
      for (let turn = 0; turn < 3; turn++) {
        const rows = Array.from({ length: 900 }, (_, index) => `row/${turn}/${index}`)
        await journal.write(rows.map(put => ({ put, value: bytes(put) })))
      }
      const file = path.join(folder.path, 'one.backup')
      const size = await backUp(journal, file)
      assert.deepEqual(size, { rows: 2702, bytes: (await stat(file)).size })
      assert.equal((await stat(file)).mode & 0o777, 0o600)
      assert.deepEqual(await readdir(folder.path), ['one.backup'])

      const other = openMemoryStorage()
      await restoreRows(file, other)
      await storage.write([{ remove: 'own' }])
      assert.deepEqual(await rowsOf(other), await rowsOf(storage))
      assert.equal((await other.list('c', { limit: 1 })).rows[0]?.[2], expires)
    })
  })

  for (const seed of [1, 2, 3, 4, 5]) {
    it(`is the state of its end, however writes overtake each other meanwhile (${seed})`, async () => {
      await using folder = await temporaryFolder()
      const random = new Random(seed)
      const memory = openMemoryStorage()
      const journal = new Journal(new Disorderly(memory, random))
      const change = (): Change => {
        const key = `row/${random.below(60)}`
        if (random.below(3) === 0) return { remove: key }
        const expires = random.below(3) === 0 ? { expires: Date.now() + hour + random.below(1e6) } : {}
        return { put: key, value: bytes(String(random.below(1e9))), ...expires }
      }
      let isOver = false
      const writers = Array.from({ length: 12 }, async () => {
        while (!isOver) {
          const both = [change(), change()]
          const [a, b] = both.map(one => ('put' in one ? one.put : 'remove' in one ? one.remove : ''))
          await journal.write(a === b ? both.slice(0, 1) : both)
        }
      })
      await turns(50)
      // What is in storage at the end of the recording: nothing is under way then.
      const stop = journal.stop.bind(journal)
      let atEnd: Promise<unknown> | undefined
      journal.stop = async () => {
        await stop()
        atEnd = rowsOf(memory)
      }
      const file = path.join(folder.path, 'one.backup')
      await backUp(journal, file)
      isOver = true
      await Promise.all(writers)
      const other = openMemoryStorage()
      await restoreRows(file, other)
      assert.deepEqual(await rowsOf(other), await atEnd)
    })
  }

  it('holds its writers to the pace of the disk, and lets them go on when it has ended', async () => {
    await using folder = await temporaryFolder()
    const journal = new Journal(openMemoryStorage())
    let isOver = false
    let written = 0
    const writing = (async () => {
      const value = new Uint8Array(200 * 1024)
      for (; !isOver; written++) {
        await journal.write([{ put: `x/${written % 5}`, value }])
        await turns(1)
      }
    })()
    await backUp(journal, path.join(folder.path, 'one.backup'))
    const before = written
    await turns(20)
    isOver = true
    await writing
    assert.ok(written > before, 'nobody could write any more')
  })

  it('is given up when the outcome of a write is not known, and leaves no file', async () => {
    await using folder = await temporaryFolder()
    const storage = new FaultyStorage(openMemoryStorage())
    const journal = new Journal(storage)
    await journal.write([{ put: 'a', value: bytes('1') }])
    storage.fate = async () => {
      await turns(3)
      return 'unknown' as const
    }
    const list = storage.list.bind(storage)
    let lost: Promise<unknown> = Promise.resolve()
    storage.list = async (prefix, range) => {
      lost = assert.rejects(journal.write([{ put: 'a', value: bytes('2') }]))
      await turns(1)
      return list(prefix, range)
    }
    const file = path.join(folder.path, 'one.backup')
    await assert.rejects(backUp(journal, file), /storage failed while the backup was written/)
    await lost
    assert.deepEqual(await readdir(folder.path), [])
    storage.fate = () => 'commit'
    assert.equal(await journal.write([{ put: 'a', value: bytes('3') }]), 'committed')
  })

  it('never takes the place of a file, and is written by one at a time', async () => {
    await using folder = await temporaryFolder()
    const storage = new FaultyStorage(openMemoryStorage())
    const journal = new Journal(storage)
    const file = path.join(folder.path, 'one.backup')
    await writeFile(file, 'mine')
    await assert.rejects(backUp(journal, file), { code: 'usage', message: /is there already/ })
    assert.equal(await readFile(file, 'utf8'), 'mine')
    const list = storage.list.bind(storage)
    storage.list = async (prefix, range) => {
      await assert.rejects(backUp(journal, path.join(folder.path, 'b')), { code: 'busy' })
      return list(prefix, range)
    }
    await backUp(journal, path.join(folder.path, 'a'))
    storage.list = list
    assert.deepEqual((await readdir(folder.path)).toSorted(), ['a', 'one.backup'])
    await backUp(journal, path.join(folder.path, 'c'))
    await assert.rejects(backUp(journal, path.join(folder.path, 'no', 'folder')), { code: 'home' })
    assert.ok(!existsSync(path.join(folder.path, 'no')))
  })
})

describe('a backup that is read', () => {
  it('is refused in words when one byte is another, or its end is missing', async () => {
    await using folder = await temporaryFolder()
    const journal = new Journal(openMemoryStorage())
    await journal.write([
      { put: 'a', value: bytes('one') },
      { put: 'b', value: bytes('two'), expires: Date.now() + hour },
    ])
    const file = path.join(folder.path, 'good')
    await backUp(journal, file)
    const good = await readFile(file)
    const bad = path.join(folder.path, 'bad')
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good)
      changed[at] = (changed[at] ?? 0) ^ 0x20
      await writeFile(bad, changed)
      await assert.rejects(
        readAll(bad),
        { name: 'ParleyError', message: /damaged|no backup|newer Parley/ },
        `byte ${at}`,
      )
      await writeFile(bad, good.subarray(0, at))
      await assert.rejects(readAll(bad), { name: 'ParleyError', message: /damaged|no backup/ }, `cut at ${at}`)
    }
    await writeFile(bad, Buffer.concat([good, Buffer.from('x')]))
    await assert.rejects(readAll(bad), { code: 'damaged-data' })
    await assert.rejects(readAll(path.join(folder.path, 'none')), { code: 'usage', message: /cannot be read/ })
    await assert.rejects(readAll(folder.path), { code: 'usage' })
    await readAll(file)
  })

  it('names a version that is newer', async () => {
    await using folder = await temporaryFolder()
    const file = path.join(folder.path, 'newer')
    await writeFile(file, `parley backup 2\n${' '.repeat(100)}`)
    await assert.rejects(readAll(file), { code: 'newer-data' })
  })
})

function backUp(journal: Journal, file: string) {
  return writeBackup({ journal, file, header, skips: key => key === 'own', now: Date.now })
}

async function readAll(file: string): Promise<void> {
  for await (const _ of readBackup(file));
}

async function rowsOf(storage: Storage) {
  const found = []
  for (let after: string | undefined; ; after = found.at(-1)?.[0]) {
    const { rows, more } = await storage.list('', { limit: 5000, ...(after === undefined ? {} : { after }) })
    for (const [key, value, expires] of rows) found.push([key, Buffer.from(value).toString('base64'), expires] as const)
    if (!more) return found
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

/** Commits batches that are under way in any order, and tells of them in another. */
class Disorderly implements Storage {
  readonly durable = false
  readonly #inner: Storage
  readonly #random: Random

  constructor(inner: Storage, random: Random) {
    this.#inner = inner
    this.#random = random
  }

  get(keys: readonly string[]) {
    return this.#inner.get(keys)
  }

  async list(prefix: string, range: ListRange) {
    await this.#while()
    const page = await this.#inner.list(prefix, { ...range, limit: Math.min(range.limit, 4) })
    // Long enough for whole batches to come and go before anybody sees the page.
    await turns(10)
    return page
  }

  async write(changes: readonly Change[]) {
    await this.#while()
    const outcome = await this.#inner.write(changes)
    await this.#while()
    return outcome
  }

  #while(): Promise<void> {
    return turns(1 + this.#random.below(6))
  }
}
