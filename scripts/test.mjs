// npm test: everything, or the files that are named, with any options of mocha.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { become, runNode, setUp } from './setup.mjs'

const mocha = 'node_modules/mocha/bin/mocha.js'
const everything = ['test/unit/**/*.test.ts', 'test/system/**/*.test.ts']
// These compare times, so nothing else may run beside them.
const timed = ['test/unit/**/*.timed.test.ts', 'test/system/**/*.timed.test.ts']

await setUp()
const args = process.argv.slice(2)
if (args.some(arg => arg.endsWith('.ts'))) await become([mocha, ...args])

const folder = mkdtempSync(join(tmpdir(), 'parley-tests-'))
const env = { PARLEY_TEST_TOTALS: join(folder, 'totals') }
const ignored = timed.flatMap(glob => ['--ignore', glob])
const codes = [
  await runNode([mocha, '--parallel', '--jobs', '2', ...ignored, ...args, ...everything], env),
  await runNode([mocha, ...args, ...timed], env),
]
rmSync(folder, { recursive: true })
process.exitCode = Math.max(...codes)
