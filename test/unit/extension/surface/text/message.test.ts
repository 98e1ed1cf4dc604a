import assert from 'node:assert/strict'
import fc from 'fast-check'
import { limits } from '../../../../../extension/surface/limits.ts'
import { isLong, normalised, readBeginning, readWhole } from '../../../../../extension/surface/text/message.ts'
import { cut } from '../../../../../extension/surface/text/slices.ts'
import { inlinesOf, saidBy } from '../../../../support/surface/content.ts'

const lines = (count: number, line = 'line') => Array.from({ length: count }, (_, number) => `${line} ${number}`)

describe('a long message', () => {
  it('is one of many lines or many characters', () => {
    assert.equal(isLong(lines(50).join('\n')), false)
    assert.equal(isLong(lines(51).join('\n')), true)
    assert.equal(isLong('a'.repeat(5000)), false)
    assert.equal(isLong('a'.repeat(5001)), true)
  })

  it('shows whole lines of its beginning', () => {
    const said = saidBy(readBeginning(lines(100).join('\n')))
    assert.match(said, /line 39/)
    assert.doesNotMatch(said, /line 40/)
  })

  it('of one line is cut at a word, never within a character', () => {
    const words = saidBy(readBeginning('word '.repeat(3000)))
    assert.ok(words.length <= limits.foldTo.characters && words.endsWith('word'))
    assert.ok(saidBy(readBeginning('👩'.repeat(5000))).isWellFormed())
    assert.ok(saidBy(readBeginning(`a${'👩'.repeat(5000)}`)).isWellFormed())
  })

  it('has all of its code for the clipboard, though it shows the beginning', () => {
    const code = lines(500, 'code').join('\n')
    const [words, fence, ...others] = readBeginning(`see\n\n\`\`\`ts a.ts:1-500\n${code}\n\`\`\`\n\nafter`)
    assert.equal(words?.is, 'paragraph')
    assert.ok(fence?.is === 'fence')
    assert.equal(fence.whole, code)
    assert.ok(fence.code.split('\n').length < 40 && code.startsWith(fence.code))
    assert.deepEqual(fence.place, { path: 'a.ts', line: 1, endLine: 500 })
    assert.deepEqual(others, [])
  })

  it('has the same line breaks, wherever it was written', () => {
    assert.equal(normalised('a\r\nb\rc\n'), 'a\nb\nc\n')
  })
})

describe('all of a long message', () => {
  it('comes in slices that are cut between paragraphs, and not within code', () => {
    const paragraphs = lines(40, 'paragraph').map(line => `${line} ${'word '.repeat(100)}`)
    const fence = `\`\`\`\n${lines(400, 'code').join('\n\n')}\n\`\`\``
    const slices = [...cut([...paragraphs, fence, ...paragraphs].join('\n\n'))]
    assert.ok(slices.length > 4)
    assert.ok(slices.every(slice => slice.length < limits.section || slice.includes(fence)))
    assert.equal(slices.filter(slice => slice.includes('```')).length, 1)
    assert.ok(slices.slice(1).every(slice => !/^\S/.test(slice) || /^(paragraph|```)/.test(slice)))
  })

  it('is never cut within a character', () => {
    assert.ok(
      [...cut(`a${'👩'.repeat(30_000)}`)].every(slice => slice.isWellFormed() && slice.length <= limits.section),
    )
  })

  it('leaves nothing out', () => {
    const line = fc.oneof(
      fc.constantFrom('', '', '```', '~~~', '````', '- a', '> b', '    code'),
      fc.nat(30).map(words => 'word '.repeat(words * 100)),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), written => {
        const text = written.join('\n')
        assert.equal([...cut(text)].join(''), text)
      }),
    )
  })

  it('becomes plain text where it would become too many elements', () => {
    const blocks = [...readWhole('`a` *b*\n\n'.repeat(12_000))].flat()
    assert.ok(inlinesOf(blocks).length < 2 * limits.elements)
    assert.ok(blocks.some(({ is }) => is === 'plain'))
    assert.equal(saidBy(blocks).match(/a/g)?.length, 12_000)
  })
})

describe('100,000 characters of harm', () => {
  const parts = [
    'a**b',
    '[',
    '![',
    '[a](',
    '`',
    '``a',
    '*a ',
    ' *a',
    '<',
    '@bob ',
    '> ',
    '- ',
    '|a',
    '|a|a\n',
    '\\',
    '~~a',
    '\u001b[',
  ].concat([
    '\u202e',
    'e\u0301',
    '\u0301',
    '](',
    '\n',
    '#',
    '```\n',
    'mailto:a@b ',
    '- a\n',
    '* a\n  ',
    'a.b:1 ',
    'https://a.b ',
    '[`a',
  ])

  for (const part of parts) {
    it(`of ${JSON.stringify(part)} show their beginning at once`, () => {
      const text = part.repeat(Math.ceil(100_000 / part.length))
      readBeginning(text)
      const before = process.cpuUsage()
      readBeginning(text)
      const { user, system } = process.cpuUsage(before)
      // A frame is 16 ms. Of the processor's time, as other tests run beside this one.
      assert.ok(user + system < 250_000)
    })
  }
})
