import assert from 'node:assert/strict'
import { Chat, there } from '../support/editor/chat.ts'
import { useEditors } from '../support/editor/editors.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

/** Types something else into the box that says what is wrong, and presses Enter. */
async function retype({ input, page }: EditorWindow, text: string): Promise<void> {
  await input.fill(text)
  await page.keyboard.press('Enter')
}

/** The words of a mail around what somebody was sent. */
function mail(invite: string): string {
  return `Hi Bob,\n\nplease come in:\n\n> ${invite.replaceAll('\n', '\n> ')}\n\nAlice\n-- \nAcme, https://acme.example/\n`
}

// By what is on screen: labels, titles and keys that it names; no command is called that nobody has seen.
describe('someone who has never seen it', () => {
  const editors = useEditors()

  it('gets from a fresh window to a first message, by starting a team and by joining one', async function () {
    this.timeout(240_000)
    const { window: alice } = await editors.open('alice')
    await alice.showContainer('Parley')
    await alice.page.getByText('You are the first, and will invite the others').waitFor()
    await alice.button('Start a Team on This Computer').click()
    await alice.picture('newcomer/start-team')
    await alice.answer('What is the team called?', 'Acme')
    await alice.answer('Your name, as people in Acme see it', 'Alice Kim')
    await alice.answer('Choose a password', 'abc')
    await alice.quickPick.getByText('A password needs at least 6 characters').waitFor()
    await alice.picture('newcomer/short-password')
    await retype(alice, password)
    await alice.answer('The same password again', password)
    await alice.notification('Invite to Acme copied').waitFor()
    await alice.page.getByText('Nobody else is here yet').waitFor()
    await alice.picture('newcomer/invite-copied')
    const invite = await alice.clipboard()
    assert.match(invite, /^Join Acme on Parley\.\n\n.*choose "Join a Team" and paste this message/)

    const { window: bob } = await editors.open('bob')
    await bob.showContainer('Parley')
    await bob.page.getByText('Somebody has sent you an invite').waitFor()
    await bob.button('Join a Team').click()
    await bob.answer('Paste the invite', 'localhost:1')
    await bob.quickPick.getByText('Nothing listens at localhost:1').waitFor()
    await bob.picture('newcomer/nothing-listens')
    assert.equal(await bob.input.inputValue(), 'localhost:1')
    await retype(bob, mail(invite))
    await bob.answer('Your name, as people in Acme see it', 'Alice Kim')
    await bob.answer('Choose a password', password)
    await bob.answer('The same password again', password)
    await bob.pick('Choose another name')
    await bob.quickPick.getByText('The name "alice.kim" is taken').waitFor()
    await bob.picture('newcomer/name-taken')
    await retype(bob, 'bob')
    await bob.answer('Choose a password', password)
    const ofBob = new Chat(bob.webview())
    await ofBob.frame.getByText('Say hello to Alice Kim').waitFor()
    await bob.tab('Alice Kim').waitFor()
    await bob.picture('newcomer/first-chat')
    // The message box has the focus: nobody has to look for it.
    await bob.page.keyboard.type('hello from bob')
    await bob.page.keyboard.press('Enter')
    await ofBob.stands('hello from bob', there)

    await alice.row(/^bob, .*1 unread message/).waitFor()
    await alice.notification('hello from bob').getByRole('button', { name: 'Open' }).click()
    const ofAlice = new Chat(alice.webview())
    await ofAlice.message('hello from bob').waitFor()
    await until(
      'nothing unread',
      async () => (await alice.page.getByRole('treeitem', { name: /unread/ }).count()) === 0,
    )
    await alice.page.keyboard.type('hello bob')
    await alice.page.keyboard.press('Enter')
    await ofBob.message('hello bob').waitFor()
    await alice.picture('newcomer/first-answer')
  })

  it('is led to a team by whatever needs one', async () => {
    const { window } = await editors.open('carol')
    await window.showContainer('Parley')
    await window.button('Show me around').click()
    await window.page.getByText('Say hello').first().click()
    await window.button('Open a Chat').click()
    await window.notification('You are in no team yet').getByRole('button', { name: 'Start a Team' }).click()
    await window.answer('What is the team called?', 'Acme')
    await window.picture('newcomer/led-to-a-team')
  })
})
