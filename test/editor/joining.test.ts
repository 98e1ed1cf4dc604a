import assert from 'node:assert/strict'
import { useEditors } from '../support/editor/editors.ts'
import type { EditorWindow } from '../support/editor/window.ts'

const password = 'correct horse battery'

/** Types something else into the box that says what is wrong, and presses Enter. */
async function retype({ input, page }: EditorWindow, text: string): Promise<void> {
  await input.fill(text)
  await page.keyboard.press('Enter')
}

describe('the box that lets people in', () => {
  const editors = useEditors()

  it('starts a team, whose invite somebody else pastes, and says what is wrong on the way', async function () {
    this.timeout(240_000)
    const alice = await editors.open('alice')
    await alice.window.showContainer('Parley')
    await alice.window.button('Start a Team on This Computer').click()
    await alice.window.screenshot('joining/start-team')
    await alice.window.answer('What is the team called?', 'Acme')
    await alice.window.answer('Your name, as people in Acme see it', 'Alice Kim')
    await alice.window.answer('Choose a password', 'abc')
    await alice.window.quickPick.getByText('A password needs at least 6 characters').waitFor()
    await alice.window.screenshot('joining/short-password')
    await retype(alice.window, password)
    await alice.window.answer('The same password again', password)
    await alice.window.notification('Invite to Acme copied').waitFor()
    await alice.window.screenshot('joining/invite-copied')
    const invite = await alice.window.clipboard()
    assert.match(invite, /^Join Acme on Parley\./)

    const bob = await editors.open('bob')
    await bob.window.showContainer('Parley')
    await bob.window.button('Join a Team').click()
    await bob.window.answer('Paste the invite', 'localhost:1')
    await bob.window.quickPick.getByText('Nothing listens at localhost:1').waitFor()
    await bob.window.screenshot('joining/nothing-listens')
    assert.equal(await bob.window.input.inputValue(), 'localhost:1')
    await retype(bob.window, invite)
    await bob.window.answer('Your name, as people in Acme see it', 'Alice Kim')
    await bob.window.answer('Choose a password', password)
    await bob.window.answer('The same password again', password)
    await bob.window.pick('Choose another name')
    await bob.window.quickPick.getByText('The name "alice.kim" is taken').waitFor()
    await bob.window.screenshot('joining/name-taken')
    await retype(bob.window, 'bob')
    await bob.window.answer('Choose a password', password)
    const chat = bob.window.webview()
    await chat.getByText('Say hello to Alice Kim').waitFor()
    await bob.window.screenshot('joining/first-chat')
    // The message box has the focus: nobody has to look for it.
    await bob.window.page.keyboard.type('hello from bob')
    await bob.window.page.keyboard.press('Enter')
    await chat.getByText('delivered').waitFor()
    await alice.window
      .row(/Alice Kim|bob/)
      .first()
      .waitFor()
    await alice.window.screenshot('joining/first-message')
  })
})
