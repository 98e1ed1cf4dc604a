import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import {
  type Log,
  type SearchDocument,
  type SearchIndex,
  type SearchPage,
  SearchPlaceError,
  type SearchQuery,
  StorageError,
  searchLimits,
} from '@parley/kit'
import { errorOf } from './errors.ts'
import { limits } from './limits.ts'
import { isPlace } from './search-database.ts'
import type { FromSearch, SearchAnswer, SearchData, SearchResult, SearchTask, ToSearch } from './search-messages.ts'

/**
 * Full text search in `search.db`, a database of its own: what is written there never makes the storage wait, and losing
 * it loses nothing. The file and its thread come with the first task, so a registry has neither.
 */
export function openSqliteSearch(options: {
  readonly dir: string
  readonly log: Log
  /** Up to how many bytes opening looks at the whole file. */
  readonly fullCheck?: number
  /** How long after a removal its words are taken out of the file, in ms. */
  readonly tidyPause?: number
}): SearchIndex & { close(): Promise<void> } {
  const { dir, log, fullCheck = limits.fullCheck, tidyPause = limits.tidyPause } = options
  return new SqliteSearch({ file: join(dir, 'search.db'), fullCheck, tidyPause }, log)
}

interface Waiting {
  readonly timer: NodeJS.Timeout
  resolve(result: SearchResult): void
  reject(error: StorageError): void
}

class SqliteSearch implements SearchIndex {
  readonly #data: SearchData
  readonly #log: Log
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #count = 0
  #closing: Promise<void> | undefined

  constructor(data: SearchData, log: Log) {
    this.#data = data
    this.#log = log
  }

  async identity(): Promise<string> {
    return String(await this.#ask({ is: 'identity' }))
  }

  async put(documents: readonly SearchDocument[]): Promise<void> {
    await this.#ask({ is: 'put', documents })
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#ask({ is: 'remove', ids })
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    if (query.next !== undefined && !isPlace(query.next)) throw new SearchPlaceError()
    const limit = Math.min(Math.max(query.limit, 1), searchLimits.page)
    const page = await this.#ask({ is: 'search', query: { ...query, limit } })
    return typeof page === 'object' ? page : { ids: [] }
  }

  async clear(): Promise<void> {
    await this.#ask({ is: 'clear' })
  }

  /** Finishes what was asked and lets go of the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #ask(task: SearchTask): Promise<SearchResult> {
    if (this.#closing)
      return Promise.reject(new StorageError('storage', `${this.#data.file} is closed; Parley is stopping.`))
    if (this.#waiting.size >= limits.searchesWaiting) {
      return Promise.reject(new StorageError('storage', 'Too much is searched at once; try again in a moment.'))
    }
    const worker = this.#start()
    const number = ++this.#count
    return new Promise((resolve, reject) => {
      const stuck = () => this.#end(worker, `has not answered for ${limits.search / 1000} s`)
      const timer = setTimeout(stuck, limits.search)
      this.#waiting.set(number, { timer, resolve, reject })
      const message: ToSearch = { number, task }
      worker.ref()
      worker.postMessage(message)
    })
  }

  /** The thread; a new one after one that has died. It keeps no process alive unless somebody waits for it. */
  #start(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(workerScript(), {
      workerData: this.#data,
      name: 'search-sqlite',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    worker.on('message', (message: FromSearch) => {
      if (message.is === 'answer') this.#answer(worker, message)
      else this.#log.warn({ file: this.#data.file, why: message.why }, 'The search index is made anew')
    })
    worker.on('error', error => this.#end(worker, `has stopped (${error instanceof Error ? error.message : error})`))
    worker.on('exit', code => this.#end(worker, `has ended with ${code}`))
    this.#worker = worker
    return worker
  }

  #answer(worker: Worker, { number, outcome }: SearchAnswer): void {
    const waiting = this.#waiting.get(number)
    if (worker !== this.#worker || waiting === undefined) return
    this.#waiting.delete(number)
    clearTimeout(waiting.timer)
    if (this.#waiting.size === 0) worker.unref()
    if (outcome.is === 'failed') {
      this.#log.warn({ file: this.#data.file, error: outcome.failure.message }, 'A search index has failed')
      waiting.reject(errorOf(outcome.failure))
    } else waiting.resolve(outcome.result)
  }

  /** Whoever waits is told; the next task starts a new thread. */
  #end(worker: Worker, why: string): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    void worker.terminate()
    for (const { timer, reject } of this.#waiting.values()) {
      clearTimeout(timer)
      reject(new StorageError('storage', `The thread of the search index ${why}; search again.`))
    }
    this.#waiting.clear()
  }

  async #close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    const last: ToSearch = 'close'
    worker.ref()
    worker.postMessage(last)
    const timer = setTimeout(() => worker.terminate(), limits.close)
    await exited
    clearTimeout(timer)
  }
}

/** The thread's file beside this one: source, or built JavaScript. */
function workerScript(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('./search-worker.ts', import.meta.url)
    : new URL('./search-worker.js', import.meta.url)
}
