import assert from 'node:assert/strict'
import { type SearchDocument, type SearchIndex, type SearchQuery, searchLimits } from '../search.ts'
import { findTerms, readQuery } from '../words.ts'
import { withFolder } from './subject.ts'

/** An open index and the way to let go of it. */
export interface SearchSubject {
  readonly search: SearchIndex
  close(): void | Promise<void>
}

export type OpenSearch = (dir: string) => SearchSubject | Promise<SearchSubject>

/**
 * Describes what every search index must do. `open` opens the index of a folder, an empty one where the folder is new;
 * with `durable` the same folder again is the same index. Needs only `describe` and `it`, so any runner runs it.
 */
export function testSearch(open: OpenSearch, tests: { readonly durable: boolean }): void {
  describe('conforms to the search contract', () => {
    it('finds words without case, accents or width, in any order', () =>
      withSearch(open, async search => {
        await search.put([document('1', 'Grüße aus der STRASSE'), document('2', 'nothing of it')])
        for (const query of ['straße grusse', 'GRÜSSE', 'aus strasse', 'stra']) {
          assert.deepEqual(await found(search, query), ['1'], query)
        }
        assert.deepEqual(await found(search, 'strasse nothing'), [])
        assert.deepEqual(await found(search, 'trasse'), [])
      }))

    it('finds phrases only where the words follow each other', () =>
      withSearch(open, async search => {
        await search.put([document('1', 'deploy it on Friday'), document('2', 'on it: deploy, Friday')])
        assert.deepEqual(await found(search, '"deploy it"'), ['1'])
        assert.deepEqual(await found(search, 'deploy it friday'), ['2', '1'])
        assert.deepEqual(await found(search, '"deploy Frid"'), [])
      }))

    it('finds pictographs, and scripts without spaces', () =>
      withSearch(open, async search => {
        await search.put([document('1', '東京都へ行く'), document('2', 'done 👍🏽'), document('3', 'สวัสดีครับ')])
        for (const [query, id] of [
          ['京都', '1'],
          ['く', '1'],
          ['東京都', '1'],
          ['👍', '2'],
          ['สวัส', '3'],
        ] as const) {
          assert.deepEqual(await found(search, query), [id], query)
        }
        assert.deepEqual(await found(search, '東都'), [])
      }))

    it('gives the newest first, whatever order they came in, page by page', () =>
      withSearch(open, async search => {
        const times = [5, 3, 9, 3, 7 + 1 / 1024, 1, 3, 7 + 2 / 1024, 7, 6]
        await search.put(times.map((time, index) => document(`m${index}`, `word${index} same`, { time })))
        const seen: string[] = []
        let next: string | undefined
        do {
          // Four, so that a page ends between some of the same time.
          const page = await search.search({ ...ask('same'), limit: 4, ...(next === undefined ? {} : { next }) })
          seen.push(...page.ids)
          assert.ok(seen.length <= times.length, 'pages that never end')
          next = page.next
          assert.ok(next === undefined || page.ids.length === 4)
        } while (next !== undefined)
        assert.deepEqual([...seen].sort(), times.map((_, index) => `m${index}`).sort())
        const order = seen.map(id => times[Number(id.slice(1))] ?? 0)
        assert.deepEqual(
          order,
          order.toSorted((a, b) => b - a),
        )
      }))

    it('refuses a place that it has not given, and looks for nothing', () =>
      withSearch(open, async search => {
        await search.put(['1', '2', '3'].map(id => document(id, 'same')))
        const { next } = await search.search({ ...ask('same'), limit: 1 })
        assert.ok(next !== undefined)
        const others = [
          '',
          ' ',
          'garbage',
          `x${next}`,
          `${next}\n`,
          `${next}\0`,
          '-1',
          '1e9',
          '../../1',
          '9'.repeat(5_000),
        ]
        for (const place of others) {
          for (const query of ['same', '']) {
            const refused = search.search({ ...ask(query), next: place })
            await assert.rejects(refused, { name: 'SearchPlaceError' }, JSON.stringify(place.slice(0, 40)))
          }
        }
        const rest = await search.search({ ...ask('same'), next })
        assert.equal(rest.ids.length, 2)
      }))

    it('goes on from a place whose document is gone by now, and gives nothing twice', () =>
      withSearch(open, async search => {
        await search.put([1, 2, 3, 4].map(time => document(`m${time}`, 'same', { time })))
        const first = await search.search({ ...ask('same'), limit: 2 })
        assert.deepEqual(first.ids, ['m4', 'm3'])
        await search.remove(['m3'])
        await search.put([document('m5', 'same', { time: 5 })])
        const rest = await search.search({ ...ask('same'), ...(first.next === undefined ? {} : { next: first.next }) })
        assert.deepEqual(rest.ids, ['m2', 'm1'])
      }))

    it('holds to conversation, author, time and files, with words and without', () =>
      withSearch(open, async search => {
        await search.put([
          document('1', 'plan a', { time: 10 }),
          document('2', 'plan b', { time: 20, conversation: 'other' }),
          document('3', 'plan c', { time: 30, user: 'bob' }),
          document('4', 'plan d', { time: 40, hasFile: true }),
        ])
        const conditions: [Partial<SearchQuery>, string[]][] = [
          [{ conversation: 'other' }, ['2']],
          [{ users: ['bob'] }, ['3']],
          [{ users: ['bob', 'alice'], from: 30 }, ['4', '3']],
          [{ users: ['nobody'] }, []],
          [{ hasFile: true }, ['4']],
          [{ from: 20 }, ['4', '3', '2']],
          [{ to: 20 }, ['1']],
          [{ from: 20, to: 40, users: ['alice'] }, ['2']],
          [{ conversation: 'nowhere' }, []],
          [{}, ['4', '3', '2', '1']],
        ]
        for (const [conditions_, ids] of conditions) {
          for (const query of ['plan', '']) {
            const page = await search.search({ ...ask(query), ...conditions_ })
            assert.deepEqual(page.ids, ids, JSON.stringify({ query, ...conditions_ }))
          }
        }
      }))

    it('says what a document says now, and nothing of one that was removed', () =>
      withSearch(open, async search => {
        await search.put([document('1', 'before'), document('2', 'other')])
        await search.put([document('1', 'after', { time: 5 })])
        assert.deepEqual(await found(search, 'before'), [])
        assert.deepEqual(await found(search, 'after'), ['1'])
        await search.remove(['1', 'unknown'])
        assert.deepEqual(await found(search, 'after'), [])
        assert.deepEqual(await found(search, ''), ['2'])
      }))

    it('takes what a query language would mean something by for words', () =>
      withSearch(open, async search => {
        await search.put([document('1', 'NOT a OR b AND text: x* -y "z" (near)')])
        for (const query of ['NOT', 'or b', 'text:', 'text:x', '-y', '"z"', '(near', 'x*', "'", 'NEAR(a b)']) {
          const expected =
            findTerms('NOT a OR b AND text: x* -y "z" (near)', readQuery(query)) === undefined ? [] : ['1']
          assert.deepEqual(await found(search, query), expected, query)
        }
      }))

    it('finds what a plain look at every text finds', () =>
      withSearch(open, async search => {
        const random = generator(7)
        const words = ['red', 'redder', 'blue', 'Blüe', '東', '東京', '京都', '👍', 'x1', 'a-b', 'end.']
        const text = () =>
          Array.from({ length: 1 + random(6) }, () => words[random(words.length)]).join(random(2) ? ' ' : ', ')
        const documents = Array.from({ length: 200 }, (_, index) => document(`m${index}`, text(), { time: index }))
        await search.put(documents)
        for (let round = 0; round < 60; round++) {
          const query = random(3) === 0 ? `"${text()}"` : text()
          const terms = readQuery(query).slice(0, searchLimits.queryWords)
          const expected = documents.filter(each => findTerms(each.text, terms)).map(({ id }) => id)
          assert.deepEqual(await found(search, query), expected.toReversed(), query)
        }
      }))

    it('takes as many as it must at once', () =>
      withSearch(open, async search => {
        const ids = Array.from({ length: searchLimits.documents }, (_, index) => `${'i'.repeat(190)}${index}`)
        await search.put(ids.map((id, time) => document(id, 'many', { time })))
        assert.deepEqual(await found(search, 'many'), ids.toReversed())
        await search.remove(ids)
        assert.deepEqual(await found(search, 'many'), [])
      }))

    it('has another name once it was cleared, and the same one until then', () =>
      withSearch(open, async search => {
        const name = await search.identity()
        await search.put([document('1', 'word')])
        assert.equal(await search.identity(), name)
        await search.clear()
        assert.notEqual(await search.identity(), name)
        assert.deepEqual(await found(search, 'word'), [])
        await search.put([document('1', 'again')])
        assert.deepEqual(await found(search, 'again'), ['1'])
      }))

    if (!tests.durable) return
    it('is there after it was closed and opened again', () =>
      withFolder(async dir => {
        const first = await open(dir)
        const name = await first.search.identity()
        await first.search.put([document('1', 'kept')])
        await first.close()
        const second = await open(dir)
        try {
          assert.equal(await second.search.identity(), name)
          assert.deepEqual(await found(second.search, 'kept'), ['1'])
        } finally {
          await second.close()
        }
      }))
  })
}

function withSearch(open: OpenSearch, test: (search: SearchIndex) => Promise<void>): Promise<void> {
  return withFolder(async dir => {
    const subject = await open(dir)
    try {
      await test(subject.search)
    } finally {
      await subject.close()
    }
  })
}

function document(id: string, text: string, more: Partial<SearchDocument> = {}): SearchDocument {
  return { id, conversation: 'here', user: 'alice', time: Number(id) || 1, text, hasFile: false, ...more }
}

function ask(query: string): SearchQuery {
  return { terms: readQuery(query), limit: searchLimits.page }
}

async function found(search: SearchIndex, query: string): Promise<readonly string[]> {
  return (await search.search(ask(query))).ids
}

/** The same numbers each time, below what is asked. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return Math.floor((state / 0x7fffffff) * below) % below
  }
}
