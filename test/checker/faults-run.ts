import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Fault } from './faults.ts'
import type { Order, Outcome } from './faults-child.ts'
import { copyWith } from './faults-copy.ts'

export type Bounds = Pick<Order, 'first' | 'last' | 'steps' | 'jobs'>

/** How worlds of a copy of the product have gone. */
export interface Trial {
  /** Seeds that were judged. */
  readonly seeds: number
  /** The first seed that failed, and the first sentence that was said of it. */
  readonly caught?: { readonly seed: number; readonly said: string }
}

/** Runs worlds of a copy with that fault, or of an honest one, until the first seed that fails. Throws when a patch does not fit. */
export async function tryFault(fault: Fault | undefined, bounds: Bounds): Promise<Trial> {
  await using copy = await copyWith(fault?.patches ?? [])
  const child = fork(join(copy.path, 'test/checker/faults-child.ts'), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  const ended = once(child, 'exit')
  let errors = ''
  child.stderr?.on('data', data => {
    errors = (errors + data).slice(-10_000)
  })
  try {
    return await new Promise<Trial>((resolve, reject) => {
      let seeds = 0
      child.on('error', reject)
      child.on('message', ({ seed, failure }: Outcome) => {
        seeds++
        if (failure !== undefined) resolve({ seeds, caught: { seed, said: firstSentence(failure) } })
        else if (seeds === bounds.last - bounds.first + 1) resolve({ seeds })
      })
      child.once('close', code => {
        // A fault may end the process as well: that is no judgement, and yet nobody would overlook it.
        reject(new Error(`The worlds have ended with ${code} after ${seeds} seeds. ${errors}`))
      })
      child.send({ ...bounds, ...(fault?.lie && { lie: fault.lie }) } satisfies Order)
    })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** Of what the judge said, without the seed. */
function firstSentence(failure: string): string {
  const [first = '', second] = failure.split('\n')
  return second ?? first
}
