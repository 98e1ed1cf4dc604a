import { type Fault, faults } from '../checker/faults.ts'
import { type Trial, tryFault } from '../checker/faults-run.ts'
import { type Seeds, say, seconds } from './seeds.ts'

export interface FaultsOptions {
  readonly steps: number
  /** Worlds at a time: most of one is waiting for the wire to fall silent. */
  readonly jobs: number
  /** Only those faults whose name has this in it. */
  readonly only?: string
}

/**
 * Plants each fault in a copy of the product and runs worlds of it until the checker catches it; then an honest copy has to
 * pass all the seeds by which one was caught. Gives an exit code: 1 when a fault was not caught or the honest copy was.
 */
export async function soakFaults(seeds: Seeds, { only = '', ...options }: FaultsOptions): Promise<number> {
  const chosen = faults.filter(({ name }) => name.includes(only))
  const escaped: string[] = []
  let reached = seeds.first
  for (const fault of chosen) {
    const began = performance.now()
    const trial = await tryFault(fault, { ...seeds, ...options })
    say(lineOf(fault, trial, seconds(began)))
    if (trial.caught === undefined) escaped.push(fault.name)
    else reached = Math.max(reached, trial.caught.seed)
  }
  if (escaped.length > 0) say(`Not caught within seeds ${seeds.first}..${seeds.last}: ${escaped.join(', ')}.`)
  const began = performance.now()
  const honest = await tryFault(undefined, { first: seeds.first, last: reached, ...options })
  if (honest.caught === undefined) say(`An honest copy passes seeds ${seeds.first}..${reached}, ${seconds(began)} s.`)
  else say(`An honest copy fails by seed ${honest.caught.seed}: ${honest.caught.said}`)
  return chosen.length > 0 && escaped.length === 0 && honest.caught === undefined ? 0 : 1
}

function lineOf({ name }: Fault, { seeds, caught }: Trial, time: string): string {
  if (caught === undefined) return `${name}: NOT caught in ${seeds} seeds, ${time} s.`
  return `${name}: caught by seed ${caught.seed} after ${seeds} seeds, ${time} s: ${caught.said}`
}
