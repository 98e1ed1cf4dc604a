// npm test: everything, or the files that are named, with any options of mocha.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { become, root, runNode, setUp } from './setup.mjs'

const mocha = 'node_modules/mocha/bin/mocha.js'
// The long ones first, so that none is left to run alone at the end.
const daemons = [
  'test/system/{faults,network,mailbox}.test.ts',
  'test/system/!(faults|network|mailbox).test.ts',
  'test/unit/**/*.test.ts',
]
const editors = ['test/editor/**/*.test.ts', 'test/surface/**/*.test.ts']
// These compare times, so nothing else may run beside them.
const timed = ['unit', 'system', 'editor', 'surface'].map(folder => `test/${folder}/**/*.timed.test.ts`)

await setUp()
const args = process.argv.slice(2)
if (args.some(arg => arg.endsWith('.ts'))) await become([mocha, ...args])

const folder = mkdtempSync(join(tmpdir(), 'parley-tests-'))
rmSync(join(root, '.artefacts'), { recursive: true, force: true })
// Fetched beside the tests of the daemons, once. What goes wrong there the tests in an editor will say.
const fetching = runNode(['scripts/editor/main.ts'])
// The daemons of the tests are what ships: it starts in half the time of the sources, and there are hundreds.
for (const script of ['scripts/build/main.ts', 'scripts/build/package.ts']) {
  const built = await runNode([script])
  if (built !== 0) process.exit(built)
}
const { name, version } = JSON.parse(readFileSync(join(root, 'extension', 'package.json'), 'utf8'))
const env = {
  PARLEY_TEST_TOTALS: join(folder, 'totals'),
  PARLEY_TEST_PROGRAM: join(root, 'dist/daemon/bin/parley.js'),
  PARLEY_TEST_VSIX: join(root, 'dist', `${name}-${version}.vsix`),
}
const ignored = timed.flatMap(glob => ['--ignore', glob])
const beside = jobs => ['--parallel', '--jobs', String(jobs), ...ignored, ...args]
const codes = [await runNode([mocha, ...beside(4), ...daemons], env)]
await fetching
codes.push(await runNode([mocha, ...beside(2), ...editors], env))
codes.push(await runNode([mocha, ...args, ...timed], env))
rmSync(folder, { recursive: true })
process.exitCode = Math.max(...codes)
