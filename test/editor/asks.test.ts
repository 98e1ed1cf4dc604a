import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Control, startControl } from '../../daemon/src/control/server.ts'
import { locations } from '../../daemon/src/locations.ts'
import { silentLog } from '../../daemon/src/log.ts'
import { openChat } from '../support/editor/chat.ts'
import type { Theme } from '../support/editor/code-server.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { type AskingHub, askingHub, sixtyDigits, thirtyDigits } from '../support/fake-asks.ts'
import { fakeHub } from '../support/fake-hub.ts'
import { temporaryFolder } from '../support/folder.ts'
import { device, request } from '../support/front-hub.ts'
import { until } from '../support/wait.ts'

const theme: Theme = process.env.PARLEY_TEST_THEME === 'light' ? 'light' : 'dark'

// A hub that a test moves: what the real one takes minutes and two computers for is here in a moment.
describe('what waits for an answer', () => {
  const editors = useEditors()
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let control: Control
  let hub: AskingHub
  let desk: Desk
  const asked = (method: string) => hub.asked.filter(([each]) => each === method).map(([, params]) => params)
  const dialog = (text: string | RegExp) => desk.window.page.locator('.monaco-dialog-box').filter({ hasText: text })
  const press = (text: string | RegExp, button: string) =>
    dialog(text).getByRole('button', { name: button, exact: true }).click()
  const picture = (name: string) => desk.window.picture(`asks/${theme}/${name}`)

  const clear = async () => {
    await desk.window.run('Notifications: Clear All Notifications')
    await until('no notification', async () => (await desk.window.notifications.count()) === 0)
  }

  before(async function () {
    this.timeout(240_000)
    folder = await temporaryFolder()
    const home = join(folder.path, 'home')
    await mkdir(home, { mode: 0o700 })
    hub = askingHub(fakeHub({ people: ['bob', 'carol'] }))
    await hub.signUp({ registry: 'localhost', name: 'alice', password: '' })
    hub.receive('bob', 'hello')
    const { daemonFile } = locations(home)
    control = await startControl({ home, daemonFile, roles: ['hub'], log: silentLog, stop: () => {}, hub })
    desk = await editors.open('alice', { env: { PARLEY_HOME: home }, theme })
    await desk.window.showContainer('Parley')
    await desk.window.row(/^bob\b/).waitFor()
  })
  after(async () => {
    await control?.close()
    await folder?.[Symbol.asyncDispose]()
  })

  it('is a chat request, told of once, with what is known of who asks', async () => {
    const { window } = desk
    hub.setRequests([
      request('zoe', { displayName: 'Zoë', safetyNumber: sixtyDigits, at: 2 }),
      request('bob', { id: 'from-classic', kind: 'classic', address: '192.0.2.9', at: 1 }),
    ])
    await window.notification('Zoë').waitFor()
    await window.row(/^claims to be bob, 192\.0\.2\.9 · not encrypted, wants to chat$/).waitFor()
    await window.status(/2 chat requests wait/).waitFor()
    await picture('requests')
    await window.row(/^Zoë, /).click()
    await dialog('Zoë').getByText('12345  67890  24680').waitFor()
    await picture('request')
    await press('Zoë', 'Accept')
    await window.row(/^Zoë, /).waitFor({ state: 'hidden' })
    // By the keyboard: whoever is selected, without a question.
    await window.row(/^claims to be bob/).click()
    await press('claims to be bob', 'Cancel')
    await window.run('Parley: Focus on Requests View')
    await until('declined', async () => {
      await window.page.keyboard.press('Delete')
      return asked('answerRequest').length === 2
    })
    assert.deepEqual(asked('answerRequest'), [
      { id: 'from-zoe', answer: 'accept' },
      { id: 'from-classic', answer: 'decline' },
    ])
    await clear()
  })

  it('is a new device, let in by comparing digits', async () => {
    const { window } = desk
    hub.setDevices([
      device('desk', { isThis: true, added: 1 }),
      device('old laptop', { seen: 1_760_000_000_000 }),
      device('new laptop', { isPending: true, digits: thirtyDigits, address: '192.0.2.50' }),
    ])
    const told = window.notification('A new device wants to join your account')
    await told.waitFor()
    await picture('device-told')
    await told.getByRole('button', { name: 'Compare Digits…' }).click()
    await dialog('new laptop').getByText('12345  67890  24680').waitFor()
    await picture('device-digits')
    await press('new laptop', 'Approve')
    await window.notification('is one of your devices now').waitFor()
    assert.deepEqual(asked('approveDevice'), [{ device: 'device-new laptop', digits: thirtyDigits }])
    await window.run('Parley: Your Devices…')
    await window.quickPick.getByRole('option', { name: /^new laptop/ }).waitFor()
    await picture('devices')
    await window.pick(/^old laptop/)
    await press('Remove', 'Remove')
    await until('removed', () => asked('revokeDevice').length === 1)
    await clear()
  })

  it('is whether a safety number matches, and what to do about one that has changed', async () => {
    const { window } = desk
    const chat = await openChat(window, 'bob')
    await chat.frame.getByRole('button', { name: 'Not verified' }).click()
    await chat.frame.getByRole('button', { name: 'Verify…' }).click()
    await dialog('Your safety number with bob').getByText('11223  44556  67788').waitFor()
    await picture('safety-number')
    await press('Your safety number', 'They Match')
    await chat.frame.getByRole('button', { name: 'Verified', exact: true }).waitFor()
    assert.deepEqual(asked('setVerified'), [{ with: 'with-bob', digits: sixtyDigits, verified: true }])
    hub.setPerson('bob', { trust: 'changed' })
    await chat.frame.getByText('bob has another key than before').waitFor()
    await window.row(/^bob, online, key has changed/).waitFor()
    await picture('key-changed')
    await chat.frame.getByRole('button', { name: 'Go on unverified…' }).click()
    await press('Go on with bob without comparing?', 'Go On Unverified')
    await chat.frame.getByRole('button', { name: 'Not verified' }).waitFor()
  })

  it('is whom to block, and to hear again', async () => {
    const { window } = desk
    const chat = await openChat(window, 'bob')
    await chat.frame.getByRole('button', { name: 'More' }).click()
    await chat.frame.getByRole('menuitem', { name: 'Block…' }).click()
    await press('Block bob?', 'Block')
    await chat.frame.getByText('You have blocked bob').first().waitFor()
    await window.run('Parley: Blocked People…')
    await window.pick(/^bob/)
    await chat.composer.and(chat.frame.locator(':enabled')).waitFor()
    assert.deepEqual(asked('block'), [
      { with: 'with-bob', blocked: true },
      { with: 'with-bob', blocked: false },
    ])
  })

  it('is how one is seen: also as gone', async () => {
    const { window } = desk
    await window.run('Parley: Set My Status…')
    await window.quickPick.getByText('Others see you as offline').waitFor()
    await picture('status')
    await window.pick(/^Invisible/)
    await window.status(/invisible/).waitFor()
    await window.run('Parley: Account and Devices…')
    await window.quickPick.getByRole('option', { name: /Change Password/ }).waitFor()
    await picture('account')
    await window.page.keyboard.press('Escape')
  })

  it('is this very device, until another one has approved it', async () => {
    const { window } = desk
    await window.run('View: Close All Editors')
    hub.setAccount({ state: 'pending', digits: thirtyDigits })
    const page = window.webview()
    await page.getByText('43210').waitFor()
    await window.status(/waits for one of your other devices/).waitFor()
    await picture('pending')
    await page.getByRole('link', { name: 'All my other devices are lost…' }).click()
    await dialog('Are all your other devices lost?').waitFor()
    await picture('new-key')
    await press('Are all your other devices lost?', 'Cancel')
    hub.setAccount({ state: 'online' })
    // The view of before has gone with the focus in it: a person is told when they look here.
    await openChat(window, 'bob')
    await window.notification('This device is one of yours now').waitFor()
    assert.deepEqual(asked('newAccountKey'), [])
  })

  it('is how the connection is, in words and with what mends it', async () => {
    const { window } = desk
    hub.setChecks([
      { about: 'clock', state: 'ok', words: "This computer's clock agrees with the team's." },
      { about: 'registry', state: 'failed', words: 'Acme cannot be reached.', advice: 'Check the network.' },
      { about: 'listen', state: 'warning', words: 'Only programs of this computer can connect to this hub.' },
    ])
    await window.run('Parley: Check Connection')
    const page = window.webview()
    await page.getByRole('heading', { name: 'One thing is wrong.' }).waitFor()
    await page.getByRole('img', { name: 'Wrong' }).waitFor()
    await picture('connection')
    await page.getByRole('link', { name: 'Direct Connections…' }).click()
    await picture('direct')
    await press('Allow direct connections?', 'Allow Direct Connections')
    await until('allowed', () => asked('setDirect').length === 1)
  })
})
