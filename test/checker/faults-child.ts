/** Runs worlds of its own copy of the product, one seed after the other, until one fails or it is ended. */

import type { Lie } from './disk.ts'
import { runWorld } from './world.ts'

export interface Order {
  readonly first: number
  readonly last: number
  readonly steps: number
  /** Worlds at a time. */
  readonly jobs: number
  readonly lie?: Lie
}

export interface Outcome {
  readonly seed: number
  /** What the judge said. */
  readonly failure?: string
}

process.once('message', (order: Order) => void run(order))
// Whoever gave the order is gone.
process.once('disconnect', () => process.exit())

async function run({ first, last, steps, jobs, lie }: Order): Promise<void> {
  let next = first
  const work = async () => {
    while (next <= last) tell(await outcomeOf(next++))
  }
  const outcomeOf = async (seed: number): Promise<Outcome> => {
    try {
      await runWorld({ seed, steps, ...(lie && { lie }) })
      return { seed }
    } catch (error) {
      return { seed, failure: error instanceof Error ? error.message : String(error) }
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  process.disconnect()
}

function tell(outcome: Outcome): void {
  process.send?.(outcome)
}
