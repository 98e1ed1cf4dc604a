import type { SearchDocument, SearchPage, SearchQuery } from '@parley/kit'
import type { Failure } from './errors.ts'

/** What the thread of the index is started with. */
export interface SearchData {
  readonly file: string
  /** Up to how many bytes opening looks at the whole file. */
  readonly fullCheck: number
  /** How long after a removal its words are taken out of the file, in ms. */
  readonly tidyPause: number
}

/** What the thread of the index is asked. */
export type SearchTask =
  | { readonly is: 'identity' }
  | { readonly is: 'put'; readonly documents: readonly SearchDocument[] }
  | { readonly is: 'remove'; readonly ids: readonly string[] }
  | { readonly is: 'search'; readonly query: SearchQuery }
  | { readonly is: 'clear' }

/** To the thread: a task, or the word that no more will come. */
export type ToSearch = { readonly number: number; readonly task: SearchTask } | 'close'

/** The answer to the task of that number. */
export interface SearchAnswer {
  readonly is: 'answer'
  readonly number: number
  readonly outcome:
    | { readonly is: 'done'; readonly result: SearchResult }
    | { readonly is: 'failed'; readonly failure: Failure }
}

/** From the thread: an answer, or why what was there was no good and an empty index has taken its place. */
export type FromSearch = SearchAnswer | { readonly is: 'lost'; readonly why: string }

/** The name of the index, a page, or nothing. */
export type SearchResult = string | SearchPage | undefined
