import { ParleyError } from '../../errors.ts'
import { limits } from '../../limits.ts'
import type { MessageName } from '../../protocol/bodies.ts'
import type { Draft } from './draft.ts'

/** What a change looks up. */
export interface Lookups {
  /** Messages. */
  readonly names?: readonly MessageName[]
  /** Messages that it lets go of. */
  readonly dropped?: readonly MessageName[]
  /** Other rows, by key. */
  readonly rows?: readonly string[]
}

interface Waiting {
  readonly lookups: Lookups
  apply(draft: Draft): void
  resolve(): void
  reject(error: ParleyError): void
  failures: number
}

/** Changes of a conversation that come from neither a person nor a log: each is made in the next batch, in order. */
export class Changes {
  #waiting: Waiting[] = []

  /** Resolves once `apply` is committed; it may be called again when a write fails. Rejects with `busy` or `storage`. */
  add(apply: (draft: Draft) => void, lookups: Lookups = {}): Promise<void> {
    if (this.#waiting.length >= limits.waitingSends) {
      const words = 'Too many changes of this conversation wait to be stored. Try again in a moment.'
      return Promise.reject(new ParleyError('busy', words, { retryAfter: limits.sendAgain }))
    }
    return new Promise((resolve, reject) => this.#waiting.push({ apply, lookups, resolve, reject, failures: 0 }))
  }

  /** What the next batch looks up, and for how many changes: others may come meanwhile. */
  get lookups(): Required<Lookups> & { readonly count: number } {
    const next = this.#waiting.slice(0, limits.batchMessages).map(({ lookups }) => lookups)
    return {
      count: next.length,
      names: next.flatMap(({ names = [] }) => names),
      dropped: next.flatMap(({ dropped = [] }) => dropped),
      rows: next.flatMap(({ rows = [] }) => rows),
    }
  }

  get count(): number {
    return this.#waiting.length
  }

  /** Makes the first ones, as many as fit into a batch; gives how many those were. `most`: what was looked up is for them. */
  make(draft: Draft, most: number): number {
    let made = 0
    for (const { apply, lookups } of this.#waiting.slice(0, most)) {
      const dropped = lookups.dropped ?? []
      const rows = dropped.reduce((sum, name) => sum + draft.timeline.costOfDrop(name), 0)
      if (!draft.hasRoom(limits.body, rows)) break
      apply(draft)
      made++
    }
    return made
  }

  settle(made: number): void {
    for (const { resolve } of this.#waiting.splice(0, made)) resolve()
  }

  /** A write has failed: each is tried once more, if `mayTryAgain`. */
  fail(error: ParleyError, mayTryAgain: boolean): void {
    const kept: Waiting[] = []
    for (const each of this.#waiting) {
      each.failures++
      if (mayTryAgain && each.failures < 2) kept.push(each)
      else each.reject(error)
    }
    this.#waiting = kept
  }
}
