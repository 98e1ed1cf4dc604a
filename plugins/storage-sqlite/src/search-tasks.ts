import { type Failure, failureOf } from './errors.ts'
import { SearchDatabase } from './search-database.ts'
import type { SearchAnswer, SearchData, SearchResult, SearchTask } from './search-messages.ts'

/** Does the tasks of an index, which is opened with the first one, and made anew where it is damaged. */
export class SearchTasks {
  readonly #data: SearchData
  readonly #lost: (why: string) => void
  #database: SearchDatabase | undefined

  /** `lost` is told why what was there is no good. */
  constructor(data: SearchData, lost: (why: string) => void) {
    this.#data = data
    this.#lost = lost
  }

  run(task: SearchTask): SearchAnswer['outcome'] {
    try {
      return { is: 'done', result: this.#resultOf(task) }
    } catch (error) {
      const failure = failureOf(error, this.#data.file)
      return { is: 'failed', failure: failure.code === 'damaged-data' ? this.#remake(failure) : failure }
    }
  }

  /** Whether words of what was removed may still be in the file. */
  get isUntidy(): boolean {
    return this.#database?.isUntidy ?? false
  }

  /** One step of taking them out; gives whether there are more. What fails is tried again after the next task. */
  tidy(): boolean {
    try {
      return this.#database?.tidy() ?? false
    } catch (error) {
      const failure = failureOf(error, this.#data.file)
      if (failure.code === 'damaged-data') this.#lost(this.#remake(failure).message)
      return false
    }
  }

  close(): void {
    this.#database?.close()
    this.#database = undefined
  }

  #resultOf(task: SearchTask): SearchResult {
    this.#database ??= SearchDatabase.open(this.#data, this.#lost)
    switch (task.is) {
      case 'identity':
        return this.#database.identity
      case 'put':
        return void this.#database.put(task.documents)
      case 'remove':
        return void this.#database.remove(task.ids)
      case 'search':
        return this.#database.search(task.query)
      case 'clear':
        this.close()
        this.#database = SearchDatabase.make(this.#data.file)
        return undefined
    }
  }

  /** Nothing is in an index that is not in storage: whoever fills it sees by its new name that it is empty. */
  #remake({ message }: Failure): Failure {
    try {
      this.close()
      this.#database = SearchDatabase.make(this.#data.file)
    } catch (error) {
      return failureOf(error, this.#data.file)
    }
    const words = `The search index was damaged (${message.replace(/\.$/, '')}) and is made anew. Search again later.`
    return { code: 'damaged-data', message: words, isFinal: false }
  }
}
