import assert from 'node:assert/strict'
import { join } from 'node:path'
import { editorLink } from '../../daemon/src/protocol/addresses.ts'
import { useEditors } from '../support/editor/editors.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startRegistry } from '../support/team.ts'

/** What happens when somebody clicks a link anywhere: VS Code itself asks whether the extension may have it. */
async function follow(window: EditorWindow, link: string): Promise<void> {
  await window.run('Developer: Open URL')
  await window.answer('URL', link)
  await window.page.getByRole('dialog').getByRole('button', { name: 'Open' }).click()
}

describe('an editor’s link to a team', () => {
  const editors = useEditors()

  it('asks before it acts, and goes on with the name', async function () {
    this.timeout(180_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const { window } = await editors.open('alice')
    await follow(window, `code-oss://parley.parley-chat/join?link=${encodeURIComponent('https://example.com')}`)
    await window.notification('This link to Parley is cut or mistyped').waitFor()

    await follow(window, editorLink(registry.ready.address, 'code-oss'))
    const asked = window.page.getByRole('dialog').filter({ hasText: `Join the team at ${registry.ready.listen}?` })
    await asked.waitFor()
    await window.picture('joining/link')
    await asked.getByRole('button', { name: 'Cancel' }).click()
    assert.equal(await window.quickPick.count(), 0)

    await follow(window, editorLink(registry.ready.address, 'code-oss'))
    await asked.getByRole('button', { name: 'Go On' }).click()
    await window.answer('Your name, as people in Parley see it', 'alice')
    await window.quickPick.getByText('Choose a password').waitFor()
  })
})
