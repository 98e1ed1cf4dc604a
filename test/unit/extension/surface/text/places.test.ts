import assert from 'node:assert/strict'
import { findPlaces, readFencePlace, readPlace } from '../../../../../extension/surface/text/places.ts'

const found = (text: string) => findPlaces(text).map(place => place.text)

describe('places in a text', () => {
  it('have a line, and may have a column or an end', () => {
    assert.deepEqual(readPlace('src/a.ts:42'), { path: 'src/a.ts', line: 42 })
    assert.deepEqual(readPlace('src/a.ts:42:7'), { path: 'src/a.ts', line: 42, column: 7 })
    assert.deepEqual(readPlace('a/b.py:10-20'), { path: 'a/b.py', line: 10, endLine: 20 })
    assert.deepEqual(readPlace('src/a.ts#L10-L20'), { path: 'src/a.ts', line: 10, endLine: 20 })
    assert.deepEqual(readPlace('src/a.ts(10,5)'), { path: 'src/a.ts', line: 10, column: 5 })
    assert.equal(readPlace('src/a.ts'), undefined)
    assert.equal(readPlace('src/a.ts:0'), undefined)
  })

  it('are written as any system writes them', () => {
    assert.deepEqual(readPlace('src\\net\\a.ts:42'), { path: 'src/net/a.ts', line: 42 })
    assert.deepEqual(readPlace('C:\\work\\a.ts:42'), { path: 'C:/work/a.ts', line: 42 })
    assert.deepEqual(readPlace('/home/bob/a.ts:42'), { path: '/home/bob/a.ts', line: 42 })
    assert.deepEqual(readPlace('./Übung/café.ts:1'), { path: './Übung/café.ts', line: 1 })
    assert.deepEqual(readPlace('build/Makefile:7'), { path: 'build/Makefile', line: 7 })
    assert.deepEqual(readPlace('.eslintrc.json:7'), { path: '.eslintrc.json', line: 7 })
  })

  it('are found among words', () => {
    assert.deepEqual(found('see src/a.ts:42, then (b.go:7). And a.ts:1-2!'), ['src/a.ts:42', 'b.go:7', 'a.ts:1-2'])
    assert.deepEqual(found('at x.js:3:9\nat y.js:4:2'), ['x.js:3:9', 'y.js:4:2'])
  })

  it('are not hosts, times, versions or parts of addresses', () => {
    for (const text of [
      'example.com:8080',
      'localhost:3000',
      '10.0.0.1:80',
      'at 10:30',
      'v1.2.3:4',
      'https://example.com/a.ts:42',
      'bob@example.com:22',
      'either/or:2',
    ]) {
      assert.deepEqual(found(text), [], text)
    }
  })

  it('do not lead out of the workspace or to another computer', () => {
    for (const text of ['../../.ssh/id.txt:1', 'src/../../a.ts:1', '\\\\server\\share\\a.ts:1', '//server/a.ts:1']) {
      assert.equal(readPlace(text), undefined, text)
    }
  })

  it('are found in 100,000 characters of anything in no time', () => {
    for (const part of ['a', 'a.', 'a/', 'a\\', '.', '/', 'a.b:', '@', 'a:1', '-', '$']) {
      const started = performance.now()
      findPlaces(part.repeat(100_000 / part.length))
      assert.ok(performance.now() - started < 500, part)
    }
  })
})

describe('the place of a block of code', () => {
  it('may have spaces, and may have no lines', () => {
    assert.deepEqual(readFencePlace('my app/a b.ts:3-4'), { path: 'my app/a b.ts', line: 3, endLine: 4 })
    assert.deepEqual(readFencePlace('C:\\my app\\a.ts:3-3'), { path: 'C:/my app/a.ts', line: 3 })
    assert.deepEqual(readFencePlace('src/a.ts'), { path: 'src/a.ts', line: 1 })
  })

  it('is not what others write there', () => {
    for (const info of [
      '{1,3-5}',
      'title="a.ts"',
      'copy',
      'twoslash',
      'a.ts?x',
      '../a.ts:1',
      '\u202est.a:1',
      'a\u200b.ts',
    ]) {
      assert.equal(readFencePlace(info), undefined, info)
    }
  })
})
