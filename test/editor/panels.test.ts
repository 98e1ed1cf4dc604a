import assert from 'node:assert/strict'
import type { Locator } from 'playwright-core'
import { useAcquainted } from '../support/editor/acquainted.ts'
import { Chat, chatWith, openChat, there } from '../support/editor/chat.ts'
import { setOnMachine } from '../support/editor/settings.ts'
import { stored } from '../support/editor/stored.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { until } from '../support/wait.ts'

describe('a chat in the places of an editor', () => {
  const both = useAcquainted({ files: { 'notes.txt': 'notes\n' } })

  it('has one tab, which comes forward instead of a second one', async () => {
    const { window } = both.desk
    await openChat(window, 'Bob')
    await openFile(window, 'notes.txt')
    await openChat(window, 'Bob')
    await openFile(window, 'notes.txt')
    await window.run('Parley: Open Chat…')
    await window.pick(/^Bob/)
    await chatWith(window, 'Bob')
    assert.equal(await window.tab(/./).count(), 2)
  })

  it('loses no letter when its tab is closed in the middle of a word', async () => {
    const { window } = both.desk
    const chat = await openChat(window, 'Bob')
    await chat.composer.focus()
    await window.page.keyboard.type('in the middle of a wo')
    await window.page.keyboard.press('Control+W')
    await tabOf(window).waitFor({ state: 'detached' })
    const again = await openChat(window, 'Bob')
    await shows(again, 'in the middle of a wo')
  })

  it('shows in the side bar as well, with the same draft', async () => {
    const { window } = both.desk
    await window.run('Parley Chat: Focus on Chat View')
    const empty = window.webview(1)
    await empty.getByText('No chat is open here.').waitFor()
    await window.picture('panels/side-bar-empty')
    await empty
      .getByRole('link', { name: 'Open a Chat' })
      .or(empty.getByRole('button', { name: 'Open a Chat' }))
      .click()
    await window.pick(/^Bob/)
    const [tab, side] = await twoSurfaces(window)
    await shows(side, 'in the middle of a wo')
    await side.composer.fill('from the side')
    await shows(tab, 'from the side')
    await both.say('Both of you?')
    for (const chat of [tab, side]) await chat.message('Both of you?').waitFor()
    await window.picture('panels/side-bar')
  })

  it('opens to the side', async () => {
    const { window } = both.desk
    await closeTab(window)
    await openFile(window, 'notes.txt')
    await window.showContainer('Parley')
    await menu(window, window.row(/^Bob/), 'Open to the Side')
    await chatWith(window, 'Bob')
    assert.ok(await isRightOf(tabOf(window), window.tab('notes.txt')))
  })

  it('is back in its places after a reload', async () => {
    const { window } = both.desk
    // The file was opened when the chat had no tab: a state that has both is the one that is wanted.
    await stored(window, 'memento/workbench.parts.editor', 'notes.txt')
    await stored(window, 'memento/workbench.parts.editor', 'conversation')
    await stored(window, 'memento/webviewView.parley.chat', 'bob')
    await stored(window, 'workbench.auxiliaryBar.hidden', 'false')
    await window.reload()
    const surfaces = await twoSurfaces(window)
    for (const chat of surfaces) {
      await chat.message('Both of you?').waitFor()
      await shows(chat, 'from the side')
    }
    assert.ok(await isRightOf(tabOf(window), window.tab('notes.txt')))
    assert.equal(await tabOf(window).count(), 1)
  })

  it('keeps what could not be sent when its tab is closed, and sends it once the background service is back', async () => {
    const { desk } = both
    const { window } = desk
    await window.run('View: Toggle Secondary Side Bar Visibility')
    const chat = await chatWith(window, 'Bob')
    await setOnMachine(desk, { 'parley.nodePath': '/nowhere/node' })
    await restart(window)
    await window.status(/The background service is not running\./).waitFor()
    await chat.say('while nothing runs')
    await chat.stands('while nothing runs', /^Waiting for Parley/)
    await closeTab(window)
    await setOnMachine(desk, { 'parley.nodePath': '' })
    await restart(window)
    await both.heard('while nothing runs')
    const again = await openChat(window, 'Bob')
    await again.stands('while nothing runs', there)
    assert.equal(await again.message('while nothing runs').count(), 1)
  })

  it('goes on while the server of the team is away and comes back, and nobody is signed out', async () => {
    const { window } = both.desk
    const chat = await openChat(window, 'Bob')
    await watchFor(window, 'signed out')
    await both.endTeam()
    await window.page.getByText(/^Offline: .* cannot be reached/).waitFor()
    await chat.say('without a server')
    await chat.stands('without a server', there)
    await both.heard('without a server')
    await both.say('I hear you')
    await chat.message('I hear you').waitFor()
    await window.picture('panels/server-away')
    await both.restartTeam()
    await window.page.getByText(/^Offline: .* cannot be reached/).waitFor({ state: 'detached', timeout: 60_000 })
    await window.row(/^Bob, online/).waitFor()
    await chat.say('with one again')
    await chat.stands('with one again', there)
    const texts = await chat.texts()
    for (const text of ['without a server', 'I hear you', 'with one again']) {
      assert.equal(texts.filter(each => each === text).length, 1, text)
    }
    assert.equal(await hasShown(window), false)
  })
})

function tabOf(window: EditorWindow): Locator {
  return window.tab(/^(\(\d+\) )?Bob/)
}

async function openFile(window: EditorWindow, name: string): Promise<void> {
  await window.showContainer('Explorer')
  await window.row(name).dblclick()
  await window.tab(name).waitFor()
}

async function closeTab(window: EditorWindow): Promise<void> {
  await tabOf(window)
    .getByRole('button', { name: /^Close/ })
    .click()
  await tabOf(window).waitFor({ state: 'detached' })
}

/** Picks from the menu of something. By keys: a menu takes no click in its first moment. */
async function menu({ page }: EditorWindow, of: Locator, name: string): Promise<void> {
  await of.click({ button: 'right' })
  await page.getByRole('menuitem', { name: new RegExp(`^${name}`) }).hover()
  await page.keyboard.press('Enter')
}

/** The chat in the tab and the one in the side bar. */
async function twoSurfaces(window: EditorWindow): Promise<readonly [Chat, Chat]> {
  const [tab, side] = [new Chat(window.webview(0)), new Chat(window.webview(1))]
  for (const chat of [tab, side]) await chat.composer.waitFor()
  return [tab, side]
}

async function shows(chat: Chat, draft: string): Promise<void> {
  await until(`the draft ${draft}`, async () => (await chat.composer.inputValue()) === draft)
}

async function isRightOf(one: Locator, other: Locator): Promise<boolean> {
  const [a, b] = [await one.boundingBox(), await other.boundingBox()]
  return a !== null && b !== null && a.x >= b.x + b.width
}

async function restart(window: EditorWindow): Promise<void> {
  await window.notification('has to be restarted').getByRole('button', { name: 'Restart' }).click()
}

/** From now on notes whether the window shows `text` anywhere, however briefly. */
async function watchFor({ page }: EditorWindow, text: string): Promise<void> {
  await page.evaluate(`new MutationObserver(() => {
    globalThis.hasShown ||= document.body.textContent.toLowerCase().includes(${JSON.stringify(text)})
  }).observe(document.body, { subtree: true, childList: true, characterData: true })`)
}

async function hasShown({ page }: EditorWindow): Promise<boolean> {
  return Boolean(await page.evaluate('globalThis.hasShown'))
}
