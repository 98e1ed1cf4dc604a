import { randomUUID } from 'node:crypto'
import {
  findTerms,
  type SearchDocument,
  type SearchIndex,
  type SearchPage,
  SearchPlaceError,
  type SearchQuery,
} from '@parley/kit'

/** An index that looks at every text: for tests and for what is thrown away. It needs no closing. */
export function openMemorySearch(): SearchIndex {
  return new MemorySearch()
}

class MemorySearch implements SearchIndex {
  readonly #documents = new Map<string, SearchDocument>()
  #identity: string = randomUUID()

  async identity(): Promise<string> {
    return this.#identity
  }

  async put(documents: readonly SearchDocument[]): Promise<void> {
    for (const document of documents) this.#documents.set(document.id, document)
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#documents.delete(id)
  }

  async search(query: SearchQuery): Promise<SearchPage> {
    const { next, limit } = query
    const found = [...this.#documents.values()].filter(each => matches(each, query)).sort(newestFirst)
    const place = next === undefined ? undefined : readPlace(next)
    const start = place === undefined ? 0 : found.findIndex(each => newestFirst(each, place) > 0)
    const page = start < 0 ? [] : found.slice(start, start + limit)
    const last = page.at(-1)
    const hasMore = last !== undefined && found.at(-1) !== last
    return { ids: page.map(({ id }) => id), ...(hasMore ? { next: `${last.time} ${last.id}` } : {}) }
  }

  async clear(): Promise<void> {
    this.#documents.clear()
    this.#identity = randomUUID()
  }
}

function matches({ conversation, user, time, text, hasFile }: SearchDocument, query: SearchQuery): boolean {
  const { from = 0, to = Number.POSITIVE_INFINITY, terms } = query
  if (time < from || time >= to || (query.hasFile && !hasFile)) return false
  if (query.conversation !== undefined && query.conversation !== conversation) return false
  if (query.users !== undefined && !query.users.includes(user)) return false
  return findTerms(text, terms) !== undefined
}

interface Place {
  readonly time: number
  readonly id: string
}

function readPlace(next: string): Place {
  const [, time, id] = /^(\d{1,16}(?:\.\d{1,10})?) ([!-~]{1,200})$/.exec(next) ?? []
  if (time === undefined || id === undefined) throw new SearchPlaceError()
  return { time: Number(time), id }
}

function newestFirst(a: Place, b: Place): number {
  return b.time - a.time || (a.id < b.id ? -1 : Number(a.id > b.id))
}
