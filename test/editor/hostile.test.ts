import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { toText } from '../../daemon/src/protocol/ids.ts'
import { Chat } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { hostileTexts, hugeTexts } from '../support/editor/hostile-texts.ts'
import { signUpAt } from '../support/editor/signed-up.ts'
import { frameOf, longestPause, madeReal, Witness } from '../support/editor/witness.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Process } from '../support/processes.ts'
import { strangeIn } from '../support/surface/strange.ts'
import { Person, type RegistryReady, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

/** As harmful as a team lets one call oneself; and as it is shown where only text can be. */
const displayName = '[Quit](command:workbench.action.quit) $(zap) <b>\u{e0041}'
const shownName = '[Quit](command:workbench.action.quit) $(zap) <b>'

describe('what a hostile person sends', () => {
  const editors = useEditors()
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let registry: Process<RegistryReady>
  let mallory: Person
  let desk: Desk
  let witness: Witness
  let isAllSaid = false

  before(async function () {
    this.timeout(240_000)
    folder = await temporaryFolder()
    registry = await startRegistry(join(folder.path, 'registry'))
    desk = await editors.open('alice', { files: { 'src/a.ts': 'export const a = 1\n' } })
    witness = new Witness(desk.window)
    await signUpAt(desk, registry.ready.address, 'alice')
    mallory = await new Person('mallory', join(folder.path, 'mallory')).start()
    const wish = { registry: registry.ready.address, name: 'mallory', displayName, password: 'correct horse battery' }
    await mallory.client.request('signUp', wish)
    await desk.window.showContainer('Parley')
  })
  after(async () => {
    await mallory?.[Symbol.asyncDispose]()
    await registry?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })
  afterEach(async () => {
    assert.deepEqual(witness.events, [])
    assert.equal(await witness.hasRun(), false, 'something has run')
    assert.deepEqual(witness.wanted(/evil|pwned|passwd/), [])
    assert.deepEqual(desk.outside, [])
    assert.equal(await desk.window.page.locator(madeReal).count(), 0, 'a command or an icon')
  })

  it('is told of in words alone, a line or two of it', async () => {
    const { window } = desk
    const texts = [
      '[Reply](command:workbench.action.quit) $(zap) \u001b[31m\u202e <img src=https://evil.invalid/ onerror=pwned=1>',
      '@alice '.repeat(1000),
      'x'.repeat(100_000),
    ]
    for (const [index, text] of texts.entries()) {
      await say(text)
      await until('one notification for each', async () => (await window.notifications.count()) === index + 1)
    }
    await window.picture('hostile/notifications')
    const toasts = await window.notifications.all()
    for (const toast of toasts) {
      const { height = 0 } = (await toast.boundingBox()) ?? {}
      assert.ok(height < 180, `${height} px of a notification`)
      assert.equal(await toast.locator('a[href]').count(), 0)
    }
    const said = await window.notification('onerror').locator('.notification-list-item-message').textContent()
    assert.doesNotMatch(said ?? '\0', /[\p{Cc}\u202e]/u)
    await window.notification('onerror').getByRole('button', { name: 'Reply' }).click()
    await window.quickPick.getByText(/^Reply to/).waitFor()
    assert.equal(await window.quickPick.locator('a[href], .monaco-link').count(), 0)
    assert.equal(await window.page.locator(madeReal).count(), 0)
    await window.picture('hostile/reply')
    await window.page.keyboard.press('Escape')
  })

  it('is a name like any other in lists, boxes and on hovering', async () => {
    const { window } = desk
    const rows = window.page.getByRole('treeitem').filter({ visible: true, hasText: 'Quit' })
    await until('a row in each list', async () => (await rows.count()) === 2)
    for (const row of await rows.all()) {
      assert.ok((await row.textContent())?.trim().startsWith(shownName))
      await row.hover()
      const hover = window.page.locator('.workbench-hover').filter({ hasText: '@mallory' })
      await hover.waitFor()
      assert.equal(await hover.locator('a, .codicon').count(), 0)
      await window.page.mouse.move(900, 300)
      await hover.waitFor({ state: 'detached' })
    }
    await window.run('Parley: Open Chat…')
    const option = window.quickPick.getByRole('option', { name: /Quit/ })
    await option.waitFor()
    assert.equal(await option.locator('[href]').count(), 0)
    await window.picture('hostile/box')
    await window.page.keyboard.press('Escape')
  })

  it('becomes harmless elements, and nothing is asked of anybody', async () => {
    const { window } = desk
    const chat = await opened()
    await until('the tab is called so', async () => (await window.tab(/Quit/).textContent())?.endsWith(shownName))
    const texts = await sayAll(chat)
    const shown = await chat.texts()
    assert.ok(shown.length > texts.length, 'all are drawn')
    assert.deepEqual(await strangeIn(await frameOf(chat.composer)), [])
    assert.doesNotMatch(shown.join('').replaceAll(/[\n\t]/g, ''), /[\p{Cc}\u202d\u202e]/u)
    await window.picture('hostile/chat')
    // The page itself and its two files.
    const own = /\/contrib\/webview\/browser\/pre\/\w+\.html\?|\.vscode-resource\.[^?]*\/dist\/surface\.(css|js)$/
    assert.ok(witness.ofWebviews.some(url => own.test(url)))
    assert.deepEqual(
      witness.ofWebviews.filter(url => !own.test(url)),
      [],
    )
  })

  it('does nothing when it is pressed but ask where to', async () => {
    const { window } = desk
    const chat = await opened()
    await sayAll(chat)
    const links = chat.frame.locator('.message-text [role=link]')
    const targets = await links.evaluateAll(all => all.map(each => each.getAttribute('title') ?? ''))
    assert.ok(
      targets.every(target => /^(https?:\/\/|mailto:)/.test(target)),
      targets.join('\n'),
    )
    for (const target of ['https://evil.invalid/inner', 'https://bank.example@evil.invalid/']) {
      await links.nth(targets.indexOf(target)).click()
      const dialog = window.page.getByRole('dialog').filter({ hasText: 'open the external website' })
      await dialog.filter({ hasText: target }).waitFor()
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await dialog.waitFor({ state: 'detached' })
    }
  })

  it('opens no file that is not in the workspace', async () => {
    const { window } = desk
    const chat = await opened()
    await sayAll(chat)
    const places = await chat.frame.locator('.message-text').locator('.text-place, .code-button:has-text("Open")').all()
    assert.ok(places.length > 8)
    for (const place of places) {
      await place.click()
      await saidBeside(place).waitFor()
    }
    assert.deepEqual(await window.tab(/./).count(), 1)
    await say('but src/a.ts:1')
    await chat.frame.getByRole('button', { name: 'src/a.ts:1', exact: true }).click()
    await window.tab('a.ts').waitFor()
    await window.picture('hostile/places')
  })

  it('is drawn and unfolded without holding anything up, however long it is', async function () {
    this.timeout(240_000)
    const { window } = desk
    await window.page.setViewportSize({ width: 1280, height: 800 })
    const chat = await opened()
    const frame = await frameOf(chat.composer)
    const pauses: [string, number][] = []
    for (const [name, text] of Object.entries(hugeTexts)) {
      const pause = await longestPause([frame, window.page], async () => {
        await say(text)
        await say(`behind ${name}`)
        await chat.message(`behind ${name}`).waitFor()
        await chat.frame
          .getByRole('button', { name: /^Show all/ })
          .last()
          .click()
        await chat.frame.getByRole('button', { name: 'Show less' }).last().waitFor()
        // Whoever writes comes back to the end.
        await chat.say(`read ${name}`)
        await chat.message(`read ${name}`).waitFor()
      })
      pauses.push([name, Math.round(pause)])
    }
    console.log(`      the longest pauses, in ms: ${pauses.map(([name, pause]) => `${name} ${pause}`).join(', ')}`)
    // Far more than it takes here: what is quadratic takes minutes.
    assert.ok(pauses.every(([, pause]) => pause < 3000))
    assert.deepEqual(await strangeIn(frame), [])
  })

  function say(text: string): Promise<unknown> {
    return mallory.client.request('send', { to: 'alice', text, message: toText(randomBytes(16)) })
  }

  /** Has all hostile texts said, once, and waits until all are drawn. */
  async function sayAll(chat: Chat): Promise<readonly string[]> {
    const { page } = desk.window
    const texts = hostileTexts(new URL(page.url()).origin)
    await page.setViewportSize({ width: 1280, height: 6000 })
    if (!isAllSaid) for (const text of [...texts, 'that was all']) await say(text)
    isAllSaid = true
    await chat.message('that was all').waitFor()
    return texts
  }

  async function opened(): Promise<Chat> {
    await desk.window.row(/Quit/).click()
    const chat = new Chat(desk.window.webview())
    await chat.composer.waitFor()
    return chat
  }
})

/** What a place says of itself when it was not found. */
function saidBeside(place: Locator): Locator {
  return place
    .locator('xpath=following-sibling::*[1] | preceding-sibling::*[@role="status"]')
    .filter({ hasText: /not in this workspace/i })
    .first()
}
