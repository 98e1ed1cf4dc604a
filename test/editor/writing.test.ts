import assert from 'node:assert/strict'
import { useAcquainted } from '../support/editor/acquainted.ts'
import { type Chat, chatWith, openChat, there } from '../support/editor/chat.ts'
import { setForPerson } from '../support/editor/settings.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { until } from '../support/wait.ts'

const code = Array.from({ length: 60 }, (_, n) => `export const line${n + 1} = ${n + 1}`)

describe('somebody who writes in a chat', () => {
  const both = useAcquainted({ files: { 'src/a.ts': `${code.join('\n')}\n` } })

  it('gets from the palette to a sent message, and to the last one read, by keys alone', async () => {
    const { window } = both.desk
    const { page } = window
    await byKeys(window, 'Parley: Open Chat…')
    await window.quickPick.getByRole('option', { name: /^Bob/ }).waitFor()
    await page.keyboard.type('bo')
    await page.keyboard.press('Enter')
    const chat = await chatWith(window, 'Bob')
    await until('one can write', () => hasFocus(chat))
    await page.keyboard.type('by keys alone')
    await page.keyboard.press('Enter')
    await chat.stands('by keys alone', there)
    await both.say('well done')
    await chat.message('well done').waitFor()
    await byKeys(window, 'Parley: Focus Last Message')
    const last = chat.frame.locator('article:focus')
    await last.filter({ hasText: 'well done' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await last.filter({ hasText: 'by keys alone' }).waitFor()
    await byKeys(window, 'Parley: Focus Message Box')
    await until('one can write', () => hasFocus(chat))
  })

  it('writes several lines, and has the last message back by Up', async () => {
    const { page } = both.desk.window
    const chat = await openChat(both.desk.window, 'Bob')
    await chat.composer.focus()
    await page.keyboard.type('one')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('two')
    assert.equal(await chat.composer.inputValue(), 'one\ntwo')
    await page.keyboard.press('Enter')
    await both.heard('one\ntwo')
    await page.keyboard.press('ArrowUp')
    assert.equal(await chat.composer.inputValue(), 'one\ntwo')
    await chat.composer.fill('')
  })

  it('sends with Ctrl+Enter who has said so', async () => {
    const { desk } = both
    const { page } = desk.window
    const chat = await openChat(desk.window, 'Bob')
    await setForPerson(desk, { 'parley.sendWith': 'ctrlEnter' })
    await chat.frame.getByText(/^Ctrl\+Enter to send/).waitFor()
    await chat.composer.focus()
    await page.keyboard.type('three')
    await page.keyboard.press('Enter')
    await page.keyboard.type('four')
    assert.equal(await chat.composer.inputValue(), 'three\nfour')
    await page.keyboard.press('Control+Enter')
    await both.heard('three\nfour')
    await setForPerson(desk, { 'parley.sendWith': 'enter' })
    await chat.frame.getByText(/^Enter to send/).waitFor()
  })

  it('opens a place that a message names, and is told of one that is not there', async () => {
    const { window } = both.desk
    const chat = await openChat(window, 'Bob')
    await both.say('look at src/a.ts:42 and lib/none.ts:7')
    await chat.frame.getByRole('button', { name: 'lib/none.ts:7' }).click()
    await chat.frame.getByText('(not in this workspace)').waitFor()
    await chat.frame.getByRole('button', { name: 'src/a.ts:42' }).click()
    await window.tab('a.ts').waitFor()
    await window.status(/^Ln 42, Col 1$/).waitFor()
  })

  it('shares what is selected: its lines open at the other side', async () => {
    const { window } = both.desk
    const { page } = window
    await page.keyboard.press('Control+Home')
    for (let n = 0; n < 2; n++) await page.keyboard.press('ArrowDown')
    for (let n = 0; n < 2; n++) await page.keyboard.press('Shift+ArrowDown')
    await window.status(/^Ln 5, Col 1 \(/).waitFor()
    await byKeys(window, 'Parley: Share Selection in a Chat…')
    const chat = await chatWith(window, 'Bob')
    await until('the lines', async () => (await chat.composer.inputValue()) !== '')
    await page.keyboard.type('these?')
    await page.keyboard.press('Enter')
    const { text } = await both.heard(/these\?$/)
    assert.equal(text, ['```ts src/a.ts:3-4', ...code.slice(2, 4), '```', 'these?'].join('\n'))

    // Bob has the same workspace: what he sends back is what he sees.
    await both.say(text)
    const block = chat.frame.getByRole('article').filter({ hasText: 'src/a.ts:3–4' })
    await until('both blocks', async () => (await block.count()) === 2)
    const arrived = block.last()
    assert.ok((await arrived.locator('.code-keyword').count()) > 0, 'it has its colours')
    await window.picture('writing/shared')
    await arrived.getByRole('button', { name: 'Copy', exact: true }).click()
    const lines = code.slice(2, 4).join('\n')
    await until('the lines are copied', async () => (await window.clipboard()) === lines)
    await arrived.getByRole('button', { name: 'Open', exact: true }).click()
    await window.status(/^Ln 4, Col \d+ \(45 selected\)$/).waitFor()
  })
})

/** Runs a command as somebody without a mouse does. */
async function byKeys(window: EditorWindow, title: string): Promise<void> {
  await window.showPalette()
  await window.page.keyboard.type(title)
  await window.quickPick.getByRole('option', { name: title }).first().waitFor()
  await window.page.keyboard.press('Enter')
}

function hasFocus({ composer }: Chat): Promise<boolean> {
  return composer.evaluate(field => field === field.ownerDocument.activeElement && field.ownerDocument.hasFocus())
}
