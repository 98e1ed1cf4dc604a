import { fork } from 'node:child_process'
import { join } from 'node:path'
import { again, type Seeds, say, seconds } from './seeds.ts'
import type { Order, Outcome } from './worker.ts'

export interface WorldsOptions {
  readonly steps: number
  /** Processes. */
  readonly workers: number
  /** Worlds at a time in each of them: most of one is waiting for the wire to fall silent. */
  readonly jobs: number
}

/** Runs the checker's world of each seed, many at a time. Gives an exit code: 1 when a seed has failed. */
export async function soakWorlds(seeds: Seeds, options: WorldsOptions): Promise<number> {
  const soak = new Soak(seeds, options)
  const ticking = setInterval(() => soak.tell(), 10_000)
  try {
    await Promise.all(Array.from({ length: options.workers }, () => soak.work()))
  } finally {
    clearInterval(ticking)
  }
  return soak.end()
}

class Soak {
  readonly #seeds: Seeds
  readonly #options: WorldsOptions
  readonly #began = performance.now()
  readonly #failed: number[] = []
  /** Handed out and not done. */
  readonly #running = new Set<number>()
  #next: number
  #done = 0
  #messages = 0

  constructor(seeds: Seeds, options: WorldsOptions) {
    this.#seeds = seeds
    this.#options = options
    this.#next = seeds.first
  }

  get #isOver(): boolean {
    return this.#next > this.#seeds.last || this.#failed.length >= mostFailures
  }

  /** Keeps one process at work until no seed is left. */
  async work(): Promise<void> {
    const worker = fork(join(import.meta.dirname, 'worker.ts'))
    const own = new Set<number>()
    const ended = new Promise<number | null>(resolve => worker.once('exit', resolve))
    const order = () => {
      while (own.size < this.#options.jobs && !this.#isOver) {
        const seed = this.#next++
        own.add(seed)
        this.#running.add(seed)
        worker.send({ seed, steps: this.#options.steps } satisfies Order)
      }
      if (own.size === 0 && worker.connected) worker.disconnect()
    }
    worker.on('message', (outcome: Outcome) => {
      own.delete(outcome.seed)
      this.#take(outcome)
      order()
    })
    order()
    const code = await ended
    for (const seed of own) this.#take({ seed, messages: 0, failure: `seed ${seed}: its process ended with ${code}` })
  }

  /** How far it is. */
  tell(): void {
    const { first, last } = this.#seeds
    const total = last - first + 1
    const left = ((performance.now() - this.#began) / Math.max(1, this.#done)) * (total - this.#done)
    const failed = this.#failed.length > 0 ? `, failed: ${this.#sorted.join(', ')}` : ''
    const time = `${seconds(this.#began)} s, about ${Math.ceil(left / 1000)} s left`
    say(`${this.#done} of ${total} seeds, ${this.#messages} messages${failed}; ${time}; running from ${this.#oldest}`)
  }

  end(): number {
    const { last } = this.#seeds
    if (this.#failed.length === 0) {
      say(`${this.#done} seeds clean: ${this.#messages} messages, in ${seconds(this.#began)} s.`)
      return 0
    }
    say(
      `${this.#failed.length} of ${this.#done} seeds failed, in ${seconds(this.#began)} s: ${this.#sorted.join(', ')}.`,
    )
    for (const seed of this.#sorted) say(again('worlds', { first: seed, last: seed }))
    if (this.#next <= last) say(again('worlds', { first: this.#next, last }))
    return 1
  }

  #take({ seed, messages, failure }: Outcome): void {
    this.#running.delete(seed)
    this.#done++
    this.#messages += messages
    if (failure === undefined) return
    this.#failed.push(seed)
    say(failure)
  }

  get #sorted(): number[] {
    return this.#failed.toSorted((a, b) => a - b)
  }

  /** Everything before it is done: where a soak that is stopped goes on. */
  get #oldest(): number {
    return Math.min(this.#next, ...this.#running)
  }
}

/** After so many nothing new is learnt. */
const mostFailures = 25
