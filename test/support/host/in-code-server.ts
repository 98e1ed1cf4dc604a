import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { artefact } from '../editor/artefacts.ts'
import { launchChromium } from '../editor/chromium.ts'
import { CodeServer } from '../editor/code-server.ts'
import { endHub } from '../editor/hub-process.ts'
import { extensionFolder } from '../editor/package.ts'
import { bundleHostTests } from './bundle.ts'
import { type HostResult, resultsVariable } from './results.ts'

/** ms until all suites must be done. */
const deadline = 120_000

/** Runs the suites of test/host inside the extension host of a code-server, with the extension as it ships. */
export async function runInCodeServer(): Promise<readonly HostResult[]> {
  await using tests = await bundleHostTests()
  const folder = await mkdtemp(join(tmpdir(), 'parley-host-'))
  const home = join(folder, 'home')
  const results = join(folder, 'results.json')
  const workspace = join(folder, 'workspace')
  await mkdir(workspace)
  try {
    const env = { PARLEY_HOME: home, [resultsVariable]: results }
    await using server = await CodeServer.start({ folder, env, runsTests: true })
    const printed = await open(server, workspace, await extensionFolder(), tests.path)
    if (existsSync(results)) return JSON.parse(await readFile(results, 'utf8'))
    await cp(server.logs, artefact('failed/host/logs'), { recursive: true })
    throw new Error(`the extension host gave no results:\n${printed}`)
  } finally {
    await endHub(home, 'SIGTERM')
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Opens a window that runs the tests, and gives what they printed once they are done. */
async function open(server: CodeServer, workspace: string, extension: string, tests: string): Promise<string> {
  const browser = await launchChromium()
  try {
    const context = await browser.newContext()
    const printed: string[] = []
    const ended = Promise.withResolvers<void>()
    await context.exposeFunction('codeAutomationLog', (_kind: string, args: unknown) => printed.push(String(args)))
    await context.exposeFunction('codeAutomationExit', () => ended.resolve())
    const payload = [
      ['extensionDevelopmentPath', `vscode-remote://remote${extension}`],
      ['extensionTestsPath', `vscode-remote://remote${tests}`],
      ['skipWelcome', 'true'],
    ]
    const page = await context.newPage()
    const asked = `folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`
    await page.goto(`${server.url}/?${asked}`)
    const late = setTimeout(
      () => ended.reject(new Error(`not done within ${deadline} ms: ${printed.join('\n')}`)),
      deadline,
    )
    await ended.promise.finally(() => clearTimeout(late))
    return printed.join('\n')
  } finally {
    await browser.close()
  }
}
