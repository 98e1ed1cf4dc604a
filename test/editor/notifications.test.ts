import assert from 'node:assert/strict'
import { useAcquainted } from '../support/editor/acquainted.ts'
import { chatWith, openChat } from '../support/editor/chat.ts'
import { setForPerson } from '../support/editor/settings.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { until } from '../support/wait.ts'

describe('a notification of a message', () => {
  const both = useAcquainted({ files: { 'notes.txt': 'notes\n' } })

  before(async function () {
    this.timeout(60_000)
    await cleared(both.desk.window)
  })

  it('answers from a box, without the chat', async () => {
    const { window } = both.desk
    await both.say('Lunch?')
    const toast = window.notification('Lunch?')
    await toast.getByRole('button', { name: 'Reply' }).click()
    await window.answer('Lunch?', 'In ten minutes')
    await both.heard('In ten minutes')
    await window.row(/^Bob, online, you: In ten minutes$/).waitFor()
    assert.equal(await window.tab(/Bob/).count(), 0)
  })

  it('keeps an answer that is not sent as the draft of the chat, which it opens', async () => {
    const { window } = both.desk
    await both.say('Where?')
    await window.notification('Where?').getByRole('button', { name: 'Reply' }).click()
    await window.input.fill('At the')
    await window.page.keyboard.press('Escape')
    await window.row(/^Bob, online, 1 unread message, Draft: At the$/).waitFor()
    await both.say('The usual place?')
    await window.notification('The usual place?').getByRole('button', { name: 'Open', exact: true }).click()
    const chat = await chatWith(window, 'Bob')
    await chat.message('The usual place?').waitFor()
    assert.equal(await chat.composer.inputValue(), 'At the')
    await chat.composer.fill('')
  })

  it('does not come while the chat is in sight', async () => {
    const { window } = both.desk
    const chat = await openChat(window, 'Bob')
    await both.say('You see me')
    await chat.message('You see me').waitFor()
    await window.run('View: Close All Editors')
    await isTold(window, 'after that', 'You see me')
  })

  it('does not come of a muted chat, which still counts', async () => {
    const { window } = both.desk
    await menu(window, 'Mute')
    await window.row(/^Bob, online, .*muted/).waitFor()
    await both.say('while muted')
    await window.row(/^Bob, online, \d+ unread messages?, muted, while muted$/).waitFor()
    await menu(window, 'Unmute')
    await window.row(/^Bob, online, \d+ unread messages?, while muted$/).waitFor()
    await isTold(window, 'not muted any more', 'while muted')
  })

  it('does not come while one is busy', async () => {
    const { window } = both.desk
    await status(window, 'Busy')
    // Chosen is not yet kept.
    await window.status(/busy/).waitFor()
    await both.say('while busy')
    await window.row(/unread messages?, while busy$/).waitFor()
    await status(window, 'Available')
    await window.status(/busy/).waitFor({ state: 'hidden' })
    await isTold(window, 'not busy any more', 'while busy')
  })

  it('does not come to who wants none', async () => {
    const { window } = both.desk
    await set({ 'parley.notifications': 'off', 'parley.sendWith': 'ctrlEnter' }, /^Ctrl\+Enter to send/)
    await both.say('while off')
    await window.row(/unread messages?, while off$/).waitFor()
    await set({ 'parley.notifications': 'all', 'parley.sendWith': 'enter' }, /^Enter to send/)
    await isTold(window, 'on again', 'while off')
  })

  /** Changes settings, one of which an open chat shows: `shown` tells that they are in force. */
  async function set(settings: object, shown: RegExp): Promise<void> {
    const { window } = both.desk
    const chat = await openChat(window, 'Bob')
    await setForPerson(both.desk, settings)
    await chat.frame.getByText(shown).waitFor()
    await window.run('View: Close All Editors')
  }

  /**
   * Is told of the next message, and was not of the one before, which would have come first. The hub learns a moment
   * after an editor is closed that the chat is out of sight; until then it is right to be quiet, so it is said again.
   */
  async function isTold(window: EditorWindow, next: string, before: string): Promise<void> {
    await until('one is told again', async () => {
      await both.say(next)
      const told = window.notification(next).first()
      return told.waitFor({ timeout: 2_000 }).then(
        () => true,
        () => false,
      )
    })
    assert.equal(await window.notification(before).count(), 0)
    await cleared(window)
  }
})

async function cleared(window: EditorWindow): Promise<void> {
  await window.run('Notifications: Clear All Notifications')
  await until('nothing is told', async () => (await window.notifications.count()) === 0)
}

async function menu(window: EditorWindow, name: string): Promise<void> {
  await window.row(/^Bob/).click({ button: 'right' })
  await window.page.getByRole('menuitem', { name: new RegExp(`^${name}$`) }).hover()
  await window.page.keyboard.press('Enter')
}

async function status(window: EditorWindow, name: string): Promise<void> {
  await window.run('Parley: Set My Status…')
  await window.pick(new RegExp(`^${name}`))
  await window.quickPick.waitFor({ state: 'hidden' })
}
