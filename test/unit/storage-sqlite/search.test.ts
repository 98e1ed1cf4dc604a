import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readQuery, type SearchDocument, type SearchIndex } from '@parley/kit'
import { testSearch } from '@parley/kit/testing'
import { openSqliteSearch } from '@parley/storage-sqlite'
import { silentLog } from '../../../daemon/src/log.ts'

describe('the search of storage-sqlite', () => {
  testSearch(
    dir => {
      const search = openSqliteSearch({ dir, log: silentLog })
      return { search, close: () => search.close() }
    },
    { durable: true },
  )

  describe('its file', () => {
    let dir: string

    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'parley-search-'))
    })

    afterEach(() => rmSync(dir, { recursive: true, force: true }))

    it('is its owner’s alone, and comes with the first task only', async () => {
      const unused = openSqliteSearch({ dir, log: silentLog })
      await unused.close()
      assert.equal(statSync(file(), { throwIfNoEntry: false }), undefined)
      await using(async search => search.put([document('1', 'word')]))
      assert.equal(statSync(file()).mode & 0o777, 0o600)
    })

    for (const [what, spoil] of [
      ['is empty', () => writeFileSync(file(), '')],
      ['is no database', () => writeFileSync(file(), 'x'.repeat(10_000))],
      ['has lost its middle', () => overwrite(4096, 12_000)],
    ] as const) {
      it(`is made anew, under another name, when it ${what}`, async () => {
        const before = await using(async search => {
          await search.put(many())
          return search.identity()
        })
        spoil()
        await using(async search => {
          assert.notEqual(await search.identity(), before)
          await search.put([document('1', 'word')])
          assert.deepEqual(await found(search, 'word'), ['1'])
          assert.deepEqual(await found(search, 'same'), [])
        })
      })
    }

    it('is made anew when it turns out to be damaged while it is used', async () => {
      await using(async search => search.put(many()))
      // Not looked at as a whole: only the use finds it.
      await using(async search => {
        const before = await search.identity()
        overwrite(8192, statSync(file()).size - 8192)
        await assert.rejects(found(search, 'same'), { code: 'damaged-data' })
        assert.notEqual(await search.identity(), before)
        await search.put([document('1', 'word')])
        assert.deepEqual(await found(search, 'word'), ['1'])
      }, 0)
    })

    it('refuses what comes once it is closed', async () => {
      const search = openSqliteSearch({ dir, log: silentLog })
      await search.put([document('1', 'word')])
      await search.close()
      await assert.rejects(search.put([document('2', 'word')]), /Parley is stopping/)
    })

    const file = () => join(dir, 'search.db')

    function overwrite(from: number, length: number): void {
      const handle = openSync(file(), 'r+')
      writeSync(handle, Buffer.alloc(length, 0xa5), 0, length, from)
      closeSync(handle)
    }

    async function using<Value>(work: (search: SearchIndex) => Promise<Value>, fullCheck?: number): Promise<Value> {
      const search = openSqliteSearch({ dir, log: silentLog, ...(fullCheck === undefined ? {} : { fullCheck }) })
      try {
        return await work(search)
      } finally {
        await search.close()
      }
    }
  })
})

function many(): SearchDocument[] {
  return Array.from({ length: 400 }, (_, index) => document(`m${index}`, `same word${index} ${'long '.repeat(20)}`))
}

function document(id: string, text: string): SearchDocument {
  return { id, conversation: 'here', user: 'alice', time: 1, text, hasFile: false }
}

async function found(search: SearchIndex, query: string): Promise<readonly string[]> {
  return (await search.search({ terms: readQuery(query), limit: 100 })).ids
}
