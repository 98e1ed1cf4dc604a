import assert from 'node:assert/strict'
import type { ListRange, Storage } from '../storage.ts'
import { bytes, fill, type OpenStorage, withStorage } from './subject.ts'

/** In byte order, which no human order is: capitals first, digits before both, 10 before 9. */
const ordered = [
  '!',
  '/',
  '0',
  '10',
  '9',
  'A',
  'Z',
  '_',
  'a',
  'a!',
  'a/',
  'a/1',
  'a/2',
  'a0',
  'aa',
  'b',
  'z',
  '~',
  '~~',
]

export function listTests(open: OpenStorage): void {
  describe('lists', () => {
    it('goes in byte order, both ways', () =>
      withStorage(open, async storage => {
        await fill(storage, ordered.toReversed())
        assert.deepEqual(await keys(storage, '', { limit: 100 }), ordered)
        assert.deepEqual(await keys(storage, '', { limit: 100, reverse: true }), ordered.toReversed())
      }))

    it('gives each row its value', () =>
      withStorage(open, async storage => {
        await fill(storage, ordered)
        const { rows } = await storage.list('', { limit: 100 })
        assert.deepEqual(
          rows.map(([key, value]) => [key, new TextDecoder().decode(value)]),
          ordered.map(key => [key, key]),
        )
      }))

    it('gives the rows of a prefix and no neighbour of it', () =>
      withStorage(open, async storage => {
        await fill(storage, [
          'log',
          'log!',
          'log-/x',
          'log/',
          'log/1',
          'log/1/2',
          'log/~',
          'log0',
          'loh',
          'lo',
          'LOG/1',
          'other',
        ])
        const expected = ['log/', 'log/1', 'log/1/2', 'log/~']
        assert.deepEqual(await keys(storage, 'log/', { limit: 100 }), expected)
        assert.deepEqual(await keys(storage, 'log/', { limit: 100, reverse: true }), expected.toReversed())
        assert.deepEqual(await keys(storage, 'none/', { limit: 100 }), [])
      }))

    it('goes on behind "after", which need not exist, in the direction of travel', () =>
      withStorage(open, async storage => {
        await fill(storage, ['p/a', 'p/b', 'p/b!', 'p/c', 'q'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'p/b' }), ['p/b!', 'p/c'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'p/b', reverse: true }), ['p/a'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'p/bb' }), ['p/c'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'p/bb', reverse: true }), ['p/b!', 'p/b', 'p/a'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'p/c' }), [])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'p/a', reverse: true }), [])
      }))

    it('stays within the prefix when "after" lies outside of it', () =>
      withStorage(open, async storage => {
        await fill(storage, ['o', 'p/a', 'p/b', 'q'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'a' }), ['p/a', 'p/b'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'q' }), [])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'z', reverse: true }), ['p/b', 'p/a'])
        assert.deepEqual(await keys(storage, 'p/', { limit: 9, after: 'a', reverse: true }), [])
      }))

    it('says whether more follows, exactly', () =>
      withStorage(open, async storage => {
        await fill(storage, ['p/1', 'p/2', 'p/3', 'q'])
        for (const reverse of [false, true]) {
          assert.equal((await storage.list('p/', { limit: 2, reverse })).more, true)
          assert.equal((await storage.list('p/', { limit: 3, reverse })).more, false)
          assert.equal((await storage.list('p/', { limit: 4, reverse })).more, false)
        }
        assert.deepEqual(await storage.list('none', { limit: 1 }), { rows: [], more: false })
      }))

    it('gives every row once, page by page', () =>
      withStorage(open, async storage => {
        const all = Array.from({ length: 2_500 }, (_, index) => `page/${String(index).padStart(5, '0')}`)
        for (let from = 0; from < all.length; from += 1_000) await fill(storage, all.slice(from, from + 1_000))
        for (const reverse of [false, true]) {
          const expected = reverse ? all.toReversed() : all
          assert.deepEqual(await allPages(storage, 'page/', reverse), expected)
        }
      }))

    it('sees one moment, in a list as in a get, while others write', () =>
      withStorage(open, async storage => {
        const names = Array.from({ length: 50 }, (_, index) => `one/${index}`)
        const put = (turn: number) => storage.write(names.map(name => ({ put: name, value: bytes(String(turn)) })))
        await put(0)
        let isOver = false
        const writing = (async () => {
          for (let turn = 1; turn <= 60; turn++) {
            await put(turn)
            // Lets readers in even where a write takes no time.
            await new Promise(setImmediate)
          }
          isOver = true
        })()
        while (!isOver) {
          const [values, page] = await Promise.all([storage.get(names), storage.list('one/', { limit: 100 })])
          assert.equal(new Set(values.map(String)).size, 1, 'a get saw two moments')
          assert.equal(new Set(page.rows.map(([, value]) => String(value))).size, 1, 'a list saw two moments')
          await new Promise(setImmediate)
        }
        await writing
      }))
  })
}

async function keys(storage: Storage, prefix: string, range: ListRange): Promise<string[]> {
  return (await storage.list(prefix, range)).rows.map(([key]) => key)
}

async function allPages(storage: Storage, prefix: string, reverse: boolean): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const after = found.at(-1)
    const { rows, more } = await storage.list(prefix, { limit: 97, reverse, ...(after === undefined ? {} : { after }) })
    found.push(...rows.map(([key]) => key))
    if (!more) return found
  }
}
