import { join } from 'node:path'
import { useEditors } from '../support/editor/editors.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startRegistry } from '../support/team.ts'

const password = 'correct horse battery'

describe('somebody in a team that runs elsewhere', () => {
  const editors = useEditors()

  it('joins it by its address alone, signs out and in again', async function () {
    this.timeout(240_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    const { window } = await editors.open('alice')
    await window.showContainer('Parley')
    await window.button('Show me around').click()
    await window.page.getByText('Join or start a team').first().waitFor()
    await window.picture('joining/walkthrough')

    await window.button('Chat by Address').click()
    await window.answer('The address of somebody', registry.ready.listen)
    await window.quickPick
      .getByText('Is this the team that you mean?')
      .or(window.quickPick.getByPlaceholder(/Is this the team/))
      .first()
      .waitFor()
    await window.picture('joining/trust')
    await window.pick('Yes, join Parley')
    await window.answer('Your name, as people in Parley see it', 'alice')
    await window.answer('Choose a password', password)
    await window.answer('The same password again', password)
    await window.page.getByText('Nobody else is here yet').waitFor()

    await window.run('Parley: Join a Team…')
    await window.notification('You are in Parley already, as alice').waitFor()

    await window.run('Parley: Sign Out')
    await window.page.getByRole('dialog').getByText('Your messages stay on this computer').waitFor()
    await window.picture('joining/sign-out')
    await window.page.getByRole('dialog').getByRole('button', { name: 'Sign Out' }).click()
    await window.page.getByText('You are signed out').first().waitFor()
    await window.picture('joining/signed-out')
    await window.button('Sign In').click()
    await window.answer('The password of alice in Parley', 'something else')
    await window.quickPick.getByText('This is not the password of alice').waitFor()
    await window.picture('joining/wrong-password')
    await window.input.fill(password)
    await window.page.keyboard.press('Enter')
    await window.page.getByText('Nobody else is here yet').waitFor()
    await window.quickPick.waitFor({ state: 'hidden' })
  })
})
