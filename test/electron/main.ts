// npm run test:electron: the suites of test/host in the VS Code that Microsoft ships, where it can be downloaded.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron'
import { endHub } from '../support/editor/hub-process.ts'
import { extensionFolder } from '../support/editor/package.ts'
import { bundleHostTests } from '../support/host/bundle.ts'
import { type HostResult, resultsVariable } from '../support/host/results.ts'

const help = `Usage: npm run test:electron [-- --version 1.106.0]

Runs the suites of test/host in a real VS Code for the desktop, downloaded once into .vscode-test.
--version: stable (the default), insiders, or a number.`

const { values } = parseArgs({
  options: { version: { type: 'string', default: 'stable' }, help: { type: 'boolean', short: 'h' } },
})
if (values.help) console.log(help)
else process.exitCode = await main(values.version)

async function main(version: string): Promise<number> {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    console.error('VS Code needs a display, and there is none. Without a screen: xvfb-run -a npm run test:electron')
    return 1
  }
  const program = await download(version)
  if (program === undefined) return 1
  const results = await runIn(program)
  for (const { path, state, error } of results) {
    console.log(`${{ passed: '✔', failed: '✗', skipped: '-' }[state]} ${path.join(': ')}`)
    if (error) console.log(error.stack)
  }
  const count = (state: HostResult['state']) => results.filter(result => result.state === state).length
  console.log(`${count('passed')} passed, ${count('failed')} failed`)
  return results.length > 0 && count('failed') === 0 ? 0 : 1
}

/** The program of that version; undefined, and said why, where it cannot be had. */
async function download(version: string): Promise<string | undefined> {
  try {
    return await downloadAndUnzipVSCode({ version })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    console.error(
      `VS Code ${version} cannot be downloaded from here (${why}). \`npm test\` runs the same suites in code-server.`,
    )
    return undefined
  }
}

async function runIn(vscodeExecutablePath: string): Promise<readonly HostResult[]> {
  await using tests = await bundleHostTests()
  const folder = await mkdtemp(join(tmpdir(), 'parley-electron-'))
  const home = join(folder, 'home')
  const results = join(folder, 'results.json')
  const workspace = join(folder, 'workspace')
  await mkdir(workspace)
  try {
    await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: await extensionFolder(),
      extensionTestsPath: tests.path,
      extensionTestsEnv: { PARLEY_HOME: home, [resultsVariable]: results },
      launchArgs: [workspace, '--disable-extensions', '--user-data-dir', join(folder, 'data'), '--disable-gpu'],
    }).catch((error: Error) => console.error(error.message)) // the results say which
    return JSON.parse(await readFile(results, 'utf8').catch(() => '[]'))
  } finally {
    await endHub(home, 'SIGTERM')
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
