/**
 * What takes too long for every run of the tests:
 *
 *     npm run soak -- worlds --seeds 1..1000    homes that are killed, put back, run twice and cut off, many worlds at once
 *     npm run soak -- kills --seeds 1..5        real processes that are killed, ten times for each seed
 *     npm run soak -- faults --seeds 1..100     faults planted in copies of the product, each of which must be caught
 *
 * Ends with 0 when nothing acknowledged was lost or doubled, with 1 when a seed has failed or a fault was not caught, with
 * 2 when the options make no sense.
 */
import { parseArgs } from 'node:util'
import { soakFaults } from './faults.ts'
import { soakKills } from './kills.ts'
import { readSeeds, say } from './seeds.ts'
import { soakWorlds } from './worlds.ts'

/** Seeds, where none are given. */
const usual: { readonly [what: string]: string } = { worlds: '1..1000', faults: '1..100' }

process.exit((await soak()) ?? wrong())

async function soak(): Promise<number | undefined> {
  const text = { type: 'string' } as const
  const options = { seeds: text, kills: text, steps: text, workers: text, jobs: text, only: text }
  const { values, positionals } = parseArgs({ options, allowPositionals: true, strict: true })
  const [what = 'worlds'] = positionals
  const seeds = readSeeds(values.seeds ?? usual[what] ?? '1..5')
  const [count, workers, jobs] = [values.kills ?? values.steps, values.workers, values.jobs].map(readCount)
  if (seeds === undefined || count === undefined || workers === undefined || jobs === undefined) return undefined
  if (what === 'worlds') return soakWorlds(seeds, { steps: count || 120, workers: workers || 2, jobs: jobs || 8 })
  if (what === 'kills') return soakKills(seeds, count || 10)
  if (what === 'faults') {
    return soakFaults(seeds, { steps: count || 60, jobs: jobs || 8, ...(values.only && { only: values.only }) })
  }
  return undefined
}

/** 0 without one; undefined for what is none. */
function readCount(text: string | undefined): number | undefined {
  const count = Number(text ?? 0)
  return Number.isInteger(count) && count >= 0 ? count : undefined
}

function wrong(): number {
  say('Usage: npm run soak -- [worlds|kills|faults] [--seeds FIRST..LAST] [--steps PER_WORLD] [--kills PER_SEED]')
  say('       worlds: [--workers PROCESSES] [--jobs WORLDS_AT_ONCE_IN_EACH]')
  say('       faults: [--only PART_OF_A_NAME] [--jobs WORLDS_AT_ONCE]')
  return 2
}
