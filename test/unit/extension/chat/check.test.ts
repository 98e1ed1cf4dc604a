import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkFromSurface, checkState, type SurfaceHandlers } from '../../../../extension/src/chat/check.ts'
import { limits } from '../../../../extension/src/limits.ts'

const request = (method: string, params: unknown) => checkFromSurface({ is: 'request', id: 7, method, params })

/** What would be asked of those who answer: the method and its parameters. */
function asked(method: string, given: unknown): readonly [string, unknown] | undefined {
  const checked = request(method, given)
  if (checked?.is !== 'request') return undefined
  const calls: [string, unknown][] = []
  const note = (name: string) => (params: unknown) => {
    calls.push([name, params])
    return Promise.reject(new Error('only asked'))
  }
  const handlers: SurfaceHandlers = {
    open: note('open'),
    history: note('history'),
    send: note('send'),
    drop: note('drop'),
    writing: note('writing'),
    save: note('save'),
    markRead: note('markRead'),
    markUnread: note('markUnread'),
    openLink: note('openLink'),
    openPlace: note('openPlace'),
    copy: note('copy'),
    selection: note('selection'),
    act: note('act'),
    edit: note('edit'),
    remove: note('remove'),
    react: note('react'),
    reached: note('reached'),
    typing: note('typing'),
    copyLink: note('copyLink'),
    addFile: note('addFile'),
    pickFiles: note('pickFiles'),
    fetchFile: note('fetchFile'),
    cancelFile: note('cancelFile'),
    saveFile: note('saveFile'),
    image: note('image'),
  }
  checked.ask(handlers).catch(() => {})
  return calls[0]
}

describe('a message from a chat surface', () => {
  it('may say that the surface is ready', () => {
    assert.deepEqual(checkFromSurface({ is: 'ready', more: 1 }), { is: 'ready' })
  })

  const good: readonly (readonly [string, object])[] = [
    ['send', { message: 'm', text: 'hi', replyTo: { user: 'u', message: 'r', name: 'Bob' }, mentions: ['all'] }],
    ['send', { message: 'm', text: '', files: [{ hash: 'h', name: 'a.txt', size: 3, type: 'text/plain' }] }],
    ['edit', { message: 'm', text: 'hi', act: 'a' }],
    ['remove', { user: 'u', message: 'm', act: 'a', forAll: true }],
    ['markUnread', { position: 'p' }],
    ['act', { what: 'clear' }],
    ['react', { user: 'u', message: 'm', emoji: '👍', on: true, act: 'a' }],
    ['reached', { message: 'm' }],
    ['typing', { stopped: true }],
    ['typing', {}],
    ['copyLink', { position: 'p' }],
    ['addFile', { name: 'a.txt', type: '', data: 'aGk=' }],
    ['pickFiles', {}],
    ['fetchFile', { hash: 'h' }],
    ['cancelFile', { hash: 'h' }],
    ['saveFile', { hash: 'h', name: 'a.txt' }],
    ['image', { hash: 'h', size: 3 }],
    ['history', { from: 'p', limit: 5 }],
    ['open', {}],
    ['history', { before: 'p1', limit: 60 }],
    ['history', { after: 'p1', limit: 500 }],
    ['send', { message: 'abcdefgh', text: 'hello' }],
    ['drop', { message: 'abcdefgh' }],
    ['writing', { draft: '' }],
    ['save', {}],
    ['save', { draft: '' }],
    ['save', { draft: 'hi', scroll: { position: 'p1', offset: -3.5 } }],
    ['save', { scroll: null }],
    ['markRead', { position: 'p1' }],
    ['openLink', { href: 'https://example.org' }],
    ['openPlace', { path: 'src/a.ts', line: 42 }],
    ['openPlace', { path: 'src/a.ts', line: 42, column: 3, endLine: 44 }],
    ['copy', { text: '' }],
    ['selection', {}],
    ['act', { what: 'mute' }],
  ]
  for (const [method, params] of good) {
    it(`may ask for ${method} with ${JSON.stringify(params)}`, () => {
      assert.deepEqual(asked(method, params), [method, params])
    })
  }

  const bad: readonly (readonly [string, unknown])[] = [
    ['history', {}],
    ['history', { limit: 0 }],
    ['history', { limit: 1.5 }],
    ['history', { limit: limits.surfacePage + 1 }],
    ['history', { limit: 1, before: 3 }],
    ['history', { limit: 1, before: 'x'.repeat(limits.shortText + 1) }],
    ['send', { message: 'a', text: '' }],
    ['send', { message: '', text: 'hello' }],
    ['send', { message: 'a', text: 'x'.repeat(limits.longText + 1) }],
    ['send', { message: 'a', text: ['hello'] }],
    ['drop', {}],
    ['writing', { draft: 5 }],
    ['save', { draft: 5 }],
    ['save', { scroll: { position: 'p1' } }],
    ['save', { scroll: { position: 'p1', offset: Number.NaN } }],
    ['save', { scroll: [] }],
    ['markRead', { position: '' }],
    ['openLink', { href: 'x'.repeat(limits.link + 1) }],
    ['openPlace', { path: '', line: 1 }],
    ['openPlace', { path: 'a', line: 0 }],
    ['openPlace', { path: 'a', line: 1, column: '2' }],
    ['copy', { text: null }],
    ['act', { what: 'quit' }],
    ['act', { what: 'toString' }],
    ['open', null],
    ['open', []],
    ['toString', {}],
    ['__proto__', {}],
  ]
  for (const [method, params] of bad) {
    it(`may not ask for ${method} with ${(JSON.stringify(params) ?? '').slice(0, 60)}`, () => {
      assert.equal(request(method, params)?.is, 'bad')
    })
  }

  it('brings nothing along that is not known', () => {
    assert.deepEqual(asked('markRead', { position: 'p1', conversation: 'other' }), ['markRead', { position: 'p1' }])
  })

  it('is passed over when it is nothing that could be answered', () => {
    for (const given of [undefined, null, 'ready', 3, [], {}, { is: 'request', method: 'open', params: {} }]) {
      assert.equal(checkFromSurface(given), undefined)
    }
    assert.equal(checkFromSurface({ is: 'request', id: '7', method: 'open', params: {} }), undefined)
  })

  it('never makes the check throw', () => {
    const method = fc.constantFrom(...new Set([...good, ...bad].map(([name]) => name)))
    fc.assert(
      fc.property(method, fc.anything({ withNullPrototype: true, withSparseArray: true }), (name, params) => {
        request(name, params)
        checkFromSurface(params)
        checkState(params)
      }),
    )
  })
})

describe('what VS Code kept of a surface', () => {
  it('names the chat', () => {
    assert.deepEqual(checkState({ conversation: 'c1', person: 'bob', unsent: [] }), {
      conversation: 'c1',
      person: 'bob',
    })
    assert.deepEqual(checkState({ conversation: 'c1', person: 5 }), { conversation: 'c1', person: '' })
  })

  it('is of no use without one', () => {
    for (const given of [undefined, null, '', [], {}, { conversation: '' }, { conversation: 'x'.repeat(5000) }]) {
      assert.equal(checkState(given), undefined)
    }
  })
})
