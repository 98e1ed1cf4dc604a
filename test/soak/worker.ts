import { runWorld } from '../checker/world.ts'

/** What a process of the soak is told to do. */
export interface Order {
  readonly seed: number
  readonly steps: number
}

export interface Outcome {
  readonly seed: number
  readonly messages: number
  /** Why the seed has failed. */
  readonly failure?: string
}

process.on('message', ({ seed, steps }: Order) => {
  runWorld({ seed, steps }).then(
    messages => tell({ seed, messages }),
    error => tell({ seed, messages: 0, failure: error instanceof Error ? error.message : String(error) }),
  )
})

function tell(outcome: Outcome): void {
  process.send?.(outcome)
}
