import assert from 'node:assert/strict'
import fc from 'fast-check'
import { fencedBlock, sharedStretch } from '../../../../extension/src/share/block.ts'

const lines = { first: 38, last: 44 }
const block = (text: string, path = 'src/a.ts', language = 'typescript') =>
  fencedBlock({ language, path, lines, text }).split('\n')

describe('shared lines', () => {
  it('are a fenced block that names language, file and range', () => {
    assert.deepEqual(block('const a = 1\nconst b = 2\n'), ['```ts src/a.ts:38-44', 'const a = 1', 'const b = 2', '```'])
  })

  it('name one line where there is one, and none where lines mean nothing', () => {
    const one = { language: 'python', path: 'a b.py', text: 'x' }
    assert.equal(fencedBlock({ ...one, lines: { first: 7, last: 7 } }), '```python a b.py:7\nx\n```')
    assert.equal(fencedBlock(one), '```python a b.py\nx\n```')
  })

  it('have a fence longer than any within', () => {
    assert.deepEqual(block('```js\n````\n```'), ['`````ts src/a.ts:38-44', '```js', '````', '```', '`````'])
  })

  it('have a fence that the name of the file cannot break', () => {
    assert.deepEqual(block('~~~', 'a`b.ts'), ['~~~~ts a`b.ts:38-44', '~~~', '~~~~'])
    assert.equal(block('x', 'a\nb\u2028c.ts')[0], '```ts a?b?c.ts:38-44')
  })

  it('have a language of one word', () => {
    assert.equal(block('x', 'a', 'my lang`')[0], '```mylang a:38-44')
    assert.equal(block('x', 'a', '`')[0], '```text a:38-44')
    assert.equal(block('x', 'a', 'constructor')[0], '```constructor a:38-44')
    assert.equal(block('x', 'a', 'plaintext')[0], '```text a:38-44')
  })

  it('have the line ends of a message', () => {
    assert.deepEqual(block('a\r\nb\rc\r\n').slice(1, -1), ['a', 'b', 'c'])
  })

  it('are closed by the first line that is a fence as long as theirs, whatever they are', () => {
    const texts = fc.array(fc.constantFrom('`', '~', '\n', 'a', ' ', '```', '\r\n')).map(parts => parts.join(''))
    fc.assert(
      fc.property(texts, texts, (text, path) => {
        const [first = '', ...rest] = block(text, path)
        const [fence = ''] = /^(`+|~+)/.exec(first) ?? []
        assert.ok(fence.length >= 3 && !first.slice(fence.length).includes(fence.charAt(0) === '`' ? '`' : '\n'))
        assert.equal(
          rest.findIndex(line => line.includes(fence)),
          rest.length - 1,
        )
      }),
    )
  })
})

describe('what is shared of a selection', () => {
  const text = ['function a() {', '  return 1', '}', '']
  const at = (line: number, character: number) => ({ line, character })
  const shared = (start: ReturnType<typeof at>, end: ReturnType<typeof at>) =>
    sharedStretch({ start, end }, line => text[line] ?? '')

  it('is nothing when nothing is selected', () => assert.equal(shared(at(1, 3), at(1, 3)), undefined))

  it('is what is selected', () => {
    assert.deepEqual(shared(at(0, 9), at(0, 10)), { start: at(0, 9), end: at(0, 10) })
    assert.deepEqual(shared(at(0, 9), at(2, 1)), { start: at(0, 9), end: at(2, 1) })
  })

  it('has the white space before its first word', () => {
    assert.deepEqual(shared(at(1, 2), at(1, 10)), { start: at(1, 0), end: at(1, 10) })
  })

  it('ends with the last line that has something of it', () => {
    assert.deepEqual(shared(at(0, 0), at(2, 0)), { start: at(0, 0), end: at(1, 10) })
    assert.deepEqual(shared(at(2, 0), at(3, 0)), { start: at(2, 0), end: at(2, 1) })
  })
})
