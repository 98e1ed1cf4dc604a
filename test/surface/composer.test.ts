import assert from 'node:assert/strict'
import { conversationOf, viewOf } from '../support/surface/messages.ts'
import type { Surface, SurfaceOptions } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'
import { until } from '../support/wait.ts'

describe('the composer', () => {
  const surfaces = useSurfaces()

  const open = (script: SurfaceOptions['script'] = () => {}) =>
    surfaces.drawn({
      script: host => {
        host.messages = conversationOf(20)
        script(host)
      },
    })
  const button = (surface: Surface, name: string) => surface.page.getByRole('button', { name, exact: true })
  const has = (surface: Surface, text: string) =>
    until(`the text ${JSON.stringify(text)}`, async () => (await surface.composer.inputValue()) === text)

  it('grows with what is written, up to a third of the height', async () => {
    const surface = await open()
    const height = async () => (await surface.page.locator('.composer').boundingBox())?.height ?? 0
    const small = await height()
    await surface.composer.fill('a\nb\nc')
    const grown = await height()
    assert.ok(grown > small + 30, `${grown} after ${small} px`)
    await surface.composer.fill('line\n'.repeat(100))
    assert.ok((await height()) <= 640 / 3 + 2, `${await height()} of 640 px`)
    await surface.composer.fill('')
    assert.equal(await height(), small)
  })

  it('sends with Enter, and makes lines with Shift+Enter and Ctrl+Enter', async () => {
    const surface = await open()
    await surface.page.getByText('Enter to send · Shift+Enter new line').waitFor()
    await surface.composer.pressSequentially('one')
    await surface.composer.press('Shift+Enter')
    await surface.composer.pressSequentially('two')
    await surface.composer.press('Control+Enter')
    await surface.composer.pressSequentially('three')
    await surface.composer.press('Enter')
    const { text } = await surface.host.when('send')
    assert.equal(text, 'one\ntwo\nthree')
    await has(surface, '')
  })

  it('sends with Ctrl+Enter where that is the setting', async () => {
    const surface = await open(host => (host.view = viewOf({ sendWith: 'ctrlEnter' })))
    await surface.page.getByText('Ctrl+Enter to send · Enter new line').waitFor()
    await surface.composer.pressSequentially('one')
    await surface.composer.press('Enter')
    await surface.composer.pressSequentially('two')
    await surface.composer.press('Control+Enter')
    assert.equal((await surface.host.when('send')).text, 'one\ntwo')
  })

  it('sends nothing but white space, by key or by button', async () => {
    const surface = await open()
    await surface.composer.fill(' \n ')
    await surface.composer.press('Enter')
    await button(surface, 'Send').click({ force: true }) // it says that it is disabled
    await surface.composer.fill('now')
    await button(surface, 'Send').click()
    assert.equal((await surface.host.when('send')).text, 'now')
    assert.equal(surface.host.count('send'), 1)
  })

  it('leaves an input method alone while it composes', async () => {
    const surface = await open()
    await surface.composer.focus()
    const keyboard = await surface.page.context().newCDPSession(surface.page)
    await keyboard.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 })
    await has(surface, 'に')
    // What another window saves does not take the letters from under it.
    surface.host.tell('saved', { draft: 'from elsewhere' })
    await surface.frames()
    assert.equal(await surface.composer.inputValue(), 'に')
    await surface.composer.dispatchEvent('keydown', { key: 'Enter', keyCode: 229, isComposing: true, bubbles: true })
    await keyboard.send('Input.insertText', { text: '日本' })
    await has(surface, '日本')
    await surface.composer.press('Enter')
    assert.equal((await surface.host.when('send')).text, '日本')
    assert.equal(surface.host.count('send'), 1)
  })

  it('shows what another window wrote', async () => {
    const surface = await open(host => (host.opened = { draft: 'from yesterday' }))
    await has(surface, 'from yesterday')
    surface.host.tell('saved', { draft: 'from elsewhere' })
    await has(surface, 'from elsewhere')
  })

  it('brings back with Up what was sent or deleted last', async () => {
    const surface = await open()
    await surface.composer.fill('hello')
    await surface.composer.press('Enter')
    await has(surface, '')
    await surface.composer.press('ArrowUp')
    await has(surface, 'hello')
    await surface.composer.fill('another thought')
    await surface.composer.fill('')
    await surface.composer.press('ArrowUp')
    await has(surface, 'another thought')
  })

  it('inserts what is selected in the editor, and undo takes it back', async () => {
    const block = '```ts src/a.ts:3-4\nlet a\n```\n'
    const surface = await open(host => (host.selected = block))
    await surface.composer.pressSequentially('look:')
    await button(surface, 'Selection').click()
    await has(surface, `look:\n${block}`)
    await surface.composer.press('Control+z')
    await has(surface, 'look:')
    await surface.host.when('save', ({ draft }) => draft === 'look:')
  })

  it('says so when nothing is selected', async () => {
    const surface = await open()
    await button(surface, 'Selection').click()
    await surface.page.getByText('Nothing is selected in the editor.').waitFor()
  })

  it('inserts a long selection without holding up the page', async () => {
    const block = `\`\`\`\n${'line of code\n'.repeat(4000)}\`\`\`\n`
    const surface = await open(host => (host.selected = block))
    await button(surface, 'Selection').click()
    await has(surface, block)
    await surface.host.when('save', ({ draft }) => draft === block)
  })

  it('makes a block of code around the cursor', async () => {
    const surface = await open()
    await surface.composer.pressSequentially('so:')
    await button(surface, 'Code').click()
    await surface.page.keyboard.type('let a')
    await has(surface, 'so:\n```\nlet a\n```\n')
  })

  it('takes what the extension inserts, on lines of its own', async () => {
    const surface = await open(host => (host.opened = { draft: 'see' }))
    await has(surface, 'see')
    surface.host.tell('insert', { text: '```\nx\n```' })
    await has(surface, 'see\n```\nx\n```\n')
    await until('the focus', () => surface.composer.evaluate(field => field === document.activeElement))
  })

  it('tells how much is left near the limit, and refuses more in words without losing any', async () => {
    const surface = await open()
    const paste = (text: string) =>
      surface.composer.evaluate((field, pasted) => {
        if (!(field instanceof HTMLTextAreaElement)) return
        field.setRangeText(pasted, 0, field.value.length, 'end')
        field.dispatchEvent(new InputEvent('input', { bubbles: true }))
      }, text)
    await paste('a'.repeat(95 * 1024))
    await surface.page.getByText('95 of 100 KB').waitFor()
    await paste('é'.repeat(60_000))
    await surface.page.getByText(/Too long to send by 17,600/).waitFor()
    await surface.composer.press('Enter')
    assert.equal((await surface.composer.inputValue()).length, 60_000)
    assert.equal(surface.host.count('send'), 0)
  })

  it('lets the Tab key through, and Escape to the messages', async () => {
    const surface = await open()
    await surface.composer.fill('a')
    await surface.composer.press('Tab')
    assert.ok(await button(surface, 'Selection').evaluate(one => one === document.activeElement))
    assert.equal(await surface.composer.inputValue(), 'a')
    await surface.composer.press('Escape')
    await until('a message', () => surface.page.evaluate(() => document.activeElement?.localName === 'article'))
  })
})
