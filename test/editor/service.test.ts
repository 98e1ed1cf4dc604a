import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Desk } from '../support/editor/desk.ts'
import { useEditors } from '../support/editor/editors.ts'
import { endHub, hubOf } from '../support/editor/hub-process.ts'
import { until } from '../support/wait.ts'

/** Changes the settings of the machine while the editor runs, as a person does in their file. */
async function set({ folder }: Desk, settings: object): Promise<void> {
  const file = join(folder, 'data', 'Machine', 'settings.json')
  const before: object = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...before, ...settings }, null, 2))
}

describe('the background service, as a window shows it', () => {
  const editors = useEditors()
  let desk: Desk

  before(async function () {
    this.timeout(120_000)
    desk = await editors.open('alice')
  })

  it('is there from the start, says how it stands and what one can do', async () => {
    const { window } = desk
    await window.status(/Parley\. You are in no team yet\./).click()
    await window.pick('Copy Diagnostic Report')
    await window.notification('The report is in the clipboard').waitFor()
    const report = await window.clipboard()
    assert.match(report, /^Parley: \d+\.\d+\.\d+\n/)
    assert.match(report, /\nBackground service: running\n/)
    assert.match(report, /\nHome: ~[/\\]home\n/)
    const [, activating, loading] = /Activated in: ([\d.]+) ms, and ([\d.]+) ms/.exec(report) ?? []
    console.log(`        activation: ${activating} ms of its own, ${loading} ms to load`)
    await window.picture('service/menu')
  })

  it('comes back by itself when it was killed, and when it is told to restart', async () => {
    const { window, home } = desk
    await window.status(/no team yet/).waitFor()
    const first = hubOf(home)
    await endHub(home, 'SIGKILL')
    await until('another hub', () => hubOf(home) !== undefined && hubOf(home) !== first, 20_000)
    await window.status(/no team yet/).waitFor()
    const second = hubOf(home)
    await window.run('Parley: Restart Background Service')
    await window.notification('background service is running').waitFor()
    await until('a third hub', () => hubOf(home) !== undefined && hubOf(home) !== second, 20_000)
  })

  it('says what is wrong when it cannot start, and starts when that is mended', async () => {
    const broken = await editors.open('bob', { settings: { 'parley.nodePath': '/nowhere/node' } })
    const { window } = broken
    await window.notification('/nowhere/node, which the setting parley.nodePath names, does not run').waitFor()
    await window.status(/The background service is not running\./).waitFor()
    await window.showContainer('Parley')
    await window.button('Try Again').waitFor()
    await window.picture('service/failed')
    await set(broken, { 'parley.nodePath': '' })
    await window.notification('has to be restarted').getByRole('button', { name: 'Restart' }).click()
    await window.button('Join a Team').waitFor()
    await window.status(/no team yet/).waitFor()
  })

  it('shows the log of the window, and its own to read only', async () => {
    const { window } = desk
    await window.status(/no team yet/).waitFor()
    await window.run('Parley: Show Log')
    await window.notification('This is the log of this window').getByRole('button', { name: 'Open Its Log' }).click()
    await window.tab(/hub\.log/).waitFor()
    await window.picture('service/logs')
  })
})
