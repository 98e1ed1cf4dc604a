import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { extensionPackage } from '../support/editor/package.ts'
import { until } from '../support/wait.ts'

describe('the ground on which editors are tested', () => {
  const editors = useEditors()

  it('notices what a window asks of the world outside, in its own page and in a webview', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parley-desk-'))
    const files = { 'read.md': '# Read me' }
    await using desk = await Desk.open(editors.browser, await extensionPackage(), folder, 'alice', { files })
    assert.deepEqual(desk.outside, [])
    await desk.window.row('read.md').dblclick()
    await desk.window
      .button(/^Open Preview/)
      .first()
      .click()
    const heading = desk.window.webview().getByRole('heading', { name: 'Read me' })
    await heading.waitFor()

    await desk.window.page.evaluate("void fetch('https://page.invalid/').catch(() => {})")
    await until('the page is caught', () => desk.outside.some(request => request.includes('page.invalid')))
    const frame = await (await heading.elementHandle())?.ownerFrame()
    await frame?.evaluate("void (new Image().src = 'https://webview.invalid/')")
    await until('the webview is caught', () => desk.outside.some(request => request.includes('webview.invalid')))
  })
})
