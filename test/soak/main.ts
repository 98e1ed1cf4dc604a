/**
 * What takes too long for every run of the tests:
 *
 *     npm run soak -- worlds --seeds 1..1000    homes that are killed, put back, run twice and cut off, in one process
 *     npm run soak -- kills --seeds 1..5        real processes that are killed, ten times for each seed
 *
 * Ends with 0 when nothing acknowledged was lost or doubled, with 1 when a seed has failed, with 2 when the options make
 * no sense.
 */
import { parseArgs } from 'node:util'
import { soakKills } from './kills.ts'
import { readSeeds, say } from './seeds.ts'
import { soakWorlds } from './worlds.ts'

process.exit((await soak()) ?? wrong())

async function soak(): Promise<number | undefined> {
  const options = { seeds: { type: 'string' }, kills: { type: 'string' }, steps: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true, strict: true })
  const [what = 'worlds'] = positionals
  const seeds = readSeeds(values.seeds ?? (what === 'worlds' ? '1..1000' : '1..5'))
  const count = Number(values.kills ?? values.steps ?? 0)
  if (seeds === undefined || !Number.isInteger(count) || count < 0) return undefined
  if (what === 'worlds') return soakWorlds(seeds, { steps: count || 60, jobs: 8 })
  if (what === 'kills') return soakKills(seeds, count || 10)
  return undefined
}

function wrong(): number {
  say('Usage: npm run soak -- [worlds|kills] [--seeds FIRST..LAST] [--steps PER_WORLD] [--kills PER_SEED]')
  return 2
}
