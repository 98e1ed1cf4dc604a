import type { Context } from 'mocha'

/** Skips the test that runs, saying why and what would let it run. */
export function skip(test: Context, why: string): never {
  console.log(`      skipped: ${why}`)
  return test.skip()
}
