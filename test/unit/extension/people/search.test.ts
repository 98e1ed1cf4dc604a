import assert from 'node:assert/strict'
import { mock } from 'node:test'
import type { PersonInfo } from '../../../../daemon/src/protocol/control.ts'
import { limits } from '../../../../extension/src/limits.ts'
import { PeopleSearch } from '../../../../extension/src/people/search.ts'
import { person } from '../../../support/front-hub.ts'

describe('searching people', () => {
  const asked: { readonly query: string; answer(...names: string[]): void; refuse(words: string): void }[] = []
  let changes = 0
  let search: PeopleSearch

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] })
    asked.length = 0
    changes = 0
    search = new PeopleSearch(
      query => {
        const { promise, resolve, reject } = Promise.withResolvers<{ people: PersonInfo[]; more: boolean }>()
        asked.push({
          query,
          answer: (...names) => resolve({ people: names.map(name => person(name)), more: false }),
          refuse: words => reject(new Error(words)),
        })
        return promise
      },
      () => void changes++,
    )
  })
  afterEach(() => {
    search.dispose()
    mock.timers.reset()
  })
  const rest = () => mock.timers.tick(limits.searchPause)
  const settled = () => new Promise<void>(resolve => setImmediate(resolve))
  const names = () => ('people' in search.found ? search.found.people.map(({ name }) => name) : undefined)

  it('waits until the typing rests', () => {
    for (const typed of ['b', 'bo', 'bob']) {
      search.seek(typed)
      mock.timers.tick(limits.searchPause - 1)
    }
    assert.deepEqual(asked, [])
    assert.equal(search.found.is, 'searching')
    rest()
    assert.deepEqual(
      asked.map(({ query }) => query),
      ['bob'],
    )
  })

  it('hears only the last answer, and shows what it has until that comes', async () => {
    search.seek('b')
    rest()
    asked[0]?.answer('bob')
    await settled()
    assert.deepEqual([search.found.is, names()], ['found', ['bob']])
    search.seek('bo')
    rest()
    assert.deepEqual([search.found.is, names()], ['searching', ['bob']])
    search.seek('bor')
    rest()
    asked[2]?.answer('boris')
    await settled()
    asked[1]?.answer('bob', 'boris')
    await settled()
    assert.deepEqual(names(), ['boris'])
  })

  it('says why it failed', async () => {
    search.seek('b')
    rest()
    asked[0]?.refuse('The team is away.')
    await settled()
    assert.equal(search.found.is, 'failed')
  })

  it('asks nothing for nothing, for the same again, or once it is over', async () => {
    search.seek('  ')
    search.seek('@')
    rest()
    assert.equal(search.found.is, 'nothing')
    search.seek('@bob')
    rest()
    search.seek(' bob ')
    rest()
    assert.equal(asked.length, 1)
    search.seek('carol')
    search.dispose()
    rest()
    asked[0]?.answer('bob')
    await settled()
    assert.deepEqual([asked.length, search.found.is], [1, 'searching'])
    assert.ok(changes > 0)
  })
})
