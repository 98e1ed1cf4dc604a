import assert from 'node:assert/strict'
import fc from 'fast-check'
import { limits } from '../../../../../extension/surface/limits.ts'
import type { Block, Inline, Text } from '../../../../../extension/surface/text/content.ts'
import { readShort } from '../../../../../extension/surface/text/message.ts'
import { inlinesOf, saidBy } from '../../../../support/surface/content.ts'

const text = (words: string): Text => ({ is: 'text', text: words })
const paragraph = (...children: Inline[]): Block => ({ is: 'paragraph', children })

describe('the text of a message', () => {
  it('has emphasis, code, and lines as they were written', () => {
    assert.deepEqual(readShort('one *two* **three** ~~four~~ `five`\nsix'), [
      paragraph(
        text('one '),
        { is: 'emphasis', children: [text('two')] },
        text(' '),
        { is: 'strong', children: [text('three')] },
        text(' '),
        { is: 'strike', children: [text('four')] },
        text(' '),
        { is: 'code', children: [text('five')] },
        { is: 'break' },
        text('six'),
      ),
    ])
  })

  it('has links to messages, and none to other parts of an editor', () => {
    for (const editor of ['vscode', 'code-oss', 'cursor']) {
      const link = `${editor}://parley.parley-chat/message?conversation=${'c'.repeat(52)}&position=0a%2Fb`
      const [one] = readShort(`see ${link}.`)
      assert.ok(one?.is === 'paragraph')
      assert.deepEqual(one.children[1], { is: 'link', href: link, children: [text(link)] })
    }
    assert.deepEqual(readShort('vscode://file/etc/passwd'), [paragraph(text('vscode://file/etc/passwd'))])
  })

  it('has quotes, lists, tables, rules and modest headings', () => {
    assert.deepEqual(readShort('# a\n\n> b\n\n- c\n\n3. d\n\n---\n\n| e | f |\n|--:|---|\n| g | h |'), [
      { is: 'heading', children: [text('a')] },
      { is: 'quote', children: [paragraph(text('b'))] },
      { is: 'list', items: [[paragraph(text('c'))]] },
      { is: 'list', start: 3, items: [[paragraph(text('d'))]] },
      { is: 'rule' },
      {
        is: 'table',
        head: [{ align: 'end', children: [text('e')] }, { children: [text('f')] }],
        rows: [[{ align: 'end', children: [text('g')] }, { children: [text('h')] }]],
      },
    ])
  })

  it('shows a picture as a link, with its words', () => {
    assert.deepEqual(readShort('![a *cat*](https://example.com/cat.png) ![](http://example.com/x.gif)'), [
      paragraph({ is: 'link', href: 'https://example.com/cat.png', children: [text('a *cat*')] }, text(' '), {
        is: 'link',
        href: 'http://example.com/x.gif',
        children: [text('http://example.com/x.gif')],
      }),
    ])
  })

  it('shows HTML, entities and dangerous links as they were written', () => {
    for (const written of [
      '<img src=x onerror=alert(1)>',
      '<script>alert(1)</script>',
      '&lt;b&gt; &#x202e;',
      '[a](javascript:alert(1))',
      '[a](command:quit)',
      '![a](data:image/png;base64,AA)',
      '[a]: <javascript:alert(1)>',
      'a <javascript:alert(1)> b',
    ]) {
      assert.deepEqual(readShort(written), [paragraph(text(written))])
    }
  })

  it('makes links of whole addresses alone', () => {
    assert.deepEqual(readShort('https://example.com, main.py and README.md'), [
      paragraph(
        { is: 'link', href: 'https://example.com/', children: [text('https://example.com')] },
        text(', main.py and README.md'),
      ),
    ])
  })

  it('keeps the backslashes of a path, and takes those that escape', () => {
    assert.deepEqual(readShort('C:\\Users\\bob\\.vscode is \\*not\\* bold'), [
      paragraph(text('C:\\Users\\bob\\.vscode is *not* bold')),
    ])
  })

  it('finds places and people, in sentences and alone in code', () => {
    assert.deepEqual(readShort('@bob-k: see src/a.ts:42 or `b.ts:1`. Not bob@example.com, @types/node or @ab'), [
      paragraph(
        { is: 'mention', text: '@bob-k' },
        text(': see '),
        { is: 'place', place: { path: 'src/a.ts', line: 42 }, text: 'src/a.ts:42' },
        text(' or '),
        { is: 'code', children: [text('b.ts:1')], place: { path: 'b.ts', line: 1 } },
        text('. Not bob@example.com, @types/node or @ab'),
      ),
    ])
  })

  it('has code with a language and a place', () => {
    assert.deepEqual(readShort('```ts my app/a.ts:3-4\nlet a\n\n  b\n```'), [
      { is: 'fence', language: 'ts', code: 'let a\n\n  b', place: { path: 'my app/a.ts', line: 3, endLine: 4 } },
    ])
    assert.deepEqual(readShort('~~~\nx\n~~~'), [{ is: 'fence', language: '', code: 'x' }])
    assert.deepEqual(readShort('```src/a.ts:3\nx'), [
      { is: 'fence', language: 'ts', code: 'x', place: { path: 'src/a.ts', line: 3 } },
    ])
  })
})

describe('too much of a thing', () => {
  const depthOf = (blocks: readonly Block[]): number =>
    Math.max(0, ...blocks.map(block => (block.is === 'quote' ? 1 + depthOf(block.children) : 0)))
  const inlineDepth = (inlines: readonly Inline[]): number =>
    Math.max(0, ...inlines.map(inline => ('children' in inline ? 1 + inlineDepth(inline.children) : 0)))

  it('does not nest quotes deeper than can be read', () => {
    const blocks = readShort(`${'> '.repeat(15)}deep`)
    assert.equal(depthOf(blocks), limits.blockDepth)
    assert.match(saidBy(blocks), /deep/)
    assert.deepEqual(readShort(`${'>'.repeat(500)}deep`), [{ is: 'plain', children: [text(`${'>'.repeat(500)}deep`)] }])
  })

  it('does not nest emphasis deeper than can be seen', () => {
    const blocks = readShort(`${'*a '.repeat(900)}${'a* '.repeat(900)}`)
    const [first] = blocks
    assert.ok(first?.is === 'paragraph' && inlineDepth(first.children) <= limits.inlineDepth)
    assert.equal(saidBy(blocks).match(/a/g)?.length, 1800)
  })

  it('shows a table as it was written when it is too wide', () => {
    const wide = `${'|a'.repeat(30)}|\n${'|-'.repeat(30)}|\n|b|`
    assert.deepEqual(readShort(wide), [{ is: 'plain', children: [text(wide)] }])
  })

  it('bounds the elements of a message', () => {
    const blocks = readShort('`a` '.repeat(20_000))
    assert.deepEqual(
      blocks.map(({ is }) => is),
      ['plain'],
    )
  })
})

/** Pieces of which a message can be made that means harm. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      '**',
      '*',
      '_',
      '~~',
      '`',
      '```',
      '```ts a.ts:1\n',
      '[',
      ']',
      '](',
      ')',
      '![',
      '<',
      '>',
      '> ',
      '- ',
      '1. ',
      '    ',
      '| ',
      '\n',
    ],
    ...[
      '\n\n',
      '|-|-|\n',
      '# ',
      '---\n',
      '\\',
      '@',
      'a.ts:1',
      'https://',
      'javascript:',
      'mailto:',
      '&amp;',
      '<img src=x onerror=a>',
    ],
    ...['\u202e', '\u001b[31m', '\u200b', 'e\u0301\u0301\u0301', '\ud800', '\t', '\r\n', ' ', '<a href="https://x">'],
  ),
  fc.string({ unit: 'binary', maxLength: 10 }),
)
const message = fc.array(piece, { maxLength: 60 }).map(pieces => pieces.join(''))

describe('any message at all', () => {
  it('leads nowhere but to the web and to mail', () => {
    fc.assert(
      fc.property(message, written => {
        for (const inline of inlinesOf(readShort(written))) {
          if (inline.is !== 'link') continue
          assert.match(inline.href, /^(https?:\/\/[^/]|mailto:[^@]*@)/)
          assert.doesNotMatch(inline.href, /[\s"'<>\\]/)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('says all of its words, whatever stands between them', () => {
    const word = fc.nat(9999).map(number => ` w${number}x `)
    const between = piece.filter(text => !/[\]\ufffd`~]|^\s*$/.test(text))
    fc.assert(
      fc.property(fc.array(fc.oneof(word, between), { maxLength: 60 }), parts => {
        const written = parts.join('')
        const said = saidBy(readShort(written))
        for (const [found] of written.matchAll(/w\d+x/g)) assert.ok(said.includes(found), `${found} in ${said}`)
      }),
      { numRuns: 2000 },
    )
  })
})
