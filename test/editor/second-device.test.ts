import assert from 'node:assert/strict'
import { join } from 'node:path'
import { connect } from '../../daemon/src/client/index.ts'
import { chatWith, openChat, there } from '../support/editor/chat.ts'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { temporaryFolder } from '../support/folder.ts'
import { Person, startRegistry } from '../support/team.ts'
import { until } from '../support/wait.ts'

const password = 'correct horse battery'

describe('a second computer of somebody', () => {
  const editors = useEditors()

  it('is let in by the first one, chats at once, and hears strangers only when it wants to', async function () {
    this.timeout(240_000)
    await using folder = await temporaryFolder()
    await using registry = await startRegistry(join(folder.path, 'registry'))
    await using first = await new Person('alice', join(folder.path, 'alice')).start()
    await using bob = await new Person('bob', join(folder.path, 'bob')).start()
    const { address } = registry.ready
    await Promise.all([first.signUp(address, password), bob.signUp(address, password)])
    const desk = await editors.open('alice')
    const { window } = desk
    await window.showContainer('Parley')

    await window.button('Join a Team').click()
    await window.answer('Paste the invite', address)
    await window.quickPick.getByRole('button', { name: 'I Have an Account' }).waitFor()
    await window.picture('devices/name')
    await window.quickPick.getByRole('button', { name: 'I Have an Account' }).click()
    await window.answer('Your user name in', 'alice')
    await window.answer('The password of alice', password)
    const pending = window.webview().locator('.digits span')
    await pending.nth(5).waitFor()
    const shown = (await pending.allInnerTexts()).join(' ')
    await window.picture('devices/pending')

    const [waiting] = await until('the first computer knows of it', async () => {
      const { devices } = await first.client.request('devices', {})
      const found = devices.filter(({ isPending }) => isPending)
      return found.length > 0 && found
    })
    assert.ok(waiting?.digits)
    assert.equal(waiting.digits, shown)
    await first.client.request('approveDevice', { device: waiting.device, digits: waiting.digits })
    await window.notification('This device is one of yours now').waitFor()

    const chat = await openChat(window, 'bob')
    await chat.say('from my other computer')
    await chat.stands('from my other computer', there)
    await chat.frame.getByRole('button', { name: 'Not verified' }).click()
    await chat.frame.getByRole('button', { name: 'Verify…' }).click()
    const { digits } = await bob.client.request('safetyNumber', { with: 'alice' })
    await window.page.locator('.monaco-dialog-box').getByText(digits.split(' ').slice(0, 3).join('  ')).waitFor()
    await window.page.locator('.monaco-dialog-box').getByRole('button', { name: 'They Match' }).click()
    await chat.frame.getByRole('button', { name: 'Verified', exact: true }).waitFor()

    // Somebody of no team, who has found the address of this computer.
    await using zoe = await new Person('zoe', join(folder.path, 'zoe')).start()
    const [listen] = await listensAt(desk)
    assert.ok(listen)
    const asked = await zoe.client.request('connect', { address: listen, name: 'zoe' })
    assert.deepEqual(asked, { state: 'asked' })
    await window.row(/^zoe, .*wants to chat$/).click()
    await window.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Accept' }).click()
    const stranger = await chatWith(window, 'zoe')
    await stranger.frame.getByRole('button', { name: 'Not verified' }).waitFor()
    await stranger.say('hello stranger')
    await stranger.stands('hello stranger', there)
    await window.picture('devices/stranger')
  })
})

/** Where the hub that the window has started listens. */
async function listensAt({ home }: Desk): Promise<readonly string[]> {
  const client = await connect({ home, client: 'test' })
  try {
    return (await client.request('status', {})).hub?.listen ?? []
  } finally {
    client.close()
  }
}
