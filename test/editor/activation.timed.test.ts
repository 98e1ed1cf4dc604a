import assert from 'node:assert/strict'
import { useEditors } from '../support/editor/editors.ts'
import type { EditorWindow } from '../support/editor/window.ts'

/** ms: what the extension may take of a window's start, loading its code included. */
const aim = 50

describe('activation', () => {
  const editors = useEditors()

  it('takes little of the start of a window', async () => {
    const { window } = await editors.open('alice', { isBare: false })
    const times = [await activationTime(window)]
    // The best of several: what a busy machine adds is not the extension's own.
    while (times.length < 3 || (Math.min(...times) >= aim && times.length < 18)) {
      // The list of extensions would be made anew while the extension loads.
      await window.showContainer('Explorer')
      await window.reload()
      times.push(await activationTime(window))
    }
    console.log(`      activation: ${times.join(', ')} ms of at most ${aim} ms`)
    assert.ok(Math.min(...times) < aim, `${times.join(', ')} ms`)
  })
})

/** As VS Code shows it in its list of extensions: loading the code and the call of activate. */
async function activationTime(window: EditorWindow): Promise<number> {
  await window.showContainer('Extensions')
  const time = window.page
    .locator('.extension-list-item')
    .filter({ hasText: 'Parley' })
    .getByText(/^\d+ms$/)
  return Number.parseInt((await time.textContent()) ?? '', 10)
}
