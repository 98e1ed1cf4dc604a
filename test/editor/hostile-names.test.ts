import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { type Control, startControl } from '../../daemon/src/control/server.ts'
import { locations } from '../../daemon/src/locations.ts'
import { silentLog } from '../../daemon/src/log.ts'
import { Chat } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { madeReal, Witness } from '../support/editor/witness.ts'
import { type FakeHub, fakeHub } from '../support/fake-hub.ts'
import { temporaryFolder } from '../support/folder.ts'

const bad =
  '[Quit](command:workbench.action.quit) $(zap) \u001b[31m\u202e<img src=x onerror=pwned=1>\n\u2066Z\u0300\u0300\u0300\u0300\u0300\u0300'

// Nobody can be called so: a registry refuses it, and a hub believes no registry that tells it.
describe('names that no hub would tell', () => {
  const editors = useEditors()
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let control: Control
  let hub: FakeHub
  let desk: Desk
  let witness: Witness
  const lies: Record<string, string> = {
    displayName: `A ${bad}${'x'.repeat(50_000)}`,
    team: `T ${bad}${'x'.repeat(50_000)}`,
  }

  before(async function () {
    this.timeout(240_000)
    folder = await temporaryFolder()
    const home = join(folder.path, 'home')
    await mkdir(home, { mode: 0o700 })
    hub = fakeHub({ people: ['mallory'] })
    await hub.signUp({ registry: 'localhost', name: 'alice', password: '' })
    hub.receive('mallory', 'hello')
    const { daemonFile } = locations(home)
    control = await startControl({
      ...{ home, daemonFile, roles: ['hub'], log: silentLog, stop: () => {} },
      hub: lying(hub, lies),
    })
    desk = await editors.open('alice', { env: { PARLEY_HOME: home } })
    witness = new Witness(desk.window)
    await desk.window.showContainer('Parley')
  })
  after(async () => {
    await control?.close()
    await folder?.[Symbol.asyncDispose]()
  })
  afterEach(async () => {
    assert.deepEqual(witness.events, [])
    assert.equal(await witness.hasRun(), false, 'something has run')
    assert.equal(await desk.window.page.locator(madeReal).count(), 0, 'a command or an icon')
  })

  it('are a plain line in the lists and in notifications', async () => {
    const { window } = desk
    const rows = window.page.getByRole('treeitem').filter({ visible: true, hasText: 'Quit' })
    await rows.nth(1).waitFor()
    for (const row of await rows.all()) await isPlain(row)
    hub.receive('mallory', 'hello again')
    const toast = window.notification('hello again')
    await isPlain(toast.locator('.notification-list-item-message'))
    assert.equal(await toast.locator('a[href]').count(), 0)
    await window.picture('hostile/names')
  })

  it('are a plain line in the status bar, its menu and what it says on hovering', async () => {
    const { window } = desk
    const item = window.status(/^Parley/)
    assert.match((await item.getAttribute('aria-label')) ?? '', plain)
    await item.hover()
    const hover = window.page.locator('.workbench-hover').filter({ hasText: 'in the team' })
    await isPlain(hover)
    assert.equal(await hover.locator('a, .codicon').count(), 0)
    await item.click()
    await isPlain(window.quickPick.getByText(/^Parley · /))
    await window.picture('hostile/names-menu')
    await window.page.keyboard.press('Escape')
  })

  it('are a plain line in the tab and in the chat', async () => {
    const { window } = desk
    await window.row(/Quit/).click()
    const chat = new Chat(window.webview())
    await chat.composer.waitFor()
    await isPlain(window.tab(/Quit/))
    await isPlain(chat.frame.locator('header'))
    await isPlain(chat.frame.locator('article .message-head').first())
    const names = await chat.frame
      .locator('[title], [aria-label], [placeholder]')
      .evaluateAll(found =>
        found.flatMap(each => ['title', 'aria-label', 'placeholder'].map(name => each.getAttribute(name) ?? '')),
      )
    for (const name of names) assert.match(name, plain)
    await window.picture('hostile/names-chat')
  })

  it('are a plain line where they say why', async () => {
    const { window } = desk
    lies.state = 'refused'
    lies.why = `W ${bad}`
    hub.announce({ accounts: true })
    const item = window.status(/^Parley.* W \[Quit\]/)
    await item.waitFor()
    assert.match((await item.getAttribute('aria-label')) ?? '', plain)
    await isPlain(new Chat(window.webview()).frame.locator('.bar').filter({ hasText: 'W [Quit]' }))
    await isPlain(window.page.locator('.tree-explorer-viewlet-tree-view .message').filter({ hasText: 'W [Quit]' }))
    await window.picture('hostile/names-why')
  })
})

/** No control characters, nothing that turns the direction, no tower of marks, and no more than fits on the screen. */
const plain = /^(?:(?!\p{M}{5})[^\p{Cc}\u202a-\u202e\u2066\u2067]){0,1000}$/u

async function isPlain(shown: Locator): Promise<void> {
  const text = (await shown.textContent()) ?? ''
  // Between the lines of a tooltip.
  assert.match(text.replaceAll('\n', ' '), plain)
  assert.match(text, /\[Quit\]/)
}

/** The same hub, that tells `lies` in the place of what it knows by those names. */
function lying(hub: FakeHub, lies: Readonly<Record<string, string>>): FakeHub {
  const told = (value: unknown): unknown => {
    if (typeof value === 'function') return (...given: unknown[]) => told(value(...given.map(heard)))
    if (value instanceof Promise) return value.then(told)
    if (Array.isArray(value)) return value.map(told)
    if (typeof value !== 'object' || value === null) return value
    const isAccount = 'team' in value
    return Object.fromEntries(
      Object.entries({ ...value, ...(isAccount && 'why' in lies && { why: '' }) }).map(([name, of]) => [
        name,
        (name !== 'state' || isAccount) && name in lies ? lies[name] : told(of),
      ]),
    )
  }
  /** A listener is told lies as well. */
  const heard = (given: unknown) =>
    typeof given === 'function' ? (...values: unknown[]) => given(...values.map(told)) : given
  return new Proxy(hub, { get: (target, key) => told(Reflect.get(target, key)) })
}
