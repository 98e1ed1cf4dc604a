/** Runs inside an extension host: VS Code calls `run` and takes a rejection as failure. Bundled together with the tests. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Mocha from 'mocha'
import { type HostResult, resultsVariable } from './results.ts'

export async function run(): Promise<void> {
  const mocha = new Mocha({ timeout: 30_000, forbidOnly: true })
  mocha.addFile(join(__dirname, 'tests.cjs'))
  await mocha.loadFilesAsync()
  const results: HostResult[] = []
  mocha.reporter(Silent)
  const failures = await new Promise<number>(resolve => {
    const runner = mocha.run(resolve)
    const done = (test: Mocha.Runnable, state: HostResult['state'], error?: Error) =>
      results.push({
        path: test.titlePath(),
        state,
        duration: test.duration ?? 0,
        ...(error && { error: { message: error.message, stack: error.stack ?? '' } }),
      })
    runner.on('pass', test => done(test, 'passed'))
    runner.on('pending', test => done(test, 'skipped'))
    runner.on('fail', (test, error) => done(test, 'failed', error))
  })
  writeFileSync(process.env[resultsVariable] ?? '', JSON.stringify(results))
  if (failures > 0) throw new Error(`${failures} tests failed`)
}

/** What it printed would go where nobody looks. */
class Silent extends Mocha.reporters.Base {
  override epilogue(): void {}
}
