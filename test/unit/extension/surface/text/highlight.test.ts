import assert from 'node:assert/strict'
import fc from 'fast-check'
import { limits } from '../../../../../extension/surface/limits.ts'
import { highlight } from '../../../../../extension/surface/text/highlight.ts'
import { languages } from '../../../../../extension/surface/text/languages.ts'

describe('the colours of code', () => {
  it('are those of its words', () => {
    assert.deepEqual(highlight('const a = 1 // b', 'ts'), [
      { text: 'const', colour: 'keyword' },
      { text: ' a = ' },
      { text: '1', colour: 'number' },
      { text: ' ' },
      { text: '// b', colour: 'comment' },
    ])
  })

  it('reach into what stands within other code', () => {
    const runs = highlight('<script>let a</script>', 'html') ?? []
    assert.ok(runs.some(({ text, colour }) => text === 'let' && colour === 'keyword'))
    const inString = highlight('"a #{b} c"', 'ruby') ?? []
    assert.deepEqual(
      inString.map(({ colour }) => colour),
      ['string', 'text', 'string'],
    )
  })

  it('are there by the names that people and editors use', () => {
    for (const name of ['ts', 'TSX', 'python', 'py', 'c++', 'shellscript', 'sh', 'yml', 'html', 'rs', 'dockerfile']) {
      assert.ok(highlight('x = 1', name), name)
    }
  })

  it('are not there for what is no language, however it is called', () => {
    for (const name of ['', 'text', 'constructor', '__proto__', 'toString', 'nonsense']) {
      assert.equal(highlight('const a = 1', name), undefined, name)
    }
  })

  it('are not there for what is too long to be read in time', () => {
    assert.equal(highlight('a '.repeat(limits.highlight), 'ts'), undefined)
    assert.equal(highlight('a'.repeat(limits.highlightLine + 1), 'ts'), undefined)
  })

  it('never change the code, in any language', () => {
    const code = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ...[
              '"',
              "'",
              '`',
              '${',
              '{',
              '}',
              '(',
              '<',
              '</script>',
              '<script>',
              '/*',
              '//',
              '#',
              '\\',
              '\n',
              '<?php ',
              '$',
            ],
          ),
          fc.constantFrom('if ', 'class A ', 'def f', '0x1', '@a', '&lt;', '<b onclick="x">', '\u202e', '\ud800'),
          fc.string({ unit: 'binary', maxLength: 8 }),
        ),
        { maxLength: 40 },
      )
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(languages)), code, (language, written) => {
        const runs = highlight(written, language)
        if (runs) assert.equal(runs.map(({ text }) => text).join(''), written)
      }),
      { numRuns: 1000 },
    )
  })
})
