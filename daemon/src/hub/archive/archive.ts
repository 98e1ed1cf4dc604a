import type { Log, SearchIndex, Storage } from '@parley/kit'
import { ParleyError } from '../../errors.ts'
import type { HybridClock } from '../../protocol/clock.ts'
import type { ControlRequests } from '../../protocol/control.ts'
import type { Circles } from '../circles.ts'
import type { Company } from '../company.ts'
import type { HubNews } from '../news.ts'
import type { Asker, Passage } from './asker.ts'
import { usersNamed } from './authors.ts'
import { exportHistory } from './export.ts'
import { importHistory } from './import.ts'
import { Indexer } from './indexer.ts'
import { Retention, type RetentionParts } from './retention.ts'
import { Search } from './search.ts'

type Params<Method extends keyof ControlRequests> = ControlRequests[Method][0]
type Result<Method extends keyof ControlRequests> = Promise<ControlRequests[Method][1]>

export interface ArchiveParts {
  readonly storage: Storage
  /** Full text search, where a plugin offers it. */
  readonly index: SearchIndex | undefined
  readonly circles: Circles
  readonly company: Pick<Company, 'keyed'>
  readonly chats: RetentionParts['chats']
  readonly clock: Pick<HybridClock, 'physical'>
  /** One's own name at the team. */
  readonly ownName: () => string | undefined
  readonly watch: (listener: (news: HubNews) => void) => () => void
  readonly log: Log
}

/** All that was said: finding it, taking it out and in, and letting it go. */
export class Archive {
  readonly #parts: ArchiveParts
  readonly #indexer: Indexer
  readonly #search: Search
  readonly #retention: Retention
  readonly #closing = new AbortController()
  #unwatch: () => void = () => {}

  constructor(parts: ArchiveParts) {
    const { storage, index, circles, company, chats, clock, ownName, log } = parts
    this.#parts = parts
    this.#indexer = new Indexer({ storage, index, log })
    const authors = { circles, keyed: () => company.keyed, ownName }
    this.#search = new Search({
      ...{ storage, index, indexer: this.#indexer, circles },
      usersOf: name => usersNamed(name, authors),
    })
    this.#retention = new Retention({ storage, circles, chats, log, now: () => clock.physical() })
  }

  /** Brings the search index up to date, in the background, and keeps it so. */
  start(): void {
    this.#unwatch = this.#parts.watch(({ messages, conversation, letGo }) => {
      if (messages || conversation) this.#indexer.wake()
      if (letGo) this.#retention.wake()
      if (conversation) this.#retention.came(conversation)
    })
    this.#indexer.start()
    this.#retention.start()
  }

  search(params: Params<'search'>): Result<'search'> {
    return this.#search.search(params)
  }

  exportHistory(params: Params<'exportHistory'>, asker?: Asker): Result<'exportHistory'> {
    const { circles, clock } = this.#parts
    return exportHistory({ circles, now: () => clock.physical() }, params, this.#passageOf(asker))
  }

  importHistory(params: Params<'importHistory'>, asker?: Asker): Result<'importHistory'> {
    const { circles, company, clock } = this.#parts
    const parts = { circles, keyed: () => company.keyed, now: () => clock.physical() }
    return importHistory(parts, params, this.#passageOf(asker))
  }

  setRetention(params: Params<'setRetention'>): Result<'setRetention'> {
    return this.#retention.setRetention(params)
  }

  clearHistory(params: Params<'clearHistory'>): Result<'clearHistory'> {
    return this.#retention.clearHistory(params)
  }

  async close(): Promise<void> {
    this.#closing.abort(new ParleyError('closed', 'The hub is stopping.'))
    this.#unwatch()
    await this.#retention.close()
    await this.#indexer.close()
  }

  #passageOf(asker: Asker | undefined): Passage {
    const { signal } = this.#closing
    return asker ? { signal: AbortSignal.any([signal, asker.gone]), told: asker.told } : { signal, told: () => {} }
  }
}
