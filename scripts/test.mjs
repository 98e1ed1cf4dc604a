// npm test: everything, or the files that are named, with any options of mocha.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { become, root, runNode, setUp } from './setup.mjs'

const mocha = 'node_modules/mocha/bin/mocha.js'
// The long ones first, so that none is left to run alone at the end.
const everything = ['test/system/faults.test.ts', 'test/system/!(faults).test.ts', 'test/unit/**/*.test.ts']
// These compare times, so nothing else may run beside them.
const timed = ['test/unit/**/*.timed.test.ts', 'test/system/**/*.timed.test.ts']

await setUp()
const args = process.argv.slice(2)
if (args.some(arg => arg.endsWith('.ts'))) await become([mocha, ...args])

const folder = mkdtempSync(join(tmpdir(), 'parley-tests-'))
// The daemons of the tests are what ships: it starts in half the time of the sources, and there are hundreds.
const built = await runNode(['scripts/build/main.ts'])
if (built !== 0) process.exit(built)
const env = { PARLEY_TEST_TOTALS: join(folder, 'totals'), PARLEY_TEST_PROGRAM: join(root, 'dist/daemon/bin/parley.js') }
const ignored = timed.flatMap(glob => ['--ignore', glob])
const codes = [
  await runNode([mocha, '--parallel', '--jobs', '4', ...ignored, ...args, ...everything], env),
  await runNode([mocha, ...args, ...timed], env),
]
rmSync(folder, { recursive: true })
process.exitCode = Math.max(...codes)
