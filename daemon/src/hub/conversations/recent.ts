import { limits } from '../../limits.ts'
import { cutRun, type LogEntry } from './log-reader.ts'
import type { Placed } from './timeline.ts'

/** One's own entry with what it shows. */
export interface RecentEntry extends LogEntry {
  readonly hash: Uint8Array
  readonly placed: Placed | undefined
}

/**
 * One's own last entries of a conversation: what goes out live and comes back acknowledged a moment later is not read
 * from storage again. Holds consecutive entries only, up to a number of bytes.
 */
export class Recent {
  #entries: RecentEntry[] = []
  #bytes = 0

  add(recent: RecentEntry): void {
    const last = this.#entries.at(-1)
    if (last !== undefined && recent.seq !== last.seq + 1) this.clear()
    this.#entries.push(recent)
    this.#bytes += recent.size
    if (this.#bytes > limits.recentBytes || this.#entries.length > limits.recentEntries) this.#drop()
  }

  clear(): void {
    this.#entries = []
    this.#bytes = 0
  }

  get(seq: number): RecentEntry | undefined {
    const first = this.#entries[0]
    return first === undefined ? undefined : this.#entries[seq - first.seq]
  }

  /** The entries from `seq` on, as a run of about `bytes`. */
  run(seq: number, bytes: number): readonly RecentEntry[] {
    const first = this.#entries[0]
    return first === undefined ? [] : cutRun(this.#entries.slice(seq - first.seq), bytes)
  }

  /** Drops the older half at once, so that adding stays cheap. */
  #drop(): void {
    const dropped = this.#entries.splice(0, Math.ceil(this.#entries.length / 2))
    for (const { size } of dropped) this.#bytes -= size
  }
}
