import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { artefact } from '../support/editor/artefacts.ts'
import { launchChromium } from '../support/editor/chromium.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/wait.ts'

const root = join(import.meta.dirname, '..', '..')

/** Runs the entry of `npm start -- --editor`; ends it, if it has not ended, with the test. */
function startDemo(env: NodeJS.ProcessEnv): AsyncDisposable & { readonly child: ChildProcess; said(): string } {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--editor'], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  return {
    child,
    said: () => said,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}

describe('npm start -- --editor', function () {
  this.timeout(120_000)
  let browser: Browser

  before(async () => {
    browser = await launchChromium()
  })
  after(() => browser?.close())

  it('opens alice and bob each in a VS Code behind a password, with a message and a code block waiting', async () => {
    await using demo = startDemo({ DISPLAY: '', WAYLAND_DISPLAY: '' })
    await until('the addresses', () => /password for both: \S/.test(demo.said()), 90_000)
    const [, password = ''] = /password for both: (\S+)/.exec(demo.said()) ?? []
    const addresses = [...demo.said().matchAll(/^ {2}(alice|bob): +(http:\S+)$/gm)]
    assert.deepEqual(
      addresses.map(([, name]) => name),
      ['alice', 'bob'],
    )
    for (const [, name, address = ''] of addresses) {
      const other = name === 'alice' ? 'bob' : 'alice'
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(address)
      await page.getByPlaceholder('PASSWORD').fill(password)
      await page.getByRole('button', { name: 'SUBMIT' }).click()
      await page.getByRole('tab', { name: 'Parley' }).first().click()
      await page
        .getByRole('treeitem', { name: new RegExp(`^${other}.*2 unread`, 'i') })
        .first()
        .click()
      const chat = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame')
      try {
        await chat.getByText('src/retry.ts:11–13').waitFor()
        await chat.getByText('The retry test is').waitFor()
      } catch (error) {
        await page.screenshot({ path: artefact(`failed/demo/${name}.png`) })
        throw error
      }
      await context.close()
    }
    demo.child.kill('SIGINT')
    const [code] = await once(demo.child, 'exit')
    assert.equal(code, 0, demo.said())
    for (const [, , address = ''] of addresses) {
      assert.ok(await isClosed(Number(new URL(address).port)), `${address} still answers`)
    }
  })

  it('opens two windows of the VS Code on this screen, each with folders of its own, and ends when both are closed', async () => {
    await using folder = await temporaryFolder()
    const calls = join(folder.path, 'calls')
    // Stands for VS Code: notes what it is asked, and is closed at once.
    await writeFile(join(folder.path, 'code'), `#!/bin/sh\necho "$@" >> ${calls}\n`)
    await chmod(join(folder.path, 'code'), 0o755)
    const PATH = `${folder.path}${delimiter}${process.env.PATH}`
    await using demo = startDemo({ PATH, DISPLAY: ':0', SSH_CONNECTION: '', SSH_TTY: '', VSCODE_IPC_HOOK_CLI: '' })
    const [code] = await once(demo.child, 'exit')
    assert.equal(code, 0, demo.said())
    const lines = (await readFile(calls, 'utf8')).trim().split('\n')
    const installs = lines.filter(line => /--install-extension \S+\.vsix/.test(line))
    const windows = lines.filter(line => line.includes('--new-window'))
    assert.equal(installs.length, 2)
    assert.equal(windows.length, 2)
    for (const option of ['--user-data-dir', '--extensions-dir']) {
      const folders = windows.map(line => new RegExp(`${option} (\\S+)`).exec(line)?.[1])
      assert.equal(new Set(folders).size, 2, `each has its own ${option}`)
    }
  })
})

/** Whether nobody listens on that port of loopback. */
async function isClosed(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}
