import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Insertion, insertFence, insertText } from '../../../../../extension/surface/composer/insertion.ts'
import { actionOf, type Key } from '../../../../../extension/surface/composer/keys.ts'
import { Recall } from '../../../../../extension/surface/composer/recall.ts'
import { sizeOf } from '../../../../../extension/surface/composer/size.ts'
import { readShort } from '../../../../../extension/surface/text/message.ts'

describe('keys in the composer', () => {
  const press = (key: string, held: Partial<Key> = {}): Key => ({
    ...{ key, keyCode: 0, isComposing: false, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false },
    ...held,
  })
  const does = (sendWith: 'enter' | 'ctrlEnter', key: string, held: Partial<Key> = {}, isEmpty = false) =>
    actionOf(press(key, held), sendWith, isEmpty)

  it('send with Enter, and make lines with it held', () => {
    assert.equal(does('enter', 'Enter'), 'send')
    assert.equal(does('enter', 'Enter', { shiftKey: true }), 'nothing') // which makes a line by itself
    assert.equal(does('enter', 'Enter', { ctrlKey: true }), 'newLine')
    assert.equal(does('enter', 'Enter', { metaKey: true }), 'newLine')
    assert.equal(does('enter', 'Enter', { altKey: true }), 'newLine')
  })

  it('send with Ctrl or Cmd and Enter, where that is the setting', () => {
    assert.equal(does('ctrlEnter', 'Enter'), 'nothing')
    assert.equal(does('ctrlEnter', 'Enter', { ctrlKey: true }), 'send')
    assert.equal(does('ctrlEnter', 'Enter', { metaKey: true }), 'send')
    assert.equal(does('ctrlEnter', 'Enter', { shiftKey: true }), 'nothing')
  })

  it('belong to an input method while it composes', () => {
    for (const key of ['Enter', 'Escape', 'ArrowUp', 'F6']) {
      assert.equal(does('enter', key, { isComposing: true }, true), 'nothing')
      assert.equal(does('enter', key, { keyCode: 229 }, true), 'nothing')
    }
  })

  it('bring back a draft only into nothing, and leave with Escape and F6', () => {
    assert.equal(does('enter', 'ArrowUp', {}, true), 'recall')
    assert.equal(does('enter', 'ArrowUp'), 'nothing')
    assert.equal(does('enter', 'ArrowUp', { shiftKey: true }, true), 'nothing')
    assert.equal(does('enter', 'Escape'), 'leave')
    assert.equal(does('enter', 'F6'), 'leave')
    assert.equal(does('enter', 'F6', { shiftKey: true }), 'nothing')
    assert.equal(does('enter', 'Tab'), 'nothing')
  })
})

const after = (value: string, { start, end, text }: Insertion) => value.slice(0, start) + text + value.slice(end)
const marked = (value: string, insertion: Insertion) => {
  const [start] = insertion.select
  const text = after(value, insertion)
  return `${text.slice(0, start)}|${text.slice(start)}`
}

describe('inserting into what is written', () => {
  it('puts plain text at the cursor', () => {
    assert.equal(marked('ab', insertText('ab', 1, 1, 'xy')), 'axy|b')
    assert.equal(marked('abc', insertText('abc', 1, 2, 'xy')), 'axy|c')
  })

  it('puts a block of code on lines of its own, and the cursor after it', () => {
    const block = '```ts a.ts:1\nlet a\n```'
    assert.equal(marked('', insertText('', 0, 0, block)), `${block}\n|`)
    assert.equal(marked('see this', insertText('see this', 4, 4, block)), `see \n${block}\n|this`)
    assert.equal(marked('see\n\nthis', insertText('see\n\nthis', 4, 4, `${block}\n`)), `see\n${block}\n|this`)
  })

  it('makes an empty block with the cursor inside, or puts what is selected into one', () => {
    assert.equal(marked('', insertFence('', 0, 0)), '```\n|\n```\n')
    assert.equal(marked('a b', insertFence('a b', 2, 3)), 'a \n```\nb|\n```\n')
    assert.equal(marked('```\nx\n```', insertFence('```\nx\n```', 0, 9)), '````\n```\nx\n```|\n````\n')
  })

  it('makes a block that is read as one, wherever it is put', () => {
    const line = fc.constantFrom('a', 'b c', '', '```', '````', '~')
    const text = fc.array(line, { maxLength: 6 }).map(lines => lines.join('\n'))
    fc.assert(
      fc.property(text, code => {
        const [last] = readShort(after(code, insertFence(code, 0, code.length)))
        assert.ok(last?.is === 'fence')
        assert.equal(last.code, code.replace(/^\n+|\n+$/g, ''))
      }),
    )
  })
})

describe('what Up brings back', () => {
  it('is what was sent last', () => {
    const recall = new Recall()
    assert.equal(recall.last, '')
    recall.changed('hello')
    recall.sent('hello')
    recall.changed('')
    assert.equal(recall.last, 'hello')
  })

  it('is what was deleted, all of it, though it went letter by letter', () => {
    const recall = new Recall()
    for (const text of ['h', 'he', 'hey', 'he', 'h', '']) recall.changed(text)
    assert.equal(recall.last, 'hey')
    for (const text of [' ', '']) recall.changed(text)
    assert.equal(recall.last, 'hey')
  })
})

describe('the size of a message', () => {
  it('matters near the limit, and is counted in bytes', () => {
    assert.deepEqual(sizeOf('a'.repeat(90 * 1024 - 1)), { is: 'fine' })
    assert.deepEqual(sizeOf('a'.repeat(90 * 1024)), { is: 'near', bytes: 90 * 1024 })
    assert.deepEqual(sizeOf('a'.repeat(100 * 1024)), { is: 'near', bytes: 100 * 1024 })
    assert.deepEqual(sizeOf('a'.repeat(100 * 1024 + 1)), { is: 'over', by: 1 })
    assert.deepEqual(sizeOf('€'.repeat(34_134)), { is: 'over', by: 2 })
    assert.deepEqual(sizeOf('€'.repeat(30_000)), { is: 'fine' })
  })

  it('is that of packets to a classic client, which are short', () => {
    assert.deepEqual(sizeOf('a'.repeat(100), true), { is: 'fine' })
    assert.deepEqual(sizeOf('a'.repeat(101), true), { is: 'split', packets: 2 })
    assert.deepEqual(sizeOf('€'.repeat(34), true), { is: 'split', packets: 2 })
    assert.deepEqual(sizeOf('a'.repeat(101), false), { is: 'fine' })
    assert.equal(sizeOf('a'.repeat(100 * 1024 + 1), true).is, 'over')
  })
})
