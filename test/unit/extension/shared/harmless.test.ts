import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isolated, oneLine, plainLine, withoutFences } from '../../../../extension/src/shared/harmless.ts'

describe('one line of what others wrote', () => {
  it('is the text itself when that is a plain line', () => {
    assert.equal(oneLine('See you at 10, Zoë 👩‍💻 سلام', 100), 'See you at 10, Zoë 👩‍💻 سلام')
  })

  it('has no line breaks and no runs of space', () => {
    assert.equal(oneLine('  a\r\n\tb\u2028c  ', 100), 'a b c')
  })

  it('has no terminal codes, and nothing of what they carry', () => {
    assert.equal(oneLine('\u001b[31mred\u001b[0m \u009b2Jgone \u001b]0;title\u0007 done\u001b(B', 100), 'red gone done')
    assert.equal(oneLine('\u001b]8;;http://evil.example\u001b\\link\u001b]8;;\u001b\\', 100), 'link')
  })

  it('keeps its direction', () => {
    assert.equal(oneLine('photo\u202egnp.exe\u2066 \u200f!', 100), 'photognp.exe !')
  })

  it('has nothing that cannot be seen', () => {
    assert.equal(oneLine('a\u200bb\u2060c\ufeffd\u00ade\u{e0041}f\0g', 100), 'abcdefg')
    assert.equal(oneLine('\u200b\u3164\u202e', 100), '')
  })

  it('has no towers of marks', () => {
    assert.equal(oneLine(`Z${'\u0301'.repeat(500)}o`, 100), `Z${'\u0301'.repeat(4)}o`)
  })

  it('is cut at whole characters, with a sign that it was', () => {
    assert.equal(oneLine('👋'.repeat(20), 10), `${'👋'.repeat(9)}…`)
    assert.equal(oneLine('x'.repeat(100_000), 10), `${'x'.repeat(9)}…`)
    assert.equal(oneLine('broken \ud83d', 10), 'broken \ufffd')
  })

  it('is short, on one line and without control characters, whatever comes', () => {
    const codes = fc.constantFrom('\u001b[', '\u001b]', '\u0007', '\u202e', '\n', '\u0301', 'a', '👋', ' ')
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(codes).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), (given, longest) => {
        const line = oneLine(given, longest)
        assert.ok(Array.from(line).length <= longest)
        assert.doesNotMatch(line, /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})

describe('a plain line', () => {
  it('holds no link and no icon of VS Code', () => {
    assert.equal(
      plainLine('[Free](command:workbench.action.quit "x") $(alert)', 100),
      '[Free] (command:workbench.action.quit "x") $ (alert)',
    )
  })
})

describe('a text without the marks of its fenced blocks', () => {
  it('is the words, the places and the code', () => {
    assert.equal(withoutFences('look\n```ts src/a.ts:3-4\nreturn `1`\n```'), 'look\nsrc/a.ts:3-4\nreturn `1`\n')
    assert.equal(withoutFences('look ~~~ts src/a.ts:3-4 return 1 ~~~ there'), 'look src/a.ts:3-4 return 1 there')
    assert.equal(withoutFences('a```b ``c`` ~~d~~'), 'a```b ``c`` ~~d~~')
  })
})

describe('an isolated text', () => {
  it('turns nothing around that follows', () => {
    assert.equal(isolated('سلام'), '\u2068سلام\u2069')
  })
})
