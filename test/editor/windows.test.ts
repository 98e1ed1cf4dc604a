import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { useAcquainted } from '../support/editor/acquainted.ts'
import { chatWith } from '../support/editor/chat.ts'
import { endHub, hubOf } from '../support/editor/hub-process.ts'
import type { EditorWindow } from '../support/editor/window.ts'
import { until } from '../support/wait.ts'

const count = 10

describe(`${count} windows of one person`, () => {
  const all = useAcquainted({ size: { width: 800, height: 600 } })

  it('have one hub and count alike', async function () {
    this.timeout(300_000)
    const first = hubOf(all.desk.home)
    const opening = performance.now()
    // Each takes all of a processor to open.
    while (all.desk.windows.length < count) {
      await Promise.all(
        Array.from({ length: Math.min(2, count - all.desk.windows.length) }, () => all.desk.openWindow()),
      )
    }
    await countEverywhere(1)
    console.log(`      all there after ${Math.round((performance.now() - opening) / 1000)} s`)
    assert.deepEqual(await hubsOf(all.desk.home), [first])
    assert.equal(hubOf(all.desk.home), first)
  })

  it('tell of a message once, in the one that has the focus', async () => {
    for (const window of all.desk.windows) await window.setFocused(false)
    await at(4).setFocused(true)
    await readAll(at(4))
    await all.say('to the fourth')
    await countEverywhere(1)
    assert.deepEqual(await told(), ['4: Bob: to the fourth'])
  })

  it('tell of it in the one that had the focus last when none has it', async () => {
    await at(4).setFocused(false)
    await readAll(at(4))
    await all.say('still to the fourth')
    await countEverywhere(1)
    await at(7).setFocused(true)
    await at(7).setFocused(false)
    await readAll(at(7))
    await all.say('to the seventh')
    await countEverywhere(1)
    assert.deepEqual(await told(), ['4: Bob: still to the fourth', '4: Bob: to the fourth', '7: Bob: to the seventh'])
  })

  it('count nothing any more once it was read in one', async () => {
    const window = at(2)
    await window.setFocused(true)
    await window.showContainer('Parley')
    await window.row(/^Bob\b/).click()
    const chat = await chatWith(window, 'Bob')
    await chat.message('to the seventh').waitFor()
    await countEverywhere(0)
    await all.say('read as it comes')
    await until('it is read', async () => {
      const { conversation } = await all.ask(client => client.request('openChat', { with: 'bob' }))
      return conversation.lastLine === 'read as it comes' && conversation.unread === 0
    })
    await countEverywhere(0)
    await window
      .tab('Bob')
      .getByRole('button', { name: /^Close/ })
      .click()
    await window.tab('Bob').waitFor({ state: 'detached' })
  })

  it('bring one hub back for all of them', async () => {
    const { home } = all.desk
    const killed = hubOf(home)
    await endHub(home, 'SIGKILL')
    await until('another hub', () => hubOf(home) !== killed, 60_000)
    await all.say('are you back?')
    await countEverywhere(1)
    await until('one hub', async () => (await hubsOf(home)).length === 1)
    assert.deepEqual(await hubsOf(home), [hubOf(home)])
    const notices = await told()
    assert.equal(notices.filter(notice => notice.endsWith('are you back?')).length, 1, notices.join('\n'))
    assert.equal(notices.length, 4, 'nothing is told again')
    await at(1).picture('windows/first')
  })

  /** The windows by the order in which they came, from 1. */
  function at(number: number): EditorWindow {
    const window = all.desk.windows[number - 1]
    assert.ok(window)
    return window
  }

  /** Has all chats marked as read by one window: what it has told the hub before has come there too by then. */
  async function readAll(window: EditorWindow): Promise<void> {
    await window.run('Parley: Mark All Chats as Read')
    await countEverywhere(0)
  }

  /** Waits until each window says so many unread messages in its status bar, and shows them on the icon of Parley. */
  async function countEverywhere(unread: number): Promise<void> {
    const words =
      unread === 0 ? '(?!.*unread)' : unread === 1 ? '.*\\b1 unread message\\b' : `.*\\b${unread} unread messages\\b`
    const counted = all.desk.windows.flatMap(({ page }) => [
      page.getByRole('button', { name: new RegExp(`^Parley\\.${words}`) }),
      page.getByRole('tab', { name: new RegExp(`^Parley\\b${words}`) }),
    ])
    await Promise.all(counted.map(each => each.first().waitFor({ timeout: 60_000 })))
  }

  /** The texts of all notifications that are shown, each with the number of its window. */
  async function told(): Promise<readonly string[]> {
    const found = await Promise.all(
      all.desk.windows.map(window => window.notifications.locator('.notification-list-item-message').allTextContents()),
    )
    return found
      .flatMap((texts, index) => texts.map(text => `${index + 1}: ${text.replace(/[\u2066-\u2069]/g, '')}`))
      .sort()
  }
})

/** The processes that serve a home, or are about to. */
async function hubsOf(home: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 10_000_000 })
  return stdout.split('\n').flatMap(line => {
    const [, pid, args = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? []
    return args.includes(` hub --home ${home} `) ? [Number(pid)] : []
  })
}
