import { appendFileSync, readFileSync } from 'node:fs'
import mocha from 'mocha'

/** What one run of mocha counted. */
interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * Mocha's own report, and behind it one plain line that any CI understands. Runs that are told the same file in
 * PARLEY_TEST_TOTALS count on from each other.
 */
export default class Reporter extends mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue()
    const { passes = 0, failures = 0, pending = 0 } = this.stats ?? {}
    const { passed, failed, skipped } = total({ passed: passes, failed: failures, skipped: pending })
    mocha.reporters.Base.consoleLog(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}

function total(counts: Counts): Counts {
  const file = process.env.PARLEY_TEST_TOTALS
  if (!file) return counts
  appendFileSync(file, `${JSON.stringify(counts)}\n`)
  const runs: Counts[] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const sum = (count: keyof Counts) => runs.reduce((so, run) => so + run[count], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}
