import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
import { join } from 'node:path'
import type { Fault } from './faults.ts'
import type { Order, Outcome } from './faults-child.ts'
import { type Copy, copyWith } from './faults-copy.ts'

export type Bounds = Pick<Order, 'first' | 'last' | 'steps' | 'jobs'>

/** How worlds of a copy of the product have gone. */
export interface Trial {
  /** Seeds that were judged. */
  readonly seeds: number
  /** The seed by which the fault was caught, and what was said of it first. */
  readonly caught?: { readonly seed: number; readonly said: string }
}

/** A copy without a fault: what it fails as well catches nothing. */
export class Honest implements AsyncDisposable {
  readonly #copy: Promise<Copy>
  readonly #bounds: Bounds
  readonly #outcomes = new Map<number, Promise<Outcome>>()

  constructor(bounds: Bounds) {
    this.#bounds = bounds
    this.#copy = copyWith([])
  }

  /** How it goes with a seed: run once. */
  judge(seed: number): Promise<Outcome> {
    const outcome = this.#outcomes.get(seed) ?? this.#run(seed)
    this.#outcomes.set(seed, outcome)
    return outcome
  }

  /** Seeds that it was tried with. */
  get seeds(): number[] {
    return [...this.#outcomes.keys()].sort((a, b) => a - b)
  }

  async #run(seed: number): Promise<Outcome> {
    await using worlds = new Worlds(await this.#copy, { ...this.#bounds, first: seed, last: seed, jobs: 1 })
    for await (const outcome of worlds.outcomes()) return outcome
    throw new Error('There was no seed to run.')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#copy)[Symbol.asyncDispose]()
  }
}

/**
 * Runs worlds of a copy with that fault until the judge says of one, which the honest copy passes, what it has to say of
 * the fault. Throws when a patch does not fit any more.
 */
export async function tryFault(fault: Fault, bounds: Bounds, honest: Pick<Honest, 'judge'>): Promise<Trial> {
  await using copy = await copyWith(fault.patches)
  await using worlds = new Worlds(copy, { ...bounds, ...(fault.lie && { lie: fault.lie }) })
  let seeds = 0
  for await (const { seed, failure } of worlds.outcomes()) {
    seeds++
    const said = failure?.split('\n').find(sentence => fault.says.test(sentence))
    if (said !== undefined && (await honest.judge(seed)).failure === undefined) return { seeds, caught: { seed, said } }
  }
  return { seeds }
}

/** A process that runs worlds of a copy. */
class Worlds implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly #outcomes: ReturnType<typeof on>
  readonly #count: number
  #errors = ''

  constructor({ path }: Copy, order: Order) {
    const main = join(path, 'test/checker/faults-child.ts')
    this.#child = fork(main, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.on('data', data => {
      this.#errors = (this.#errors + data).slice(-2_000)
    })
    this.#ended = once(this.#child, 'close')
    this.#outcomes = on(this.#child, 'message', { close: ['disconnect'] })
    this.#count = order.last - order.first + 1
    this.#child.send(order)
  }

  /** In the order in which they come. Throws when the process ends before all were judged. */
  async *outcomes(): AsyncGenerator<Outcome> {
    for (let count = 0; count < this.#count; count++) {
      const { value, done } = await this.#outcomes.next()
      if (done || value === undefined) {
        await this.#ended
        throw new Error(`The worlds have ended after ${count} of ${this.#count} seeds. ${this.#errors}`)
      }
      yield value[0]
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
