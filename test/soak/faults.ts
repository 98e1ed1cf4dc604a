import { type Fault, faults } from '../checker/faults.ts'
import { type Bounds, Honest, type Trial, tryFault } from '../checker/faults-run.ts'
import { again, type Seeds, say, seconds } from './seeds.ts'

export interface FaultsOptions extends Pick<Bounds, 'steps' | 'jobs'> {
  /** Only those faults whose name has this in it. */
  readonly only?: string
}

/**
 * Plants each fault in a copy of the product and runs worlds of it until the checker catches it by a seed that an honest
 * copy passes. Gives an exit code: 1 when a fault was not caught, or when an honest copy failed as well.
 */
export async function soakFaults(seeds: Seeds, { only = '', ...options }: FaultsOptions): Promise<number> {
  const chosen = faults.filter(({ name }) => name.includes(only))
  const bounds = { ...seeds, ...options }
  await using honest = new Honest(bounds)
  const escaped: string[] = []
  for (const fault of chosen) {
    const began = performance.now()
    const trial = await tryFault(fault, bounds, honest)
    say(lineOf(fault, trial, seconds(began)))
    if (trial.caught === undefined) escaped.push(fault.name)
  }
  const outcomes = await Promise.all(honest.seeds.map(seed => honest.judge(seed)))
  const failed = outcomes.filter(({ failure }) => failure !== undefined)
  for (const { seed, failure } of failed) say(`An honest copy fails as well: ${failure}\n${againWith(seed)}`)
  if (failed.length === 0) say(`An honest copy passes the same seeds: ${honest.seeds.join(', ')}.`)
  if (escaped.length > 0) say(`Not caught within seeds ${seeds.first}..${seeds.last}: ${escaped.join(', ')}.`)
  return chosen.length > 0 && escaped.length + failed.length === 0 ? 0 : 1
}

function againWith(seed: number): string {
  return again('worlds', { first: seed, last: seed })
}

function lineOf({ name }: Fault, { seeds, caught }: Trial, time: string): string {
  if (caught === undefined) return `${name}: NOT caught in ${seeds} seeds, ${time} s.`
  return `${name}: caught by seed ${caught.seed} after ${seeds} seeds, ${time} s: ${caught.said}`
}
