import assert from 'node:assert/strict'
import type { SearchDocument, SearchIndex, SearchPage, SearchQuery } from '@parley/kit'
import { openMemorySearch } from '@parley/storage-memory'
import { testSearch } from '../../../../plugins/kit/src/testing/index.ts'
import { failuresOf } from '../../../support/inner-mocha.ts'

type Wrong = (index: SearchIndex) => Partial<SearchIndex>
/** A way to be wrong, and a part of the title of a test that must notice. */
type Fault = readonly [what: string, noticedBy: string, wrong: Wrong]

const words = 'finds words without case'
const dense = 'scripts without spaces'
const pages = 'gives the newest first'
const conditions = 'holds to conversation, author, time and files'
const changes = 'says what a document says now'
const plain = 'finds what a plain look'
const many = 'takes as many as it must'
const names = 'has another name once'

const faults: readonly Fault[] = [
  ['minds accents', words, putting(text => text.replace(/[^ -~]/g, '?'))],
  ['finds whole words only', words, asking(({ terms, ...rest }) => ({ ...rest, terms: terms.map(whole) }))],
  ['asks for the first word only', words, asking(({ terms, ...rest }) => ({ ...rest, terms: terms.slice(0, 1) }))],
  ['finds words by their ends', words, answering((page, query) => (begins(query, 'trasse') ? { ids: ['1'] } : page))],
  [
    'takes a phrase for its words',
    'finds phrases only where',
    asking(({ terms, ...rest }) => ({ ...rest, terms: terms.flatMap(apart) })),
  ],
  ['knows no scripts without spaces', dense, putting(text => text.replace(/\p{sc=Han}|\p{sc=Thai}/gu, ''))],
  ['knows no pictographs', dense, putting(text => text.replace(/\p{Extended_Pictographic}/gu, ''))],
  ['gives the oldest first', pages, answering(page => ({ ...page, ids: page.ids.toReversed() }))],
  ['begins every page anew', pages, asking(({ next: _, ...rest }) => rest)],
  ['gives the last of a page again', pages, answering(overlapping)],
  [
    'passes over what is of the same time',
    pages,
    answering(({ ids, next }) => ({ ids, ...(next && { next: next.replace(/ .*/, ' ~') }) })),
  ],
  ['cuts times to whole ms', pages, index => ({ put: documents => index.put(documents.map(cut)) })],
  [
    'takes any place for the beginning',
    'refuses a place that it has not given',
    index => ({
      search: query => index.search(query).catch(() => index.search({ ...query, next: `${2 ** 47} ~` })),
    }),
  ],
  [
    'goes on only behind what is still there',
    'goes on from a place whose document is gone',
    answering(({ ids, ...page }, { next }) => (next ? { ids: [] } : { ids, ...page })),
  ],
  ['gives pages that are not full', pages, asking(({ limit, ...rest }) => ({ ...rest, limit: limit - 1 }))],
  ['looks in every conversation', conditions, asking(({ conversation: _, ...rest }) => rest)],
  ['looks for every author', conditions, asking(({ users: _, ...rest }) => rest)],
  ['forgets where the time begins', conditions, asking(({ from: _, ...rest }) => rest)],
  ['forgets where the time ends', conditions, asking(({ to: _, ...rest }) => rest)],
  ['counts the end to the time', conditions, asking(query => (query.to ? { ...query, to: query.to + 1 } : query))],
  ['forgets files', conditions, asking(({ hasFile: _, ...rest }) => rest)],
  ['finds nothing without words', conditions, answering((page, { terms }) => (terms.length > 0 ? page : { ids: [] }))],
  ['knows still what a document said before', changes, remembering],
  ['finds what was removed', changes, () => ({ remove: async () => {} })],
  ['fails for ids that it does not know', changes, index => ({ remove: ids => refusing(index, ids) })],
  [
    'takes some words for a language of its own',
    'query language would mean',
    answering((page, query) => (begins(query, 'not') ? { ids: [] } : page)),
  ],
  ['loses one of many', plain, index => ({ put: some => index.put(some.filter(({ id }) => id !== 'm57')) })],
  ['looks at the beginning of a text', plain, putting(text => text.slice(0, 20))],
  ['takes only some at once', many, index => ({ put: documents => index.put(documents.slice(0, 256)) })],
  ['removes only some at once', many, index => ({ remove: ids => index.remove(ids.slice(0, 256)) })],
  ['has the same name once it was cleared', names, () => ({ identity: async () => 'one' })],
  ['has another name each time', names, () => ({ identity: async () => String(Math.random()) })],
  ['clears nothing', names, () => ({ clear: async () => {} })],
]

describe('the conformance suite of search', () => {
  it('passes what conforms', async () => {
    assert.deepEqual(await failuresOf(suiteOf(openMemorySearch)), [])
  })

  for (const [what, noticedBy, wrong] of faults) {
    it(`notices an index that ${what}`, async () => {
      const suite = suiteOf(() => {
        const index = openMemorySearch()
        return { ...methodsOf(index), ...wrong(index) }
      })
      const failures = await failuresOf(suite, noticedBy)
      assert.ok(failures.length > 0, `no test about ${JSON.stringify(noticedBy)} failed`)
    })
  }

  it('notices an index that is lost when it is closed', async () => {
    const suite = () => testSearch(() => ({ search: openMemorySearch(), close: () => {} }), { durable: true })
    const failures = await failuresOf(suite)
    assert.deepEqual(
      failures.map(title => /is there after it was closed/.test(title)),
      [true],
    )
  })
})

const suiteOf = (open: () => SearchIndex) => () =>
  testSearch(() => ({ search: open(), close: () => {} }), { durable: false })

function methodsOf(index: SearchIndex): SearchIndex {
  return {
    identity: () => index.identity(),
    put: documents => index.put(documents),
    remove: ids => index.remove(ids),
    search: query => index.search(query),
    clear: () => index.clear(),
  }
}

function asking(change: (query: SearchQuery) => SearchQuery): Wrong {
  return index => ({ search: query => index.search(change(query)) })
}

function answering(change: (page: SearchPage, query: SearchQuery) => SearchPage): Wrong {
  return index => ({ search: async query => change(await index.search(query), query) })
}

function putting(change: (text: string) => string): Wrong {
  return index => ({ put: documents => index.put(documents.map(each => ({ ...each, text: change(each.text) }))) })
}

function remembering(index: SearchIndex): Partial<SearchIndex> {
  const said = new Map<string, string>()
  return {
    put: documents =>
      index.put(
        documents.map(each => {
          const text = `${said.get(each.id) ?? ''} ${each.text}`
          said.set(each.id, text)
          return { ...each, text }
        }),
      ),
  }
}

async function refusing(index: SearchIndex, ids: readonly string[]): Promise<void> {
  if (ids.includes('unknown')) throw new Error('no such document')
  await index.remove(ids)
}

function overlapping(page: SearchPage, { next }: SearchQuery): SearchPage {
  const last = next?.split(' ')[1]
  return last === undefined ? page : { ...page, ids: [last, ...page.ids].slice(0, page.ids.length) }
}

const whole = (term: SearchQuery['terms'][number]) => ({ ...term, isPrefix: false })
const apart = (term: SearchQuery['terms'][number]) =>
  term.words.map(word => ({ words: [word], isPrefix: term.isPrefix }))
const cut = (document: SearchDocument) => ({ ...document, time: Math.floor(document.time) })
const begins = ({ terms }: SearchQuery, word: string) => terms[0]?.words[0] === word
