import { asParleyError } from '@parley/daemon/client/basics'
import type { ControlRequests, SearchHit } from '@parley/daemon/protocol/control'
import type { Disposable } from '../event.ts'
import { limits } from '../limits.ts'
import type { Sought, Typed } from './query.ts'

type Ask = (params: ControlRequests['search'][0]) => Promise<ControlRequests['search'][1]>

/** What a search has brought so far. */
export interface Hits {
  readonly isBusy: boolean
  readonly hits: readonly SearchHit[]
  readonly more: boolean
  /** Older messages may be missing for now. */
  readonly isIndexing: boolean
  /** Why there is nothing, in a sentence. */
  readonly why?: string
}

const none: Hits = { isBusy: false, hits: [], more: false, isIndexing: false }

/** Searches all chats for what somebody types: once the typing rests, and only the last search counts. */
export class MessageSearch implements Disposable {
  readonly #ask: Ask
  readonly #changed: () => void
  #found: Hits = none
  #sought: Sought | undefined
  #key = ''
  #next: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(ask: Ask, changed: () => void) {
    this.#ask = ask
    this.#changed = changed
  }

  get found(): Hits {
    return this.#found
  }

  seek(typed: Typed): void {
    const key = JSON.stringify(typed)
    if (key === this.#key) return
    this.#key = key
    clearTimeout(this.#timer)
    this.#sought = typed.is === 'sought' ? typed.sought : undefined
    if (typed.is === 'sought') {
      this.#become({ ...this.#found, isBusy: true })
      this.#timer = setTimeout(() => void this.#run(key, []), limits.searchPause)
    } else this.#become(typed.is === 'wrong' ? { ...none, why: typed.why } : none)
  }

  /** The next page, below what is there. */
  more(): void {
    if (this.#found.isBusy || !this.#found.more) return
    this.#become({ ...this.#found, isBusy: true })
    void this.#run(this.#key, this.#found.hits)
  }

  dispose(): void {
    clearTimeout(this.#timer)
    this.#key = ''
    this.#sought = undefined
  }

  async #run(key: string, before: readonly SearchHit[]): Promise<void> {
    const sought = this.#sought
    if (!sought) return
    const next = before.length > 0 && this.#next !== undefined ? { next: this.#next } : {}
    try {
      const page = await this.#ask({ ...sought, limit: limits.searchResults, ...next })
      if (key !== this.#key) return
      this.#next = page.next
      const hits = [...before, ...page.hits]
      this.#become({ isBusy: false, hits, more: page.next !== undefined, isIndexing: page.isIndexing ?? false })
    } catch (error) {
      if (key === this.#key) this.#become({ ...none, why: asParleyError(error).message })
    }
  }

  #become(found: Hits): void {
    this.#found = found
    this.#changed()
  }
}
