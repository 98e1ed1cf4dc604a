import type { Log, Observers } from '@parley/kit'
import { limits } from '../limits.ts'
import { within } from './setup.ts'

/** One plugin's observers, and the log that names it. */
export interface Observing {
  readonly observers: Observers
  readonly log: Log
}

type Hook = keyof Observers
type Told<H extends Hook> = Parameters<NonNullable<Observers[H]>>[0]

/** Tells every plugin what was done, each in a queue of its own: none delays another, or whoever tells. */
export class Telling {
  readonly #queues: readonly Queue[]

  constructor(observings: readonly Observing[], signal: AbortSignal, deadline: number = limits.observer) {
    this.#queues = observings.map(observing => new Queue(observing, signal, deadline))
  }

  /** Whether anybody is told of that at all. */
  has(hook: Hook): boolean {
    return this.#queues.some(queue => queue.wants(hook))
  }

  /** Returns at once and never throws. */
  tell<H extends Hook>(hook: H, event: Told<H>): void {
    for (const queue of this.#queues) queue.add(hook, event)
  }

  /** Resolves when everything told so far was taken, or given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#queues.map(queue => queue.running))
  }
}

/** The events of one plugin, one after the other. */
class Queue {
  readonly #observing: Observing
  readonly #signal: AbortSignal
  readonly #deadline: number
  readonly #waiting: (readonly [Hook, unknown])[] = []
  #dropped = 0
  #isRunning = false
  running: Promise<void> = Promise.resolve()

  constructor(observing: Observing, signal: AbortSignal, deadline: number) {
    this.#observing = observing
    this.#signal = signal
    this.#deadline = deadline
  }

  wants(hook: Hook): boolean {
    return this.#observing.observers[hook] !== undefined
  }

  add(hook: Hook, event: unknown): void {
    if (!this.wants(hook) || this.#signal.aborted) return
    if (this.#waiting.length >= limits.observerQueue) {
      if (this.#dropped++ === 0)
        this.#observing.log.warn({ waiting: limits.observerQueue }, 'The observer is too slow: events are dropped')
      return
    }
    this.#waiting.push([hook, event])
    if (this.#isRunning) return
    this.#isRunning = true
    this.running = this.#run()
  }

  async #run(): Promise<void> {
    // In a turn of its own: whoever tells has gone on by then.
    await new Promise(setImmediate)
    for (let next = this.#waiting.shift(); next && !this.#signal.aborted; next = this.#waiting.shift()) {
      await this.#tell(...next)
    }
    this.#isRunning = false
    if (this.#dropped > 0)
      this.#observing.log.warn({ dropped: this.#dropped }, 'The observer has caught up; some events it was not told')
    this.#dropped = 0
  }

  async #tell(hook: Hook, event: unknown): Promise<void> {
    const { observers, log } = this.#observing
    const observe = observers[hook] as ((event: unknown, signal: AbortSignal) => unknown) | undefined
    const deadline = new AbortController()
    const signal = AbortSignal.any([deadline.signal, this.#signal])
    const late = () => new Error(`it has not ended within ${this.#deadline} ms`)
    try {
      await within((async () => observe?.call(observers, event, signal))(), this.#deadline, this.#signal, late)
    } catch (error) {
      if (!this.#signal.aborted) log.error({ error, observer: hook }, 'The observer has failed')
    } finally {
      deadline.abort()
    }
  }
}
