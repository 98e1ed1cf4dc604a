import type { Host } from '../bridge.ts'
import { limits } from '../limits.ts'

/** Tells the others that somebody writes: again every few seconds while they do, and when they do not any more. */
export class Typing {
  readonly #host: Host
  readonly #now: () => number
  #told = Number.NEGATIVE_INFINITY
  #isTold = false
  #rest: ReturnType<typeof setTimeout> | undefined

  /** `now`: ms that never go back. */
  constructor(host: Host, now: () => number = () => performance.now()) {
    this.#host = host
    this.#now = now
  }

  /** What is being written has become this. */
  wrote(text: string): void {
    if (text.trim() === '') {
      this.stop()
      return
    }
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => this.stop(), limits.typingRest)
    if (this.#now() - this.#told < limits.typingAgain) return
    this.#told = this.#now()
    this.#isTold = true
    this.#host.ask('typing', {}).catch(() => {})
  }

  /** Sent, emptied, or left. */
  stop(): void {
    clearTimeout(this.#rest)
    this.#told = Number.NEGATIVE_INFINITY
    if (!this.#isTold) return
    this.#isTold = false
    this.#host.ask('typing', { stopped: true }).catch(() => {})
  }
}
