import assert from 'node:assert/strict'
import { ParleyError } from '@parley/daemon/client'
import fc from 'fast-check'
import { limits } from '../../../../extension/src/limits.ts'
import { MessageSearch } from '../../../../extension/src/search/message-search.ts'
import { readTyped } from '../../../../extension/src/search/query.ts'
import { conversation, message, room } from '../../../support/front-hub.ts'
import { until } from '../../../support/wait.ts'

const chats = [conversation('bob'), room('release-2.4'), room('Road Map')]
const read = (typed: string) => readTyped(typed, chats)

describe('what is typed into the search', () => {
  it('is words, phrases and filters in any order', () => {
    assert.deepEqual(read('flaky from:@bob in:#release-2.4 "the clock" has:file'), {
      is: 'sought',
      sought: { query: 'flaky "the clock"', from: 'bob', with: 'room-release-2.4', hasFile: true },
    })
    assert.deepEqual(read('in:"road map" x'), { is: 'sought', sought: { query: 'x', with: 'room-Road Map' } })
  })

  it('stays within the chat that is searched, unless it names another one', () => {
    assert.deepEqual(readTyped('x', chats, 'with-bob'), { is: 'sought', sought: { query: 'x', with: 'with-bob' } })
    assert.deepEqual(readTyped('x in:release', chats, 'with-bob'), {
      is: 'sought',
      sought: { query: 'x', with: 'room-release-2.4' },
    })
    assert.deepEqual(readTyped('', chats, 'with-bob'), { is: 'nothing' })
  })

  it('has days as they are here', () => {
    assert.deepEqual(read('x after:2026-01-05 before:2026-2-1'), {
      is: 'sought',
      sought: { query: 'x', after: new Date(2026, 0, 5).getTime(), before: new Date(2026, 1, 1).getTime() },
    })
    assert.equal(read('x after:2026-02-30').is, 'wrong')
    assert.equal(read('x before:tomorrow').is, 'wrong')
  })

  it('says what is wrong, and waits for what is being written', () => {
    assert.equal(read('in:nowhere x').is, 'wrong')
    assert.equal(read('has:cake').is, 'wrong')
    assert.deepEqual(read('from:'), { is: 'nothing' })
    assert.deepEqual(read('  '), { is: 'nothing' })
    assert.deepEqual(read('http://x'), { is: 'sought', sought: { query: 'http://x' } })
  })

  it('is anything at all, and is read', () => {
    fc.assert(fc.property(fc.string(), typed => void read(typed)))
  })
})

describe('searching messages', () => {
  const hit = (position: string) => ({
    message: message(position),
    conversation: conversation('bob'),
    excerpt: '',
    marks: [],
  })

  it('hears only the last answer, and goes on page by page', async () => {
    const asked: unknown[] = []
    const search = new MessageSearch(
      async params => {
        asked.push(params)
        return params.next ? { hits: [hit('p2')] } : { hits: [hit('p1')], next: 'n', isIndexing: true }
      },
      () => {},
    )
    search.seek(read('fla'))
    search.seek(read('flaky'))
    await until('the first page', () => search.found.hits.length === 1)
    assert.equal(search.found.isIndexing, true)
    search.more()
    await until('the second page', () => search.found.hits.length === 2)
    const params = { query: 'flaky', limit: limits.searchResults }
    assert.deepEqual(asked, [params, { ...params, next: 'n' }])
    assert.equal(search.found.more, false)
    search.dispose()
  })

  it('says why nothing can be found', async () => {
    const search = new MessageSearch(
      () => Promise.reject(new ParleyError('unknown-user', 'no index')),
      () => {},
    )
    search.seek(read('in:nowhere'))
    assert.match(search.found.why ?? '', /No chat is called/)
    search.seek(read('x'))
    await until('the reason', () => search.found.why === 'no index')
    search.dispose()
  })
})
